import { describe, expect, test } from 'vitest';
import { scoreOf, type Weighed } from '../../src/judge/comparison-score.ts';
import { compareSeries, type ComparisonInput, type Verdict } from '../../src/judge/comparison.ts';
import { bothTails, medianOf, rankSum, shiftBetween } from '../../src/judge/rank-sum.ts';
import type { Sample } from '../../src/judge/trigger.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { noise, series } from './noise.ts';

/** Hollander and Wolfe, “Nonparametric Statistical Methods”, table 4.1: permeability at term, and at 12 to 26 weeks. */
const term = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const early = [1.15, 0.88, 0.9, 0.74, 1.21];

const pairs = (before: readonly number[], after: readonly number[]): readonly number[] =>
  after.flatMap((later) => before.map((earlier) => later - earlier)).toSorted((a, b) => a - b);

/** U by counting pairs, one by one. */
const counted = (before: readonly number[], after: readonly number[]): number =>
  pairs(before, after).reduce(
    (sum, difference) => sum + (difference > 0 ? 1 : difference === 0 ? 0.5 : 0),
    0,
  );

/** Variance of U over every way to choose which values are the later ones. */
function varianceByEnumeration(all: readonly number[], later: number): number {
  const values: number[] = [];
  for (let set = 0; set < 2 ** all.length; set += 1) {
    const chosen = all.filter((_, at) => (set >> at) % 2 === 1);
    if (chosen.length === later)
      values.push(
        counted(
          all.filter((_, at) => (set >> at) % 2 === 0),
          chosen,
        ),
      );
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

const input = (more: Partial<ComparisonInput>): ComparisonInput => ({
  baseline: noise(seededRandom(1), 360, 0.2, 0.3),
  current: noise(seededRandom(2), 60, 0.2, 0.3),
  worse: 'higher',
  tolerance: 0.25,
  floor: 0,
  leastBaseline: 60,
  unit: 'seconds',
  ...more,
});

describe('the rank sum', () => {
  test('gives the U, the p and the shift of a published example', () => {
    const found = rankSum(early, term);
    expect(found.u).toBe(35);
    expect(found.u).toBe(counted(early, term));
    expect(found.a12).toBe(0.7);
    // 50 pairs and 15 values: σ = √(50 · 16 / 12), z = 1.2247
    expect(found.sigma).toBeCloseTo(8.16497, 5);
    expect(bothTails((found.u - 25) / found.sigma)).toBeCloseTo(0.2207, 4);
    const shift = shiftBetween(early, term, found.sigma, 1.96);
    expect(shift.median).toBeCloseTo(0.305, 10);
    // ⌊25 − 1.96 σ⌋ = 8: the eighth difference from either end
    expect([shift.low, shift.high]).toEqual([pairs(early, term)[7], pairs(early, term).at(-8)]);
  });

  test('takes ties off the spread exactly as every possible arrangement does', () => {
    const before = [1, 2, 2, 3, 5];
    const after = [2, 3, 3, 4];
    const found = rankSum(before, after);
    expect(found.u).toBe(counted(before, after));
    expect(found.sigma ** 2).toBeCloseTo(varianceByEnumeration([...before, ...after], 4), 9);
    expect(rankSum([7, 7, 7], [7, 7])).toMatchObject({ u: 3, sigma: 0, a12: 0.5 });
  });

  test.each([
    [0, 1],
    [1, 0.317310508],
    [1.959963985, 0.05],
    [2.575829304, 0.01],
    [4, 6.334248e-5],
  ])('both tails beyond %d hold %d', (z, share) => {
    expect(bothTails(z) / share).toBeCloseTo(1, 6);
    expect(bothTails(-z)).toBe(bothTails(z));
  });

  test('a shift that few points cannot bound has no bounds', () => {
    expect(shiftBetween([1, 2], [3, 4], rankSum([1, 2], [3, 4]).sigma, 1.96)).toEqual({
      median: 2,
      low: -Infinity,
      high: Infinity,
    });
  });
});

describe('a comparison with the baseline', () => {
  test('a stored series with a known shift gives back U, p and the shift, worked out the long way', () => {
    const baseline = noise(seededRandom(5), 80, 100, 0.5);
    const current = baseline
      .slice(0, 40)
      .map(([at, value], index): Sample => [at, (value ?? 0) + 7 + index / 1e6]);
    const [before, after] = [baseline, current].map((all) => all.map(([, value]) => value ?? NaN));
    const found = compareSeries(input({ baseline, current, unit: null }));
    const differences = pairs(before ?? [], after ?? []);
    expect(found.u).toBe(counted(before ?? [], after ?? []));
    expect(found.shift).toBeCloseTo(medianOf(differences), 9);
    const k = Math.floor(differences.length / 2 - 1.645 * (found.sigmaWide ?? NaN));
    expect([found.low, found.high]).toEqual([differences[k - 1], differences.at(-k)]);
    expect(found.sigma).toBeCloseTo(Math.sqrt((80 * 40 * 121) / 12), 6);
    expect(found.pPlain).toBeCloseTo(bothTails(((found.u ?? 0) - 1600) / (found.sigma ?? 1)), 12);
    expect(found.p ?? 0).toBeGreaterThan(found.pPlain ?? 1);
    expect(found.a12).toBe((found.u ?? 0) / 3200);
  });

  test.each([0, 0.5, 0.8])('equal noise at ρ = %d is called worse in at most 5 of 100 of 400 runs', (rho) => {
    // 5 % is what the interval allows without any tolerance; every real rule has one
    const worse = { strict: 0, tolerant: 0 };
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = seededRandom(seed * 7919 + Math.round(rho * 10));
      const baseline = noise(random, 120, 0.2, rho);
      const current = noise(random, 60, 0.2, rho);
      if (compareSeries(input({ baseline, current, tolerance: 0.02 })).verdict === 'WORSE') worse.strict += 1;
      if (compareSeries(input({ baseline, current })).verdict === 'WORSE') worse.tolerant += 1;
    }
    expect(worse.strict).toBeLessThanOrEqual(20);
    expect(worse.tolerant).toBe(0);
  });

  test('the correction is what keeps it so: without it noise that follows itself is called worse far too often', () => {
    let plain = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = seededRandom(seed);
      const baseline = noise(random, 120, 0.2, 0.8);
      const current = noise(random, 60, 0.2, 0.8);
      const [before, after] = [baseline, current].map((all) => all.map(([, value]) => value ?? NaN));
      const { sigma } = rankSum(before ?? [], after ?? []);
      if (shiftBetween(before ?? [], after ?? [], sigma, 1.645).low > 0) plain += 1;
    }
    expect(plain).toBeGreaterThan(20);
  });

  test.each([
    [2, 'WORSE'],
    [1, 'RECOVERED'],
  ] as const)('%d times the baseline is %s in nearly every run at ρ = 0.3', (factor, verdict) => {
    let found = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = seededRandom(seed + 1000);
      const baseline = noise(random, 360, 0.2, 0.3);
      const current = noise(random, 60, 0.2 * factor, 0.3);
      if (compareSeries(input({ baseline, current })).verdict === verdict) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  test.each([
    ['8 points now', { current: noise(seededRandom(3), 8, 0.4, 0) }, 'too_few'],
    ['no point now', { current: series([null, NaN, null]) }, 'no_data'],
    ['no baseline', { baseline: [] }, 'no_data'],
    ['a short baseline', { baseline: noise(seededRandom(3), 40, 0.2, 0) }, 'too_few'],
    ['25 good points now', { current: noise(seededRandom(3), 25, 0.2, 0) }, 'too_few'],
    ['a shift that is near the limit', { current: noise(seededRandom(3), 60, 0.25, 0) }, 'wide'],
  ] as const)('%s is inconclusive, and says why', (_what, more, code) => {
    const found = compareSeries(input(more));
    expect(found).toMatchObject({ verdict: 'INCONCLUSIVE', code });
    expect(found.detail).not.toBe('');
  });

  test('points enough to see that it is worse are enough, though too few to call it recovered', () => {
    const current = noise(seededRandom(3), 24, 0.5, 0);
    expect(compareSeries(input({ current })).verdict).toBe('WORSE');
  });

  test.each([
    ['lower', 0.5, 'WORSE'],
    ['lower', 2, 'RECOVERED'],
    ['higher', 0.5, 'RECOVERED'],
    ['either', 0.5, 'WORSE'],
    ['either', 2, 'WORSE'],
    ['either', 1, 'RECOVERED'],
  ] as const)('where worse is %s, %d times the baseline is %s', (worse, factor, verdict) => {
    const current = noise(seededRandom(4), 60, 0.2 * factor, 0);
    expect(compareSeries(input({ worse, current })).verdict).toBe(verdict);
  });

  test('the floor keeps a tiny baseline from making everything worse', () => {
    const baseline = series(Array.from({ length: 60 }, () => 0));
    const current = series(Array.from({ length: 60 }, (_, at) => (at % 2) / 1000));
    expect(compareSeries(input({ baseline, current, floor: 0 })).limit).toBe(0);
    expect(compareSeries(input({ baseline, current, floor: 0.002 }))).toMatchObject({
      verdict: 'RECOVERED',
      limit: 0.002,
    });
    // nothing moves at all: no spread, and still a verdict
    expect(compareSeries(input({ baseline, current: baseline }))).toMatchObject({
      verdict: 'RECOVERED',
      p: 1,
      shift: 0,
    });
  });

  test('outliers are counted and stay in', () => {
    const values = noise(seededRandom(6), 60, 0.2, 0).map(([at, value], index): Sample => [
      at,
      index < 4 ? 9 : index === 5 ? null : value,
    ]);
    const { current } = compareSeries(input({ current: values }));
    expect(current).toMatchObject({ n: 59, gaps: 1, outliers: 4 });
  });
});

describe('the score of several measurements', () => {
  const one = (verdict: Verdict, more: Partial<Weighed> = {}): Weighed => ({
    verdict,
    group: 'all',
    weight: 1,
    critical: false,
    ...more,
  });

  test.each([
    ['all recovered', [one('RECOVERED'), one('RECOVERED')], 'RECOVERED', 100, 100],
    ['one of two worse', [one('RECOVERED'), one('WORSE')], 'WORSE', 50, 50],
    ['one of two open', [one('RECOVERED'), one('INCONCLUSIVE')], 'INCONCLUSIVE', 50, 100],
    ['a critical one worse', [one('RECOVERED'), one('WORSE', { critical: true })], 'WORSE', 0, 0],
    [
      'a small group worse',
      [one('RECOVERED', { weight: 9 }), one('WORSE', { group: 'b', weight: 2 })],
      'INCONCLUSIVE',
      81.8,
      81.8,
    ],
    [
      'a light group worse',
      [one('RECOVERED', { weight: 24 }), one('WORSE', { group: 'b' })],
      'RECOVERED',
      96,
      96,
    ],
    [
      'a light critical one open',
      [one('RECOVERED', { weight: 24 }), one('INCONCLUSIVE', { group: 'b', critical: true })],
      'INCONCLUSIVE',
      96,
      100,
    ],
    ['nothing at all', [], 'WORSE', 0, 0],
  ] as const)('%s', (_what, all, verdict, least, most) => {
    expect(scoreOf(all)).toEqual({ verdict, least, most });
  });
});
