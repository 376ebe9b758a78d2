import { expect, test } from 'vitest';
import { compareSeries, type Verdict } from '../../src/judge/comparison.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { noise } from '../judge/noise.ts';

/* FORMULAS, E3 evidence: log-normal noise of σ 0.25, a tolerance of 25 %, 1,000 trials a cell. */

const trials = Number(process.env['TRIALS'] ?? 1000);

/** The share of each verdict, in percent, over seeded noise whose median is `times` what it was. */
function shares(n: number, rho: number, times: number): Readonly<Record<Verdict, number>> {
  const count: Record<Verdict, number> = { RECOVERED: 0, WORSE: 0, INCONCLUSIVE: 0 };
  for (let trial = 1; trial <= trials; trial += 1) {
    const random = seededRandom(trial * 7919 + n * 31 + Math.round(rho * 100));
    const { verdict } = compareSeries({
      baseline: noise(random, n, 0.2, rho),
      current: noise(random, n, 0.2 * times, rho),
      worse: 'higher',
      tolerance: 0.25,
      floor: 0,
      leastBaseline: 20,
      unit: 'seconds',
    });
    count[verdict] += 1;
  }
  const percent = (one: number): number => (100 * one) / trials;
  return {
    RECOVERED: percent(count.RECOVERED),
    WORSE: percent(count.WORSE),
    INCONCLUSIVE: percent(count.INCONCLUSIVE),
  };
}

test.each([
  [60, 0, 100, 100],
  [60, 0.5, 91, 100],
  [60, 0.8, 58, 97],
  [30, 0, 96, null],
  [30, 0.5, 69, null],
  [30, 0.8, 44, null],
])(
  '%i points at ρ = %d: RECOVERED for about %d of 100 true recoveries, WORSE at twice for %s, hardly ever WORSE for equal noise',
  (n, rho, recovered, worse) => {
    const equal = shares(n, rho, 1);
    expect(equal.WORSE).toBeLessThanOrEqual(5);
    expect(equal.RECOVERED).toBeGreaterThan(recovered - 4);
    if (worse !== null) expect(shares(n, rho, 2).WORSE).toBeGreaterThan(worse - 4);
  },
  120_000,
);
