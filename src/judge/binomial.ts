/**
 * The counts, ends included, that `n` draws with the chance `share` (0 to 1) fall between in at least 99 of 100 cases:
 * no more than half a percent lies below, and no more above. A share of 0 or 1 leaves no room at all.
 */
export function binomialBand(n: number, share: number): { readonly low: number; readonly high: number } {
  if (share <= 0) return { low: 0, high: 0 };
  if (share >= 1) return { low: n, high: n };
  return { low: edge(n, share), high: n - edge(n, 1 - share) };
}

/** Half of what may lie outside. */
const tail = 0.005;

/** The largest count below which no more than the tail lies. */
function edge(n: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  let chance = n * Math.log1p(-share); // of none at all, as a logarithm
  let below = 0;
  for (let k = 0; k < n; k += 1) {
    below += Math.exp(chance);
    if (below > tail) return k;
    chance += Math.log(n - k) - Math.log(k + 1) + odds;
  }
  return n;
}
