import { expect, test } from 'vitest';
import { binomialBand } from '../../src/judge/binomial.ts';

/** Chances of every count by Pascal's triangle, in exact whole numbers over 10^n. */
function chances(n: number, tenths: bigint): readonly number[] {
  let row = [1n];
  for (let k = 0; k < n; k += 1)
    row = [...row, 0n].map((_, at) => (row[at] ?? 0n) * (10n - tenths) + (row[at - 1] ?? 0n) * tenths);
  const all = 10n ** BigInt(n);
  return row.map((count) => Number((count * 10n ** 18n) / all) / 1e18);
}

test.each([
  [200, 0.1, 1n],
  [200, 0.5, 5n],
  [50, 0.9, 9n],
  [20, 0.1, 1n],
] as const)(
  'of %d draws at %d, at most half a percent lies below and above the band, and one step in is more',
  (n, share, tenths) => {
    const all = chances(n, tenths);
    const sum = (from: number, to: number): number =>
      all.slice(from, to).reduce((total, one) => total + one, 0);
    const { low, high } = binomialBand(n, share);
    expect(sum(0, low)).toBeLessThanOrEqual(0.005);
    expect(sum(0, low + 1)).toBeGreaterThan(0.005);
    expect(sum(high + 1, n + 1)).toBeLessThanOrEqual(0.005);
    expect(sum(high, n + 1)).toBeGreaterThan(0.005);
  },
);

test('nothing and everything leave no room', () => {
  expect(binomialBand(100, 0)).toEqual({ low: 0, high: 0 });
  expect(binomialBand(100, 1)).toEqual({ low: 100, high: 100 });
});
