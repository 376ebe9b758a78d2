import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/sandbox/metrics/promql-evaluate.ts';
import { parseQuery } from '../../src/sandbox/metrics/promql-parser.ts';
import { seriesStore, type SeriesStore } from '../../src/sandbox/metrics/store.ts';
import { shown } from './promql-support.ts';

const now = 1_000_000_000;
const step = 15_000;

/** Ten minutes of samples, the newest at `now`; a value of null is the mark of a stale series. */
function store(): SeriesStore {
  const made = seriesStore();
  for (let index = 0; index <= 40; index += 1) {
    const at = now - (40 - index) * step;
    const add = (name: string, labels: Record<string, string>, value: number | null): void =>
      made.append({ __name__: name, ...labels }, at, value);
    add('requests', { instance: 'a', status: '200', job: 'shop' }, index * 30);
    add('requests', { instance: 'a', status: '500', job: 'shop' }, index * 3);
    add(
      'requests',
      { instance: 'b', status: '200', job: 'shop' },
      index < 20 ? index * 30 : (index - 20) * 30,
    ); // restarted
    add('temperature', { instance: 'a' }, index);
    add('temperature', { instance: 'b' }, -index);
    add('broken', { instance: 'a' }, NaN);
    add('nothing', { instance: 'a' }, 0);
    if (index <= 30) add('gone', { instance: 'a' }, index === 30 ? null : 5);
    if (index <= 10) add('old', { instance: 'a' }, 5);
    for (const [le, share] of [
      ['0.1', 0.5],
      ['0.5', 0.9],
      ['1', 1],
      ['+Inf', 1],
    ] as const)
      add('latency_bucket', { instance: 'a', le }, index * 10 * share);
    for (const le of ['0.1', '0.5', '+Inf']) add('quiet_bucket', { instance: 'a', le }, 7);
  }
  made.append({ __name__: 'lonely', instance: 'a' }, now - step, 3);
  return made;
}

function ask(query: string): unknown {
  return shown(evaluate(parseQuery(query), store(), now));
}

describe('a query answers as the real store does', () => {
  test.each<readonly [string, string, unknown]>([
    ['a selector keeps the name', 'temperature{instance="a"}', { '__name__=temperature,instance=a': 40 }],
    ['matchers are anchored', 'temperature{instance=~"a|c"}', { '__name__=temperature,instance=a': 40 }],
    ['a pattern has to match the whole value', 'requests{status=~"5"}', {}],
    [
      'a missing label is the empty one',
      'temperature{job=""} > 0',
      { '__name__=temperature,instance=a': 40 },
    ],
    ['unequal matchers', 'temperature{instance!="a"}', { '__name__=temperature,instance=b': -40 }],
    ['nothing found is an empty vector, not zero', 'missing', {}],
    ['a series that went stale is gone at once', 'gone', {}],
    ['a series that stopped is found for five minutes only', 'old', {}],
    ['an offset looks back', 'gone offset 3m', { '__name__=gone,instance=a': 5 }],
    ['a range ends open on the left', 'count_over_time(temperature{instance="a"}[1m])', { 'instance=a': 4 }],
    [
      'rate is per second and drops the name',
      'rate(requests{instance="a",status="200"}[5m])',
      { 'instance=a,job=shop,status=200': 2 },
    ],
    [
      'a restart does not make a rate negative',
      'rate(requests{instance="b"}[10m]) > 1.8',
      { 'instance=b,job=shop,status=200': 1.94871794872 },
    ],
    [
      'increase is rate times the span',
      'increase(requests{status="500"}[5m])',
      { 'instance=a,job=shop,status=500': 60 },
    ],
    ['a rate needs two samples', 'rate(lonely[5m])', {}],
    ['sum by', 'sum by (instance) (rate(requests[2m]))', { 'instance=a': 2.2, 'instance=b': 2 }],
    [
      'sum by, written behind',
      'sum(rate(requests[2m])) by (instance)',
      { 'instance=a': 2.2, 'instance=b': 2 },
    ],
    ['sum without', 'sum without (status, job) (rate(requests[2m]))', { 'instance=a': 2.2, 'instance=b': 2 }],
    ['sum of all', 'sum(rate(requests[2m]))', { '': 4.2 }],
    ['sum of nothing is nothing', 'sum(missing)', {}],
    [
      'avg, max, min, count',
      'avg(temperature) + max(temperature) + min(temperature) + count(temperature)',
      { '': 2 },
    ],
    [
      'a ratio of sums',
      'sum(rate(requests{status="500"}[2m])) / sum(rate(requests{instance="a"}[2m]))',
      { '': 0.0909090909091 },
    ],
    ['zero by zero is NaN and stays in the answer', 'nothing / nothing', { 'instance=a': NaN }],
    ['NaN passes no comparison', 'broken > 0 or broken <= 0', {}],
    ['NaN differs from itself', 'broken != broken', { '__name__=broken,instance=a': NaN }],
    ['NaN with bool is 0', 'broken > bool 0', { 'instance=a': 0 }],
    ['a comparison filters and keeps the name', 'temperature > 0', { '__name__=temperature,instance=a': 40 }],
    [
      'a scalar on the left keeps the vector\u2019s value',
      '0 < temperature',
      { '__name__=temperature,instance=a': 40 },
    ],
    ['bool answers 0 or 1 without the name', 'temperature > bool 0', { 'instance=a': 1, 'instance=b': 0 }],
    [
      'vectors match on all labels',
      'rate(requests[2m]) * on (instance) temperature',
      { error: 'on the left' },
    ],
    ['on() narrows the match', 'temperature + on (instance) nothing', { 'instance=a': 40 }],
    [
      'ignoring() leaves labels out',
      'requests{instance="a",status="500"} / ignoring(status, job) temperature',
      { 'instance=a': 3 },
    ],
    ['and keeps what has a partner', 'temperature and nothing', { '__name__=temperature,instance=a': 40 }],
    ['unless keeps what has none', 'temperature unless nothing', { '__name__=temperature,instance=b': -40 }],
    [
      'or adds what is missing',
      'nothing or temperature',
      { '__name__=nothing,instance=a': 0, '__name__=temperature,instance=b': -40 },
    ],
    [
      'min and max over time',
      'max_over_time(temperature{instance="a"}[5m]) - min_over_time(temperature{instance="a"}[5m])',
      { 'instance=a': 19 },
    ],
    ['avg over time', 'avg_over_time(temperature{instance="a"}[1m])', { 'instance=a': 38.5 }],
    ['over time of nothing is nothing', 'count_over_time(missing[5m])', {}],
    ['stale marks are no samples', 'count_over_time(gone[5m])', { 'instance=a': 9 }],
    [
      'a quantile within a bucket',
      'histogram_quantile(0.95, rate(latency_bucket[5m]))',
      { 'instance=a': 0.75 },
    ],
    [
      'a quantile over summed buckets',
      'histogram_quantile(0.5, sum by (le) (rate(latency_bucket[5m])))',
      { '': 0.1 },
    ],
    [
      'a quantile of no observations is NaN',
      'histogram_quantile(0.5, rate(quiet_bucket[5m]))',
      { 'instance=a': NaN },
    ],
    [
      'a quantile above 1 is +Inf',
      'histogram_quantile(1.1, rate(latency_bucket[5m]))',
      { 'instance=a': Infinity },
    ],
    ['a quantile of no buckets is nothing', 'histogram_quantile(0.5, temperature)', {}],
    ['absent carries the fixed labels', 'absent(missing{instance="x"})', { 'instance=x': 1 }],
    ['absent of something is nothing', 'absent(temperature)', {}],
    ['scalar of many is NaN', 'scalar(temperature)', NaN],
    ['vector', 'vector(3)', { '': 3 }],
    ['precedence', '2 + 3 * 2 ^ 3 ^ 0 - -1', 9],
    ['a range in plain seconds', 'count_over_time(temperature{instance="a"}[60])', { 'instance=a': 4 }],
    ['unary minus binds weaker than power', '-2 ^ 2', -4],
    ['scalar comparison with bool', '1 < bool 2', 1],
    ['division of scalars by zero', '1 / 0', Infinity],
    ['a span is its seconds', '0.8 * 3m / 15s', 9.6],
    ['time', 'time()', now / 1000],
    ['a range by itself is a matrix', 'temperature{instance="a"}[1m]', [4]],
  ])('%s: %s', (_, query, wanted) => {
    if (typeof wanted === 'object' && wanted !== null && 'error' in wanted)
      expect(() => ask(query)).toThrow(/many-to-many matching not allowed/);
    else expect(ask(query)).toEqual(wanted);
  });
});

describe('a query that cannot be read says where', () => {
  test.each([
    ['', /no expression found/],
    ['sum(', /1:5: parse error: unexpected end of input/],
    ['rate(requests)', /expected type range vector in call to function "rate", got type instant vector/],
    ['rate(requests[5m]', /unexpected end of input/],
    ['sum(requests[5m])', /expected type instant vector/],
    ['1 > 2', /comparisons between scalars must use BOOL modifier/],
    ['1 + bool 2', /bool modifier can only be used on comparison operators/],
    ['{instance=""}', /at least one non-empty matcher/],
    ['requests{status=~"("}', /error parsing regexp/],
    ['quantile_over_time(0.9, requests[5m])', /unknown function with name "quantile_over_time"/],
    ['topk(3, requests)', /unknown function with name "topk"/],
    ['requests @ 1', /the @ modifier is not in the sandbox's subset/],
    ['requests ~ 1', /1:10: parse error: unexpected character: "~"/],
    ['requests and 1', /set operator "and" not allowed/],
    ['requests[0s]', /1:10: parse error: duration must be greater than 0/],
    ['requests / on(instance) group_left requests', /group_left is not in the sandbox's subset/],
    ['requests requests', /unexpected "requests"/],
  ])('%s', (query, message) => {
    expect(() => parseQuery(query)).toThrow(message);
  });
});
