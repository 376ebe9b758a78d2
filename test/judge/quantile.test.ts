import { expect, test } from 'vitest';
import { binomialBand } from '../../src/judge/binomial.ts';
import { quantileOf, quantileWithInterval } from '../../src/judge/quantile.ts';

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);

// the ranks of tables of the distribution-free interval of the median, e.g. Conover, “Practical Nonparametric
// Statistics”, 3rd edition, table A3 applied to p = 0.5
test.each([
  [6, 1, 6],
  [10, 2, 9],
  [20, 6, 15],
  [50, 18, 33],
  [100, 40, 61],
])('the 95 %% interval of the median of %d values runs from rank %d to rank %d', (n, low, high) => {
  expect(quantileWithInterval(upTo(n), 0.5)).toEqual({ value: Math.ceil(n / 2), low, high });
});

test('too few values leave a side of the interval open, or both', () => {
  expect(quantileWithInterval(upTo(5), 0.5)).toEqual({ value: 3, low: null, high: null });
  expect(quantileWithInterval(upTo(30), 0.95)).toMatchObject({ value: 29, high: null });
  expect(quantileWithInterval([], 0.5)).toBeNull();
});

test('a quantile is the smallest value that its share of all does not exceed', () => {
  expect(quantileOf([10, 20, 30, 40, 50], 0.8)).toBe(40);
  expect(quantileOf([10, 20, 30, 40, 50], 0.81)).toBe(50);
  expect(quantileOf([7], 0.01)).toBe(7);
});

test('the band of many draws is the one that the normal distribution gives, and quick to count', () => {
  const { low, high } = binomialBand(100_000, 0.8, 0.025);
  const spread = 1.959964 * Math.sqrt(100_000 * 0.8 * 0.2);
  expect(Math.abs(low - (80_000 - spread))).toBeLessThan(2);
  expect(Math.abs(high - (80_000 + spread))).toBeLessThan(2);
});
