import { quantileWithInterval, type Quantile } from './quantile.ts';

/** Quantiles of some lengths of time, milliseconds; null where there is none. */
export interface Durations {
  readonly n: number;
  readonly p50: Quantile | null;
  readonly p80: Quantile | null;
  readonly p95: Quantile | null;
}

/** p50, p80 and p95 of lengths of time in any order. */
export function quantilesOf(values: readonly number[]): Durations {
  const sorted = new Float64Array(values).toSorted();
  return {
    n: sorted.length,
    p50: quantileWithInterval(sorted, 0.5),
    p80: quantileWithInterval(sorted, 0.8),
    p95: quantileWithInterval(sorted, 0.95),
  };
}
