import type { Ask } from '../../src/plain/desk.ts';
import { runPlain, type PlainEnd, type PlainOptions } from '../../src/plain/run-plain.ts';
import { at } from '../report/events.ts';
import { epochMs } from '../../src/report/time.ts';

export interface Person {
  readonly ended: Promise<PlainEnd>;
  /** Everything written so far. */
  text(): string;
  lines(): readonly string[];
  /** What was asked and not answered with a plain word, in order. */
  readonly questions: readonly string[];
  /** Moves the clock. */
  wait(ms: number): void;
  /** Fires the timers. */
  tick(): void;
}

/**
 * Runs the linear front end with a person who types the given lines, each one after a moment, and then is gone.
 * A function is called instead of typing, and may answer with what to type.
 */
export function sitDown(
  options: Pick<PlainOptions, 'client'> & Partial<PlainOptions>,
  typed: readonly (string | (() => string | null | Promise<string | null>))[] = [],
  thinksMs = 1000,
): Person {
  let clock = epochMs(at(20));
  let written = '';
  const questions: string[] = [];
  const left = [...typed];
  const timers: (() => void)[] = [];
  const ask: Ask = async (question) => {
    questions.push(question);
    const next = left.shift();
    const answer = typeof next === 'function' ? await next() : (next ?? null);
    clock += thinksMs;
    return answer;
  };
  const ended = runPlain({
    write: (text) => {
      written += text;
    },
    ask,
    interactive: true,
    now: () => ({ ms: clock, iso: new Date(clock).toISOString() }),
    every: (_, call) => {
      timers.push(call);
      return () => undefined;
    },
    ...options,
  });
  return {
    ended,
    text: () => written,
    lines: () => written.split('\n').slice(0, -1),
    questions,
    wait: (ms) => {
      clock += ms;
    },
    tick: () => {
      for (const timer of timers) timer();
    },
  };
}
