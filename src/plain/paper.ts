import { visible } from '../report/inert.ts';

/** The strip of text that the linear front end writes on: one thing a line, each with its time of day. */
export interface Paper {
  /** Writes a text, every line of it behind the time; nothing in it can drive the terminal. */
  line(text: string): void;
  /** True once nobody reads any more. */
  silent(): boolean;
}

/** What a closed pipe or a terminal that has gone answers to a write. */
const nobodyReads = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'EBADF']);

/** `onSilent` is called once, when a write finds that nobody reads any more. */
export function paperOn(write: (text: string) => void, timeOfDay: () => string, onSilent: () => void): Paper {
  let quiet = false;
  return {
    line(text) {
      if (quiet) return;
      const time = timeOfDay();
      try {
        write(
          visible(text)
            .split('\n')
            .map((part) => `${time} ${part}`.trimEnd())
            .map((part) => `${part}\n`)
            .join(''),
        );
      } catch (error) {
        if (!isNobodyReads(error)) throw error;
        quiet = true;
        onSilent();
      }
    },
    silent: () => quiet,
  };
}

const isNobodyReads = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && nobodyReads.has(error.code);
