import { setImmediate } from 'node:timers/promises';
import type { Ending } from '../../session/ports.ts';
import { openTail } from './tail.ts';

const shortestPauseMs = 5;
const longestPauseMs = 64;
/** How often to look although nobody called: for a command whose supervisor died, and should a call get lost. */
const lookEveryMs = 250;

interface FollowedAttempt {
  readonly attempt: string;
  readonly spool: string;
  /** The ending, or null while it runs. */
  readonly look: () => Promise<Ending | null>;
  readonly onOutput: (bytes: Uint8Array) => void;
}

export interface Followers {
  /** Hands on an attempt's whole output as it grows, then answers its ending; never answers after `close`. */
  follow(followed: FollowedAttempt): Promise<Ending>;
  /** Has an attempt's followers look at once; all followers where none is named. */
  wake(attempt: string | null): void;
  close(): void;
}

interface Sleeper {
  readonly attempt: string;
  awake: boolean;
  wake: () => void;
}

export function openFollowers(): Followers {
  const sleepers = new Set<Sleeper>();
  let closed = false;

  function wake(attempt: string | null): void {
    for (const sleeper of sleepers) {
      if (attempt !== null && sleeper.attempt !== attempt) continue;
      sleeper.awake = true;
      sleeper.wake();
    }
  }

  async function sleep(sleeper: Sleeper, ms: number): Promise<void> {
    if (sleeper.awake) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      sleeper.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function follow({ attempt, spool, look, onOutput }: FollowedAttempt): Promise<Ending> {
    const sleeper: Sleeper = { attempt, awake: true, wake: () => {} };
    const tail = openTail(spool, onOutput);
    sleepers.add(sleeper);
    try {
      for (let pause = shortestPauseMs, unlooked = 0; !closed;) {
        if (sleeper.awake || unlooked >= lookEveryMs) {
          sleeper.awake = false;
          unlooked = 0;
          const ending = await look();
          if (ending !== null) {
            await tail.drain();
            return ending;
          }
        }
        if (tail.step()) {
          pause = shortestPauseMs;
          unlooked += 1; // no sleep, and still not forgotten where output never stops
          await setImmediate();
        } else {
          await sleep(sleeper, pause);
          unlooked += pause;
          pause = Math.min(2 * pause, longestPauseMs);
        }
      }
    } finally {
      tail.close();
      sleepers.delete(sleeper);
    }
    return new Promise<never>(() => {});
  }

  return {
    follow,
    wake,
    close: () => {
      closed = true;
      wake(null);
    },
  };
}
