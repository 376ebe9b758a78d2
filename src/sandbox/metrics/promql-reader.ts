import type { Expression, Matcher } from './promql-ast.ts';
import type { Point } from './promql-functions.ts';
import { vector, type Value, type VectorSample } from './promql-values.ts';
import type { Labels } from './registry.ts';
import type { Series, SeriesStore } from './store.ts';

type Selector = Extract<Expression, { kind: 'selector' }>;

/** Reads the samples of one query. */
export interface Reader {
  select(selector: Selector, atMs: number): Value;
  /** Counts values to be worked out against the query's limit, and throws beyond it. */
  spend(values: number): void;
}

/** How far back a selector looks for the newest sample. */
const lookbackMs = 300_000;

/** Samples that one query may read. Nested subqueries multiply, and a long query holds up the whole sandbox. */
const mostSamples = 10_000_000;

/** A value that is found and then combined is about as much work as ten samples of a range. */
const samplesAValue = 10;

/** A reader for one query: it finds the series of each selector once, however many moments are asked for. */
export function openReader(store: SeriesStore): Reader {
  const found = new Map<Selector, readonly Series[]>();
  let left = mostSamples;

  function read(samples: number): void {
    left -= samples;
    if (left < 0)
      throw new Error('query processing would load too many samples into memory in query execution');
  }

  const spend = (values: number): void => read(values * samplesAValue);

  function find(selector: Selector): readonly Series[] {
    const known = found.get(selector);
    if (known) return known;
    const test = matcherTest(selector.matchers);
    const series = [...store.named(selector.name)].filter(({ labels }) => test(labels));
    found.set(selector, series);
    return series;
  }

  function newest(selector: Selector, end: number): Value {
    const samples: VectorSample[] = [];
    const candidates = find(selector);
    spend(candidates.length);
    for (const series of candidates) {
      const index = lastIndexAt(series.times, end);
      const time = series.times[index];
      const value = series.values[index];
      if (time === undefined || value === undefined || value === null || time <= end - lookbackMs) continue;
      samples.push({ labels: series.labels, value });
    }
    return vector(samples);
  }

  function inRange(selector: Selector, fromMs: number, toMs: number): Value {
    const series = find(selector).map((one) => {
      const points = pointsIn(one, fromMs, toMs);
      read(points.length);
      return { labels: one.labels, points };
    });
    return { type: 'matrix', series: series.filter(({ points }) => points.length > 0), fromMs, toMs };
  }

  return {
    spend,
    select(selector, atMs) {
      const end = atMs - selector.offsetMs;
      return selector.rangeMs === null
        ? newest(selector, end)
        : inRange(selector, end - selector.rangeMs, end);
    },
  };
}

/** Index of the newest sample not after `at`; -1 for none. */
function lastIndexAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function pointsIn(series: Series, start: number, end: number): Point[] {
  const points: Point[] = [];
  for (let index = lastIndexAt(series.times, start) + 1; index < series.times.length; index += 1) {
    const at = series.times[index] ?? Infinity;
    const value = series.values[index];
    if (at > end) break;
    if (value !== null && value !== undefined) points.push({ at, value });
  }
  return points;
}

function matcherTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ name, op, value }) => {
    const pattern = op === '=~' || op === '!~' ? new RegExp(`^(?:${value})$`, 'su') : null;
    return (labels: Labels): boolean => {
      const actual = labels[name] ?? ''; // a label that is not there is the empty one
      const same = pattern === null ? actual === value : pattern.test(actual);
      return op === '=' || op === '=~' ? same : !same;
    };
  });
  return (labels) => tests.every((test) => test(labels));
}
