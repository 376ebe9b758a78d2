import { uptime } from 'node:os';
import type { Clock, Temporalish } from '../session/ports.ts';
import { bootId } from './attempts/process-table.ts';

/** A longer wait looks at the clock this often: Linux stops timers while the machine sleeps, and deadlines go on. */
const longestPieceMs = 1_000;

/** Since the machine started, sleep included. Elsewhere than on Linux Node's own clock counts sleep. */
const uptimeMs = process.platform === 'linux' ? () => uptime() * 1000 : null;

/**
 * The machine's own clock: the one place that reads it. What is due while a laptop sleeps is due when it wakes.
 * @param slept another reading of the time with sleep, for a test that cannot send its machine to sleep
 */
export function systemClock(slept: (() => number) | null = uptimeMs): Clock {
  return {
    now: () => timeOf(Date.now()),
    mono: () => performance.now(),
    after: (ms, call) => callAfter(ms, call, slept ?? (() => performance.now())),
    ...(slept === null ? {} : { uptime: slept }),
  };
}

/** Epoch milliseconds with their ISO 8601 text. */
export function timeOf(ms: number): Temporalish {
  return { ms, iso: new Date(ms).toISOString() };
}

/**
 * The sandbox's clock: it agrees with `real` at `epoch` (epoch milliseconds) and runs `speed` times as fast from
 * there, so that every process that knows both reads the same time. Spans given to `after` are domain time too.
 */
export function domainClock(speed: number, epoch: number, real: Clock = systemClock()): Clock {
  return {
    now: () => timeOf(Math.round(epoch + (real.now().ms - epoch) * speed)),
    mono: () => real.mono() * speed,
    after: (ms, call) => real.after(ms / speed, call),
  };
}

/** In pieces, which also a span that is longer than a timer can hold (24.8 days) needs: Node would fire it at once. */
function callAfter(ms: number, call: () => void, ticks: () => number): () => void {
  const mono = performance.now();
  const tick = ticks();
  // whichever has gone further: a clock that stands still must not hold up what is due
  const left = (): number => ms - Math.max(performance.now() - mono, ticks() - tick);
  let timer = setTimeout(ring, Math.min(Math.max(ms, 0), longestPieceMs));
  function ring(): void {
    const more = left();
    if (more > 0 && ms > longestPieceMs) timer = setTimeout(ring, Math.min(more, longestPieceMs));
    else call();
  }
  return () => clearTimeout(timer);
}

/**
 * Names this start of the machine: after another one, nothing that we had started is running. Null where the
 * system does not tell.
 */
export function readBootId(): Promise<string | null> {
  try {
    return Promise.resolve(bootId());
  } catch {
    return Promise.resolve(null);
  }
}
