/** What two samples say about each other by their order alone: nothing is assumed of how their values are spread. */

/** Mann–Whitney of `after` against `before`; both hold at least one number. */
export interface RankSum {
  /** Pairs in which the later value is the higher one; a tie counts half. */
  readonly u: number;
  /** Standard deviation of `u` where both are the same, ties taken off. */
  readonly sigma: number;
  /** How likely a later value is the higher one (Vargha–Delaney): 0.5 where both are the same. */
  readonly a12: number;
}

/**
 * U by ranks, with middle ranks for ties, and σ = √(nm/12·((N+1) − Σ(t³−t)/(N(N−1)))) (FORMULAS E3).
 * Source: H. B. Mann, D. R. Whitney, “On a Test of Whether one of Two Random Variables is Stochastically Larger
 * than the Other”, 1947.
 */
export function rankSum(before: readonly number[], after: readonly number[]): RankSum {
  const n = before.length;
  const m = after.length;
  const all = n + m;
  const sorted = [
    ...before.map((value) => ({ value, later: false })),
    ...after.map((value) => ({ value, later: true })),
  ].toSorted((left, right) => left.value - right.value);
  let ranksAfter = 0;
  let ties = 0;
  for (let start = 0; start < all;) {
    let end = start;
    while (end < all && sorted[end]?.value === sorted[start]?.value) end += 1;
    const size = end - start;
    const middle = (start + 1 + end) / 2;
    for (let at = start; at < end; at += 1) if (sorted[at]?.later === true) ranksAfter += middle;
    ties += size ** 3 - size;
    start = end;
  }
  const u = ranksAfter - (m * (m + 1)) / 2;
  const spread = all > 1 ? all + 1 - ties / (all * (all - 1)) : 0;
  return { u, sigma: Math.sqrt(Math.max(0, ((n * m) / 12) * spread)), a12: u / (n * m) };
}

/** How far the later sample lies above the earlier one, and between which bounds; the bounds may be infinite. */
export interface Shift {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Hodges–Lehmann: the median of all differences between pairs; its interval is the k-th difference from either end,
 * k = ⌊nm/2 − zσ⌋. Where k is below 1 the samples are too small to bound it.
 * Source: J. L. Hodges, E. L. Lehmann, “Estimates of Location Based on Rank Tests”, 1963.
 */
export function shiftBetween(
  before: readonly number[],
  after: readonly number[],
  sigma: number,
  z: number,
): Shift {
  const differences = new Float64Array(before.length * after.length);
  let next = 0;
  for (const later of after) for (const earlier of before) differences[next++] = later - earlier;
  differences.sort();
  const k = Math.floor(differences.length / 2 - z * sigma);
  return {
    median: medianOf(differences),
    low: k < 1 ? -Infinity : (differences[k - 1] ?? -Infinity),
    high: k < 1 ? Infinity : (differences[differences.length - k] ?? Infinity),
  };
}

/** The middle of sorted numbers, or the mean of the two in the middle; NaN where there are none. */
export function medianOf(sorted: ArrayLike<number>): number {
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + high) / 2 : high;
}

/**
 * The quantile of sorted numbers at `share` (0 to 1), between two of them by their distance; NaN where there are none.
 */
export function quantileOf(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * Both tails of the normal distribution beyond ±`z`. Error below 1.2e-7 of the value.
 * Source: W. H. Press et al., “Numerical Recipes in C”, 2nd ed., 6.2 (erfcc).
 */
export function bothTails(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
    -0.82215223, 0.17087277,
  ];
  const sum = terms.reduceRight((inner, term) => term + t * inner, 0);
  return Math.min(1, t * Math.exp(-x * x + sum));
}
