/**
 * E2, burn of an error budget. Ratios and objectives are shares from 0 to 1, times are milliseconds. Pairs of windows
 * and their thresholds are those of the Site Reliability Workbook, chapter 5.
 */

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** How many times faster than allowed the budget burns: `errors / (1 − objective)`. NaN for an objective of 1. */
export function burnRate(errorRatio: number, objective: number): number {
  return objective < 1 ? errorRatio / (1 - objective) : NaN;
}

export interface BurnPair {
  readonly longMs: number;
  readonly shortMs: number;
  readonly threshold: number;
  /** The share of the budget that is gone when the long window reaches the threshold. */
  readonly share: number;
}

/** For a period of 30 days: both windows must exceed the threshold. */
export const burnPairs: readonly BurnPair[] = [
  { longMs: hourMs, shortMs: 5 * minuteMs, threshold: 14.4, share: 0.02 },
  { longMs: 6 * hourMs, shortMs: 30 * minuteMs, threshold: 6, share: 0.05 },
  { longMs: 3 * dayMs, shortMs: 6 * hourMs, threshold: 1, share: 0.1 },
];

/** The pair for a release too young for an hour of data: `min(1 h, age)` and a twelfth of it. */
export function youngPair(ageMs: number, share: number, periodMs: number): BurnPair {
  const longMs = Math.min(hourMs, ageMs);
  return { longMs, shortMs: longMs / 12, threshold: (share * periodMs) / longMs, share };
}

/** True where both windows burn faster than the pair allows; null where either is not known. */
export function burnsTooFast(
  pair: BurnPair,
  longRate: number | null,
  shortRate: number | null,
): boolean | null {
  if (longRate === null || shortRate === null || Number.isNaN(longRate) || Number.isNaN(shortRate))
    return null;
  return longRate > pair.threshold && shortRate > pair.threshold;
}

/** How long the rest of the budget (a share of the whole) lasts at this rate; Infinity where nothing burns. */
export function timeToExhaustionMs(leftShare: number, rate: number, periodMs: number): number {
  return rate > 0 ? (Math.max(0, leftShare) * periodMs) / rate : Infinity;
}

/** The share of the whole budget that waiting this long costs at this rate. */
export function costOfWaiting(rate: number, waitMs: number, periodMs: number): number {
  return (rate * waitMs) / periodMs;
}
