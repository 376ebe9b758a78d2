import type { Sample } from '../../src/judge/trigger.ts';
import type { Random } from '../../src/sandbox/random.ts';

/** A point every ten seconds. */
export const series = (values: readonly (number | null)[]): readonly Sample[] =>
  values.map((value, at) => [at * 10_000, value]);

/** Normal by Box and Muller. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Log-normal noise around `median`, each point holding on to `rho` of the one before it. */
export function noise(random: Random, count: number, median: number, rho: number): readonly Sample[] {
  let state = normal(random);
  return series(
    Array.from({ length: count }, () => {
      state = rho * state + Math.sqrt(1 - rho ** 2) * normal(random);
      return median * Math.exp(0.25 * state);
    }),
  );
}
