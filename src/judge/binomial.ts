/**
 * The counts, ends included, that `n` draws with the chance `share` (0 to 1) fall between: no more than `tail` (half a
 * percent unless given, so that it holds in at least 99 of 100 cases) lies below, and no more above. A share of 0 or 1
 * leaves no room at all.
 */
export function binomialBand(
  n: number,
  share: number,
  tail = 0.005,
): { readonly low: number; readonly high: number } {
  if (share <= 0) return { low: 0, high: 0 };
  if (share >= 1) return { low: n, high: n };
  return { low: edge(n, share, tail), high: n - edge(n, 1 - share, tail) };
}

/** The largest count below which no more than the tail lies. */
function edge(n: number, share: number, tail: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  // what lies ten deviations below the mean is nothing: many draws are not counted from none on
  const first = Math.max(0, Math.floor(n * share - 10 * Math.sqrt(n * share * (1 - share)) - 10));
  let chance = logChance(n, share, first);
  let below = 0;
  for (let k = first; k < n; k += 1) {
    below += Math.exp(chance);
    if (below > tail) return k;
    chance += Math.log(n - k) - Math.log(k + 1) + odds;
  }
  return n;
}

/** The logarithm of the chance of exactly `k` in `n`. */
const logChance = (n: number, share: number, k: number): number =>
  (k === 0 ? 0 : logFactorial(n) - logFactorial(k) - logFactorial(n - k)) +
  k * Math.log(share) +
  (n - k) * Math.log1p(-share);

/** Stirling's series; for 10 and more it is right to ten digits. */
function logFactorial(n: number): number {
  if (n < 10) return Math.log([1, 1, 2, 6, 24, 120, 720, 5040, 40_320, 362_880][n] ?? 1);
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
