import type { HomeTime } from '../../src/ui/home/home-store.ts';
import { nowMs } from './fake-client.ts';

/** A clock that stands. */
export const stillTime: HomeTime = { now: () => ({ ms: nowMs }), after: () => () => undefined };

/** A clock that moves when told, with the timers that are due on the way. */
export function movedTime(): HomeTime & { readonly pass: (ms: number) => void } {
  let at = nowMs;
  let timers: readonly { readonly dueMs: number; readonly call: () => void }[] = [];
  return {
    now: () => ({ ms: at }),
    after: (ms, call) => {
      const timer = { dueMs: at + ms, call };
      timers = [...timers, timer];
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    pass: (ms) => {
      at += ms;
      const due = timers.filter(({ dueMs }) => dueMs <= at);
      timers = timers.filter(({ dueMs }) => dueMs > at);
      for (const { call } of due) call();
    },
  };
}
