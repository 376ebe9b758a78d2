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

/** A release younger than this is judged by as long: there are too few samples for any rate. */
const youngestMs = minuteMs;

/**
 * The pair for a release too young for the whole long window: `min(longest, age)` in whole seconds, a twelfth of it, and
 * the rate at which the share is gone when the long window is over. Without an age the window is whole.
 */
export function youngPair(
  ageMs: number | null,
  share: number,
  periodMs: number,
  longestMs: number = hourMs,
): BurnPair {
  const ageOfRelease = ageMs === null ? longestMs : Math.max(youngestMs, ageMs);
  const longMs = wholeSeconds(Math.min(longestMs, ageOfRelease));
  return { longMs, shortMs: wholeSeconds(longMs / 12), threshold: (share * periodMs) / longMs, share };
}

const wholeSeconds = (ms: number): number => Math.max(1_000, Math.round(ms / 1_000) * 1_000);

/** Long enough for two samples of what is read every 15, 30 or 60 seconds. */
const sampledWithinMs = [30_000, minuteMs, 2 * minuteMs] as const;

/**
 * Short windows, the best first. A twelfth of a young release may lie between two samples, and nothing can be said of
 * it; the next longer one that has two says what can be known. None is longer than two minutes or than the long window:
 * a rate goes on for as long as its window after its target has died.
 */
export function shortWindows({ longMs, shortMs }: Pick<BurnPair, 'longMs' | 'shortMs'>): readonly number[] {
  return [shortMs, ...sampledWithinMs.filter((ms) => ms > shortMs && ms <= longMs)];
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
