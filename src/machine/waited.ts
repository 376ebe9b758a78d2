import type { Context } from './context.ts';
import { epochMsOf } from './iso-time.ts';

/**
 * How long something has lasted, in milliseconds of real time: steps of the wall clock that were noticed since are
 * taken out again.
 * @param sinceMs wall time when it began
 */
export function waitedSince(context: Context, sinceMs: number, nowMs: number): number {
  const stepped = context.jumps
    .filter(({ at, byMs }) => epochMsOf(at) - byMs >= sinceMs)
    .reduce((sum, { byMs }) => sum + byMs, 0);
  return Math.max(0, nowMs - sinceMs - stepped);
}
