import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/sandbox/metrics/promql-evaluate.ts';
import { parseQuery } from '../../src/sandbox/metrics/promql-parser.ts';
import type { SeriesStore } from '../../src/sandbox/metrics/store.ts';
import { seriesStore } from '../../src/sandbox/metrics/store.ts';
import type { RealPrometheus } from './real-prometheus.ts';
import { startPrometheus } from './real-prometheus.ts';

/**
 * The sandbox's own PromQL and a real Prometheus get the same history and the same questions. The questions are asked
 * between two samples: whether a range takes the sample at its very beginning in differs between Prometheus 2 and 3.
 */
const stepSeconds = 15;
const points = 41;
const lastSecond = 1_760_000_010;
const askedMs = (lastSecond + 7) * 1000;

type Labels = Readonly<Record<string, string>>;

/** One series: its value at each sample, or null where there is none. */
interface History {
  readonly name: string;
  readonly labels: Labels;
  readonly valueAt: (index: number) => number | null;
}

const buckets = [
  ['0.1', 0.5],
  ['0.5', 0.9],
  ['1', 1],
  ['+Inf', 1],
] as const;

const history: readonly History[] = [
  { name: 'requests', labels: { instance: 'a', status: '200', job: 'shop' }, valueAt: (index) => index * 30 },
  { name: 'requests', labels: { instance: 'a', status: '500', job: 'shop' }, valueAt: (index) => index * 3 },
  {
    name: 'requests', // restarted half way
    labels: { instance: 'b', status: '200', job: 'shop' },
    valueAt: (index) => (index < 20 ? index * 30 : (index - 20) * 31),
  },
  { name: 'up', labels: { instance: 'a', job: 'shop' }, valueAt: () => 1 },
  { name: 'up', labels: { instance: 'b', job: 'shop' }, valueAt: (index) => (index % 7 === 3 ? 0 : 1) },
  { name: 'temperature', labels: { instance: 'a' }, valueAt: (index) => index },
  { name: 'temperature', labels: { instance: 'b' }, valueAt: (index) => -index / 3 },
  { name: 'broken', labels: { instance: 'a' }, valueAt: () => NaN },
  { name: 'nothing', labels: { instance: 'a' }, valueAt: () => 0 },
  { name: 'sparse', labels: { instance: 'a' }, valueAt: (index) => (index % 4 === 0 ? 5 : null) },
  { name: 'old', labels: { instance: 'a' }, valueAt: (index) => (index <= 10 ? 5 : null) },
  ...buckets.map(([le, share]): History => ({
    name: 'latency_bucket',
    labels: { instance: 'a', le },
    valueAt: (index) => index * 10 * share,
  })),
  ...['0.1', '0.5', '+Inf'].map((le): History => ({
    name: 'quiet_bucket',
    labels: { instance: 'a', le },
    valueAt: () => 7,
  })),
];

const timeOf = (index: number): number => lastSecond - (points - 1 - index) * stepSeconds;
const indices = Array.from({ length: points }, (_, index) => index);

function openMetrics(): string {
  const lines = history.flatMap(({ name, labels, valueAt }) =>
    indices.flatMap((index) => {
      const value = valueAt(index);
      const named = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return value === null ? [] : [`${name}{${named.join(',')}} ${String(value)} ${timeOf(index)}`];
    }),
  );
  return [...lines, '# EOF', ''].join('\n');
}

function subset(): SeriesStore {
  const store = seriesStore();
  for (const { name, labels, valueAt } of history) {
    for (const index of indices) {
      const value = valueAt(index);
      if (value !== null) store.append({ __name__: name, ...labels }, timeOf(index) * 1000, value);
    }
  }
  return store;
}

type Shown = 'refused' | Readonly<Record<string, number>>;

const keyOf = (labels: Labels): string =>
  Object.entries(labels)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, text]) => `${label}=${text}`)
    .join(',');

function ours(query: string, store: SeriesStore): Shown {
  try {
    const value = evaluate(parseQuery(query), store, askedMs);
    if (value.type === 'scalar') return { scalar: value.value };
    if (value.type === 'matrix') throw new Error('ask for a vector');
    return Object.fromEntries(value.samples.map((sample) => [keyOf(sample.labels), sample.value]));
  } catch {
    return 'refused';
  }
}

async function theirs(query: string, prometheus: RealPrometheus): Promise<Shown> {
  const { status, data } = await prometheus.ask(query, askedMs);
  if (status === 'error' || data === undefined) return 'refused';
  const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));
  if (data.resultType === 'scalar')
    return { scalar: numberOf((data.result as unknown as [number, string])[1]) };
  return Object.fromEntries(data.result.map(({ metric, value }) => [keyOf(metric), numberOf(value[1])]));
}

/** The same series with the same values, but for the last bits of a sum made in another order. */
function expectSame(mine: Shown, real: Shown): void {
  if (mine === 'refused' || real === 'refused') {
    expect(mine).toBe(real);
    return;
  }
  expect(Object.keys(mine).toSorted()).toEqual(Object.keys(real).toSorted());
  for (const [key, value] of Object.entries(real)) {
    const own = mine[key] ?? NaN;
    if (!Number.isFinite(value)) expect(own).toBe(value);
    else expect(Math.abs(own - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
  }
}

/** The subset, every part of it: `docs/promql-subset.md` lists the same. */
const questions = [
  // selectors
  'temperature',
  'temperature{instance="a"}',
  'temperature{instance!="a"}',
  'temperature{instance=~"a|c"}',
  'temperature{instance!~"a|c"}',
  'requests{status=~"5"}',
  'requests{status=~"5.."}',
  '{__name__="temperature",instance="b"}',
  'temperature{job=""}',
  'temperature offset 1m',
  'missing',
  'old',
  'sparse',
  // rates of counters, restarts included
  'rate(requests[1m])',
  'rate(requests[5m])',
  'increase(requests[2m])',
  'increase(requests{status="500"}[10m])',
  'delta(temperature[3m])',
  'rate(missing[1m])',
  'rate(requests[10s])',
  'rate(sparse[2m])',
  // sums
  'sum(rate(requests[1m]))',
  'sum by (status) (rate(requests[1m]))',
  'sum without (instance) (rate(requests[1m]))',
  'avg(temperature)',
  'min(temperature)',
  'max by (job) (requests)',
  'count(requests)',
  'sum(missing)',
  'sum(broken)',
  'min(broken)',
  // arithmetic and comparison
  'sum(rate(requests{status="500"}[2m])) / sum(rate(requests[2m]))',
  '1 - sum(rate(requests{status="500"}[2m])) / sum(rate(requests[2m]))',
  'temperature * 2 + 1',
  '-temperature ^ 2',
  '7 % 4',
  'temperature > 10',
  'temperature > bool 10',
  '1 > bool 2',
  'broken > bool 1',
  'broken == broken',
  '(nothing / nothing) > bool 1',
  'nothing / nothing',
  '1 / nothing',
  '-1 / nothing',
  '0 / 0',
  'rate(requests{status="500"}[1m]) / on(instance) rate(requests{status="200"}[1m])',
  // sets
  'temperature and temperature{instance="a"}',
  'temperature unless temperature{instance="a"}',
  'sum(rate(missing[1m])) or 0 * sum(rate(requests[1m]))',
  'absent(missing)',
  'absent(temperature)',
  // over time
  'min_over_time(temperature[2m])',
  'max_over_time(temperature[2m])',
  'avg_over_time(temperature[2m])',
  'sum_over_time(temperature[2m])',
  'count_over_time(temperature[2m])',
  'last_over_time(old[10m])',
  'count_over_time(sparse[5m])',
  'count_over_time(broken[2m])',
  'min_over_time(broken[2m])',
  'count_over_time(missing[2m])',
  // subqueries, and the trigger as a query of its own
  'max_over_time(rate(requests[1m])[5m:30s])',
  'count_over_time((temperature > 30)[5m:15s])',
  'min_over_time((temperature > bool 35)[1m:15s])',
  'min_over_time((sum(rate(requests{status="500"}[1m])) / sum(rate(requests[1m])) > bool 0.02)[2m:15s]) == 1 and count_over_time((sum(rate(requests{status="500"}[1m])) / sum(rate(requests[1m])))[2m:15s]) >= 0.8 * 120 / 15',
  'min_over_time(((nothing / nothing) > bool 0.02)[1m:15s])',
  'count_over_time(((nothing / nothing) == (nothing / nothing))[1m:15s])',
  'avg_over_time((nothing / nothing)[1m:15s])',
  'count_over_time(sum(requests)[10m:30s]) / 20',
  // the target
  'up',
  'up == 1',
  'min(up{job="shop"})',
  'count_over_time((min(up) == 1)[5m:15s])',
  // histograms
  'histogram_quantile(0.95, rate(latency_bucket[2m]))',
  'histogram_quantile(0.5, sum by (le) (rate(latency_bucket[5m])))',
  'histogram_quantile(0.95, rate(quiet_bucket[2m]))',
  'histogram_quantile(2, rate(latency_bucket[2m]))',
  'histogram_quantile(0.9, missing)',
  // others
  'vector(1)',
  'scalar(temperature{instance="a"})',
  'scalar(temperature)',
  'abs(temperature)',
  'clamp_min(temperature, 3)',
  'clamp_max(temperature, 3)',
  '(rate(requests[5m]) <= rate(requests[1m]) or rate(requests[1m])) / 0.001',
  // what both refuse
  'rate(temperature)',
  'sum(',
  'temperature{',
  'temperature[',
  'no_such_function(temperature)',
  'temperature + requests[1m]',
  '"text" + 1',
  'temperature / on(instance) requests',
] as const;

/** Prometheus answers these; the subset does not have them and says so, rather than something else. */
const outside = [
  'rate(requests{status="500"}[1m]) / ignoring(status) group_left rate(requests{status="200",instance="a"}[1m])',
  'topk(1, temperature)',
  'quantile(0.5, temperature)',
  'irate(requests[1m])',
  'deriv(temperature[1m])',
  'label_replace(temperature, "x", "$1", "instance", "(.*)")',
  'temperature @ 1760000000',
  'stddev_over_time(temperature[1m])',
] as const;

describe('the sandbox and a real Prometheus, asked the same over the same history', () => {
  const store = subset();
  let prometheus: RealPrometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus({ openMetrics: openMetrics() });
  });
  afterAll(() => prometheus.stop());

  test.each(questions)('%s', async (query) => {
    expectSame(ours(query, store), await theirs(query, prometheus));
  });

  test.each(outside)('outside the subset: %s', async (query) => {
    expect(await theirs(query, prometheus)).not.toBe('refused');
    expect(ours(query, store)).toBe('refused');
  });

  test('the questions tell something: few of them are empty or refused', () => {
    const answers = questions.map((query) => ours(query, store));
    const told = answers.filter((answer) => answer !== 'refused' && Object.keys(answer).length > 0);
    expect(told.length).toBeGreaterThan(questions.length * 0.7);
    expect(answers.filter((answer) => answer === 'refused').length).toBe(8);
  });
});
