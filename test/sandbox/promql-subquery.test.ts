import { describe, expect, test } from 'vitest';
import { movableClock } from '../../src/sandbox/clock.ts';
import { evaluate, evaluateOver } from '../../src/sandbox/metrics/promql-evaluate.ts';
import { defaultStepMs, parseQuery } from '../../src/sandbox/metrics/promql-parser.ts';
import { seriesStore, type SeriesStore } from '../../src/sandbox/metrics/store.ts';
import { scrapeInterval } from '../../src/sandbox/platform/platform.ts';
import { shown } from './promql-support.ts';

/** A whole hour, so that a minute's multiples are easy to see. The samples lie every 15 seconds up to it. */
const now = 360_000_000;
const step = 15_000;

interface Sampled {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The newest is at `now`; null is the mark of a stale series, undefined no sample at all. */
  readonly values: readonly (number | null | undefined)[];
}

function storeOf(...all: readonly Sampled[]): SeriesStore {
  const store = seriesStore();
  for (const { name, labels, values } of all) {
    for (const [index, value] of values.entries()) {
      const at = now - (values.length - 1 - index) * step;
      if (value !== undefined) store.append({ __name__: name, ...labels }, at, value);
    }
  }
  return store;
}

const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, index) => index);
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);

/** A gauge that rises by one every 15 seconds, to 40 at `now`. */
const levels = storeOf(
  { name: 'level', labels: { instance: 'a' }, values: upTo(40) },
  { name: 'depth', labels: { instance: 'a' }, values: times(41, 7) },
  { name: 'stopped', labels: { instance: 'a' }, values: [1, 2, ...times(39, undefined)] },
  { name: 'ended', labels: { instance: 'a' }, values: [...times(36, 3), null, ...times(4, undefined)] },
  { name: 'broken', labels: { instance: 'a' }, values: [5, NaN, NaN, 4] },
);

const ask = (query: string, at = now, store = levels): unknown =>
  shown(evaluate(parseQuery(query), store, at));

describe('a subquery is read where a range may stand', () => {
  const selector = (name: string): object => ({
    kind: 'selector',
    name,
    matchers: [],
    rangeMs: null,
    offsetMs: 0,
  });

  test.each<readonly [string, string, object]>([
    [
      'after a selector',
      'level[5m:30s]',
      { of: selector('level'), rangeMs: 300_000, stepMs: 30_000, offsetMs: 0 },
    ],
    ['without a step', 'level[5m:]', { rangeMs: 300_000, stepMs: 15_000 }],
    ['with spaces', 'level [ 5m : 30s ]', { rangeMs: 300_000, stepMs: 30_000 }],
    ['in plain seconds', 'level[90:1.5]', { rangeMs: 90_000, stepMs: 1_500 }],
    ['after matchers', 'level{instance="a"}[5m:1m]', { of: { matchers: [{ name: 'instance' }] } }],
    ['after a name with a colon', 'job:level[5m:1m]', { of: selector('job:level'), stepMs: 60_000 }],
    ['after parentheses', '(level > 2)[5m:1m]', { of: { kind: 'binary', op: '>' } }],
    ['after a function', 'rate(level[1m])[5m:1m]', { of: { kind: 'call', name: 'rate' } }],
    ['after an aggregation', 'sum(level)[5m:1m]', { of: { kind: 'aggregate', op: 'sum' } }],
    [
      'after a grouping written behind',
      'sum(level) by (instance)[5m:1m]',
      { of: { grouping: { labels: ['instance'], without: false } } },
    ],
    ['with an offset', 'sum(level)[5m:1m] offset 2m', { offsetMs: 120_000 }],
    ['with an offset into the future', 'level[5m:1m] offset -2m', { offsetMs: -120_000 }],
    [
      'after an offset',
      'level offset 1m [5m:1m]',
      { of: { kind: 'selector', offsetMs: 60_000 }, offsetMs: 0 },
    ],
    [
      'nested',
      'max_over_time(rate(level[1m])[5m:30s])[1h:5m]',
      { stepMs: 300_000, of: { args: [{ kind: 'subquery', of: { name: 'rate' } }] } },
    ],
    ['of as many points as there may be', 'level[11000s:1s]', { rangeMs: 11_000_000, stepMs: 1_000 }],
  ])('%s: %s', (_, query, wanted) => {
    expect(parseQuery(query)).toMatchObject({ kind: 'subquery', ...wanted });
  });

  test('a subquery binds closer than an operator', () => {
    expect(parseQuery('depth + max_over_time(level[5m:1m])')).toMatchObject({
      kind: 'binary',
      right: { kind: 'call', args: [{ kind: 'subquery', of: { name: 'level' } }] },
    });
  });

  test('without a step it asks as often as the sandbox scrapes', () => {
    const clock = movableClock({ realMs: 0, domainMs: 0, speed: 1 });
    expect(defaultStepMs).toBe(scrapeInterval(clock));
  });
});

describe('a subquery answers as the real store does', () => {
  test.each<readonly [string, string, number, unknown]>([
    ['the left end is left out', 'sum_over_time(level[1m:30s])', 0, 38 + 40],
    ['it asks at multiples of the step, wherever it stands', 'sum_over_time(level[1m:30s])', 7_000, 38 + 40],
    ['a moment before the multiple', 'sum_over_time(level[1m:30s])', -1, 36 + 38],
    ['a moment after the left end', 'count_over_time(level[1m:30s])', 1, 2],
    ['a range between two multiples is empty', 'count_over_time(level[20s:1m])', -10_000, null],
    ['a step longer than the range may meet one moment', 'sum_over_time(level[20s:1m])', 10_000, 40],
    ['the step need not divide the range', 'sum_over_time(level[50s:20s])', 0, 37 + 38 + 40],
    ['between samples it finds the newest', 'sum_over_time(level[20s:5s])', 0, 39 + 39 + 39 + 40],
    ['without a step', 'sum_over_time(level[1m:])', 0, 37 + 38 + 39 + 40],
    ['min', 'min_over_time(level[1m:15s])', 0, 37],
    ['max', 'max_over_time((level * -1)[1m:15s])', 0, -37],
    ['avg', 'avg_over_time(level[1m:15s])', 0, 38.5],
    ['an offset moves the range', 'sum_over_time(level[1m:30s] offset 1m)', 0, 34 + 36],
    ['an offset within is another one', 'sum_over_time(level offset 15s [1m:30s])', 0, 37 + 39],
    ['an offset does not move the multiples', 'sum_over_time(level[1m:30s] offset 40s)', 0, 34 + 36],
    ['a rate of one', 'rate(level[1m:15s])', 0, 1 / 15], // rises 3 in 45 s, carried to 4 in 60 s
    ['a delta of one', 'delta(level[1m:15s])', 0, 4],
    ['an increase, at an offset, ends where its range does', 'increase(level[1m:15s] offset 2m)', 0, 4],
    ['a filter leaves moments out', 'count_over_time((level > 38)[5m:15s])', 0, 2],
    ['bool leaves none out', 'sum_over_time((level > bool 38)[5m:15s])', 0, 2],
    ['nothing in the range is no answer', 'count_over_time((level > 40)[5m:15s])', 0, null],
    ['a metric that is not there', 'count_over_time(missing[5m:15s])', 0, null],
    // Samples at -10m and at -9m45s: the second is found for five minutes less a moment.
    ['a series that stopped is found for a while', 'count_over_time(stopped[10m:15s])', 0, 20],
    ['a stale mark ends it at once', 'count_over_time(ended[1m:15s])', 0, null],
    ['what was before the mark is kept', 'count_over_time(ended[90s:15s] offset 15s)', 0, 2],
    ['NaN is a point', 'count_over_time(broken[1m:15s])', 0, 4],
    ['NaN gives way to a number', 'min_over_time(broken[1m:15s])', 0, 4],
    ['NaN differs from itself, so this leaves it out', 'count_over_time((broken == broken)[1m:15s])', 0, 2],
    ['NaN breaches nothing, and counts', 'min_over_time((broken > bool 3)[1m:15s])', 0, 0],
    // 37+38, 38+39, 39+40 and, at 45 s before, 36+37: the greatest is the last.
    ['one within another', 'max_over_time(sum_over_time(level[30s:15s])[1m:15s])', 0, 79],
    ['one within another, least', 'min_over_time(sum_over_time(level[30s:15s])[1m:15s])', 0, 73],
    ['time itself', 'max_over_time((level * 0 + time())[1m:30s])', 7_000, now / 1000],
    ['both sides of an and', 'max_over_time(level[1m:15s]) and count_over_time(depth[1m:15s]) == 4', 0, 40],
    ['an unless takes away', 'max_over_time(level[1m:15s]) unless min_over_time(depth[1m:15s])', 0, null],
    ['an or falls back', 'max_over_time(missing[1m:15s]) or min_over_time(depth[1m:15s])', 0, 7],
  ])('%s: %s', (_, query, later, wanted) => {
    const answer = wanted === null ? {} : { 'instance=a': expect.closeTo(Number(wanted), 9) as number };
    expect(ask(query, now + later)).toEqual(answer);
  });

  test('the names of what it asks for stay, unless the function drops them', () => {
    expect(ask('last_over_time(level[1m:15s])')).toEqual({ '__name__=level,instance=a': 40 });
    expect(ask('max_over_time(level[1m:15s])')).toEqual({ 'instance=a': 40 });
  });

  test('by itself it is a range vector with the moments as its times', () => {
    expect(evaluate(parseQuery('level[1m:30s]'), levels, now + 7_000)).toMatchObject({
      type: 'matrix',
      series: [
        {
          labels: { __name__: 'level', instance: 'a' },
          points: [
            { at: now - 30_000, value: 38 },
            { at: now, value: 40 },
          ],
        },
      ],
    });
  });

  test('series come and go within the range', () => {
    const store = storeOf(
      { name: 'load', labels: { instance: 'a' }, values: [1, 1, null, undefined] },
      { name: 'load', labels: { instance: 'b' }, values: [undefined, 2, 2, 2] },
    );
    expect(ask('count_over_time(load[1m:15s])', now, store)).toEqual({ 'instance=a': 2, 'instance=b': 3 });
    expect(ask('max_over_time(sum(load)[1m:15s])', now, store)).toEqual({ '': 3 });
  });

  test('two series that differ only by name are not made one', () => {
    expect(() => ask('max_over_time(abs({instance="a"})[1m:15s])')).toThrow(
      'vector cannot contain metrics with the same labelset',
    );
  });

  test('a range query over a subquery answers what an instant query answers at each step', () => {
    const expression = parseQuery('sum_over_time((level > 3)[1m:20s] offset 10s) + rate(level[1m:10s])');
    const moments = { firstMs: now - 120_000, lastMs: now + 60_000, stepMs: 7_000 };
    const [series] = evaluateOver(expression, levels, moments);
    expect(series?.points.length).toBe(26);
    for (const { at, value } of series?.points ?? []) {
      expect(evaluate(expression, levels, at)).toMatchObject({ samples: [{ value }] });
    }
  });

  test('nested ones that would hold up the sandbox are refused', () => {
    const query = 'max_over_time(max_over_time(vector(1)[3h:1s])[3h:1s])';
    expect(() => ask(query)).toThrow(
      'query processing would load too many samples into memory in query execution',
    );
  });
});

describe('a breach that must last, as a trigger states it', () => {
  /** Three minutes at 15 seconds are twelve samples; 0.8 of them are 9.6. */
  function fired(values: readonly (number | null)[], ratio = '(ratio == ratio)'): unknown {
    const query = `min_over_time((${ratio} > bool 0.02)[3m:15s]) == 1 and count_over_time(${ratio}[3m:15s]) >= 0.8*3m/15s`;
    return ask(query, now, storeOf({ name: 'ratio', labels: { service: 'shop' }, values }));
  }

  test.each<readonly [string, readonly (number | null)[], boolean]>([
    ['all twelve samples breach', times(12, 0.08), true],
    ['it breached before as well', times(40, 0.08), true],
    ['one sample is healthy', [...times(5, 0.08), 0.01, ...times(6, 0.08)], false],
    ['the limit itself is no breach', [...times(11, 0.08), 0.02], false],
    ['the healthy sample is just out of the window', [0.01, ...times(12, 0.08)], true],
    ['ten of twelve are there', [...times(2, null), ...times(10, 0.08)], true],
    ['nine of twelve are there', [...times(3, null), ...times(9, 0.08)], false],
    ['two within are not a number', [...times(5, 0.08), NaN, NaN, ...times(5, 0.08)], true],
    ['three are not a number', [...times(4, 0.08), NaN, NaN, NaN, ...times(5, 0.08)], false],
    ['none is a number', times(12, NaN), false],
    ['it has only begun', [...times(30, 0.001), 0.08, 0.08], false],
  ])('%s', (_, values, wanted) => {
    expect(fired(values)).toEqual(wanted ? { 'service=shop': 1 } : {});
  });

  test('without the wrapping a NaN is a healthy sample', () => {
    const values = [...times(5, 0.08), NaN, ...times(6, 0.08)];
    expect(fired(values)).toEqual({ 'service=shop': 1 });
    expect(fired(values, 'ratio')).toEqual({});
  });

  test('without the count a window that is half empty fires', () => {
    const store = storeOf({ name: 'ratio', values: [...times(6, null), ...times(6, 0.08)] });
    expect(ask('min_over_time((ratio > bool 0.02)[3m:15s]) == 1', now, store)).toEqual({ '': 1 });
  });
});

describe('the worst share of failed checkouts, with counters as the shop keeps them', () => {
  /** 150 good checkouts every 15 seconds for 40 minutes; for two of them, 20 minutes ago, 50 failed as well. */
  const store = storeOf(
    {
      name: 'shop_requests_total',
      labels: { route: '/checkout', status: '200' },
      values: upTo(160).map((n) => n * 150),
    },
    {
      name: 'shop_requests_total',
      labels: { route: '/checkout', status: '500' },
      values: upTo(160).map((n) => Math.min(Math.max(n - 80, 0), 8) * 50),
    },
  );
  const share =
    'sum(rate(shop_requests_total{route="/checkout",status="500"}[1m])) / sum(rate(shop_requests_total{route="/checkout"}[1m]))';

  test.each([
    ['the worst of half an hour sees the spike', `max_over_time((${share})[30m:30s])`, 0.25],
    ['the worst of three minutes does not', `max_over_time((${share})[3m:15s])`, 0],
    ['at an offset it does', `max_over_time((${share})[3m:15s] offset 18m)`, 0.25],
    [
      'so does the worst of each five minutes',
      `max_over_time(max_over_time((${share})[5m:15s])[30m:5m])`,
      0.25,
    ],
  ])('%s', (_, query, wanted) => {
    expect(ask(query, now, store)).toEqual({ '': wanted });
  });
});

describe('a subquery that cannot be read says where', () => {
  test.each([
    ['level[5m:1m', '1:12: parse error: unexpected end of input in subquery or range selector'],
    [
      'level[',
      '1:7: parse error: unexpected end of input in subquery or range selector, expected number or duration',
    ],
    [
      'level[]',
      '1:7: parse error: unexpected "]" in subquery or range selector, expected number or duration',
    ],
    [
      'level[:1m]',
      '1:7: parse error: unexpected ":" in subquery or range selector, expected number or duration',
    ],
    [
      'level[5m:x]',
      '1:10: parse error: unexpected "x" in subquery or range selector, expected number or duration',
    ],
    ['level[5m:1m:1m]', '1:12: parse error: unexpected ":" in subquery or range selector'],
    ['level[5m 1m]', '1:10: parse error: unexpected "1m" in subquery or range selector'],
    ['level[0s:1m]', '1:7: parse error: duration must be greater than 0'],
    ['level[5m:0s]', '1:10: parse error: duration must be greater than 0'],
    [
      'level[5m:-1m]',
      '1:10: parse error: unexpected "-" in subquery or range selector, expected number or duration',
    ],
    [
      'level[5m:1m] offset',
      '1:20: parse error: unexpected end of input in offset, expected number or duration',
    ],
    ['level[5m:1m] offset 1m offset 1m', '1:24: parse error: offset may not be set multiple times'],
    [
      'sum(level) offset 1m',
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['level[5m:1m] @ 5', "1:14: parse error: the @ modifier is not in the sandbox's subset"],
    ['sum(level)[5m]', '1:11: parse error: ranges only allowed for vector selectors'],
    ['level offset 1m [5m]', '1:17: parse error: no offset modifiers allowed before range'],
    [
      'max_over_time(level[5m][5m:1m])',
      '1:15: parse error: subquery is only allowed on instant vector, got matrix instead',
    ],
    [
      '(level[5m:1m])[5m:1m]',
      '1:1: parse error: subquery is only allowed on instant vector, got matrix instead',
    ],
    ['1[5m:1m]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
    [
      'sum(level[5m:1m])',
      '1:4: parse error: expected type instant vector in aggregation expression, got type range vector',
    ],
    [
      'rate(level)[5m:1m]',
      '1:6: parse error: expected type range vector in call to function "rate", got type instant vector',
    ],
    [
      'level + level[5m:1m]',
      '1:7: parse error: binary expression must contain only scalar and instant vector types',
    ],
    [
      '-level[5m:1m]',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector',
    ],
    [
      'level[11001s:1s]',
      '1:6: parse error: exceeded maximum resolution of 11,000 points per timeseries in a subquery. Try a longer step',
    ],
    [
      'max_over_time(\n  level[46h:]\n)',
      '2:8: parse error: exceeded maximum resolution of 11,000 points per timeseries in a subquery. Try a longer step',
    ],
  ])('%s', (query, message) => {
    expect(() => parseQuery(query)).toThrow(
      expect.objectContaining({ name: 'QueryError', message }) as Error,
    );
  });
});
