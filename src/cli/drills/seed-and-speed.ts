import { OperatorError } from '../../errors.ts';

/** A whole number from 0 that makes something repeatable. */
export function seedOf(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new OperatorError(`--seed takes a whole number from 0, not “${text}”.`, ['Leave it out for 1.']);
}

/** How much faster the sandbox's clock runs: 1 to 600. */
export function speedOf(text: string): number {
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 600) return speed;
  throw new OperatorError(`--speed takes a number from 1 to 600, not “${text}”.`, ['Leave it out for 60.']);
}
