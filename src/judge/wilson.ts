/** The quantile of the normal distribution for a two-sided 95 % interval. */
const z95 = 1.959963984540054;

/**
 * Wilson's score interval for `k` of `n` (both 0 or more, `k` ≤ `n`): the shares, from 0 to 1, that fit what was
 * counted. It holds for small counts, where `k/n` alone says too much. Without any event everything fits.
 * Source: E. B. Wilson, “Probable Inference, the Law of Succession, and Statistical Inference”, 1927.
 */
export function wilsonInterval(
  k: number,
  n: number,
  z = z95,
): { readonly low: number; readonly high: number } {
  if (n <= 0) return { low: 0, high: 1 };
  const share = Math.min(Math.max(k / n, 0), 1);
  const squared = z * z;
  const middle = share + squared / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + squared / (4 * n * n));
  const whole = 1 + squared / n;
  return { low: Math.max(0, (middle - spread) / whole), high: Math.min(1, (middle + spread) / whole) };
}
