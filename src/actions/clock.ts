import { uptime } from 'node:os';
import type { Clock, Temporalish } from '../session/ports.ts';
import { bootId } from './attempts/process-table.ts';

/** Node's timers fire at once for anything longer. */
const longestTimer = 2 ** 31 - 1;

/** The machine's own clock: the one place that reads it. */
export function systemClock(): Clock {
  return {
    now: () => timeOf(Date.now()),
    mono: () => performance.now(),
    after: callAfter,
    // Linux stops the monotonic clock while the machine sleeps; elsewhere Node's own counts sleep
    ...(process.platform === 'linux' ? { uptime: () => uptime() * 1000 } : {}),
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

function callAfter(ms: number, call: () => void): () => void {
  const due = performance.now() + ms;
  let timer = setTimeout(ring, Math.min(Math.max(ms, 0), longestTimer));
  function ring(): void {
    const left = due - performance.now();
    if (left > longestTimer / 2) timer = setTimeout(ring, Math.min(left, longestTimer));
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
