import type { Fact } from '../machine/facts.ts';
import type { Clock } from './ports.ts';
import type { Session } from './session.ts';

/** A difference between wall and monotonic time that is more than a correction. */
const jumpMs = 2_000;

const ticks = (clock: Clock): number => clock.uptime?.() ?? clock.mono();

/**
 * The wall time of this process's start, carried on by the monotonic clock: deadlines are held against it, so that a
 * step of the wall clock moves none of them. Epoch milliseconds.
 */
export function steadyTime(clock: Clock): () => number {
  const wall = clock.now().ms;
  const began = ticks(clock);
  return () => Math.round(wall + ticks(clock) - began);
}

/** Compares the wall clock with the monotonic one each time it is called, and puts a step of it on record. */
export function watchClock(session: Session, put: (fact: Fact) => void): () => void {
  const { clock } = session.options.ports;
  const apart = (): number => clock.now().ms - ticks(clock);
  let known = apart();
  return () => {
    const byMs = Math.round(apart() - known);
    if (Math.abs(byMs) <= jumpMs) return;
    known += byMs;
    put({ type: 'clock.jumped', byMs });
  };
}
