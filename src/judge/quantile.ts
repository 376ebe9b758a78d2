import { binomialBand } from './binomial.ts';

/** The smallest value that at least this share (above 0, up to 1) of the sorted values does not exceed; null of none. */
export const quantileOf = (sorted: ArrayLike<number>, share: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);

/** A quantile of what was seen, and the values between which that of all there could be lies. */
export interface Quantile {
  readonly value: number;
  /** Null where so few values leave that side open. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Half of what may lie outside of a 95 % interval. */
const tail = 0.025;

/**
 * The quantile at `share` of sorted values, with the interval of order statistics that covers the true one in at least
 * 95 of 100 cases, whatever the distribution is: of n values the number below the quantile is binomial. Null of none.
 * Source: H. A. David, H. N. Nagaraja, “Order Statistics”, 3rd edition, 2003, section 7.1.
 */
export function quantileWithInterval(sorted: ArrayLike<number>, share: number): Quantile | null {
  const value = quantileOf(sorted, share);
  if (value === null) return null;
  const { low, high } = binomialBand(sorted.length, share, tail);
  // ranks from 1: the interval runs from the value of rank `low` to that of rank `high + 1`
  return { value, low: sorted[low - 1] ?? null, high: sorted[high] ?? null };
}
