import type { Clock } from '../../src/session/ports.ts';

/** A clock that moves when told; what is due happens in its order, and everything it leads to before it goes on. */
export interface TestClock extends Clock {
  advance(ms: number): Promise<void>;
}

/** Lets everything that can go on without the clock go on: a macrotask comes after all microtasks. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const startOfTime = Date.parse('2026-03-01T10:00:00.000Z');

/** `pending` counts the timers that wait. */
export function fakeClock(): TestClock & { pending(): number } {
  let now = startOfTime;
  let timers: readonly { readonly at: number; readonly call: () => void }[] = [];
  return {
    now: () => ({ ms: now, iso: new Date(now).toISOString() }),
    mono: () => now - startOfTime,
    after: (ms, call) => {
      const timer = { at: now + ms, call };
      timers = [...timers, timer];
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pending: () => timers.length,
    advance: async (ms) => {
      await settled();
      const end = now + ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at);
        const [next] = due;
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.call();
        await settled();
      }
      now = end;
    },
  };
}

/** A clock whose wall can be set apart from its monotonic time. */
export function twoClocks(): TestClock & { step(ms: number): void } {
  const steady = fakeClock();
  let apart = 0;
  return {
    ...steady,
    now: () => {
      const ms = steady.now().ms + apart;
      return { ms, iso: new Date(ms).toISOString() };
    },
    step: (ms) => {
      apart += ms;
    },
  };
}
