import type { Labels } from './registry.ts';

export interface Point {
  readonly at: number;
  readonly value: number;
}

export type RangeFunction = (points: readonly Point[], fromMs: number, toMs: number) => number | null;

/**
 * The rise of a counter over a span, extrapolated to its ends as Prometheus 3 does: by at most half an average
 * interval where the samples stop short, and never below the point where the counter was zero.
 */
function extrapolated(
  points: readonly Point[],
  fromMs: number,
  toMs: number,
  counter: boolean,
): number | null {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  let rise = last.value - first.value;
  if (counter) {
    let previous = first.value;
    for (const { value } of points) {
      if (value < previous) rise += previous; // the process restarted
      previous = value;
    }
  }
  const sampled = (last.at - first.at) / 1000;
  const average = sampled / (points.length - 1);
  const limit = average * 1.1;
  let toStart = (first.at - fromMs) / 1000;
  let toEnd = (toMs - last.at) / 1000;
  if (toStart >= limit) toStart = average / 2;
  if (counter && rise > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / rise));
  if (toEnd >= limit) toEnd = average / 2;
  return rise * ((sampled + toStart + toEnd) / sampled);
}

function perSecond(points: readonly Point[], fromMs: number, toMs: number): number | null {
  const rise = extrapolated(points, fromMs, toMs, true);
  return rise === null ? null : rise / ((toMs - fromMs) / 1000);
}

const values = (points: readonly Point[]): number[] => points.map(({ value }) => value);

/** NaN gives way to any number, as in Prometheus. */
export const smallest = (numbers: readonly number[]): number =>
  numbers.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least), NaN);
export const largest = (numbers: readonly number[]): number =>
  numbers.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most), NaN);
export const total = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0);

/** Each takes at least one point; null leaves the series out of the answer. */
export const rangeFunctions = {
  rate: perSecond,
  increase: (points, from, to) => extrapolated(points, from, to, true),
  delta: (points, from, to) => extrapolated(points, from, to, false),
  min_over_time: (points) => smallest(values(points)),
  max_over_time: (points) => largest(values(points)),
  avg_over_time: (points) => total(values(points)) / points.length,
  sum_over_time: (points) => total(values(points)),
  count_over_time: (points) => points.length,
  last_over_time: (points) => points.at(-1)?.value ?? null,
} as const satisfies Readonly<Record<string, RangeFunction>>;

export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** The φ-quantile of a classic histogram, interpolated within its bucket; the odd cases are Prometheus's own. */
export function bucketQuantile(quantile: number, buckets: readonly Bucket[]): number {
  if (Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const merged = monotonic(buckets);
  const top = merged.at(-1);
  if (top === undefined || top.bound !== Infinity || merged.length < 2 || top.count === 0) return NaN;
  const rank = quantile * top.count;
  const index = merged.findIndex(({ count }, at) => count >= rank || at === merged.length - 1);
  const found = merged[index];
  if (found === undefined || index === merged.length - 1) return merged[merged.length - 2]?.bound ?? NaN;
  const below = merged[index - 1];
  if (below === undefined && found.bound <= 0) return found.bound;
  const start = below?.bound ?? 0;
  const inside = found.count - (below?.count ?? 0);
  return start + (found.bound - start) * ((rank - (below?.count ?? 0)) / inside);
}

function monotonic(buckets: readonly Bucket[]): readonly Bucket[] {
  const merged: { bound: number; count: number }[] = [];
  for (const { bound, count } of buckets.toSorted((a, b) => a.bound - b.bound)) {
    const last = merged.at(-1);
    if (last && last.bound === bound) last.count += count;
    else merged.push({ bound, count });
  }
  let most = 0;
  return merged.map(({ bound, count }) => {
    most = Math.max(most, count);
    return { bound, count: most };
  });
}

export function parseBound(labels: Labels): number | null {
  const text = labels['le'];
  if (text === undefined) return null;
  const bound = /^\+?inf$/i.test(text) ? Infinity : Number(text);
  return Number.isNaN(bound) ? null : bound;
}
