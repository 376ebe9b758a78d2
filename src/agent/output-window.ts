import type { OutputLine } from './messages.ts';

/** Lines of an attempt kept for the screen; the whole output is in the ledger. */
const keptLines = 20_000;
/** Of a flood, only this much of each look is turned into lines. */
const lookBytes = 64 * 1024;
const newline = 0x0a;

/** Turns bytes into safe text, state carried from call to call. */
export type Sanitise = () => { push(bytes: Uint8Array): string; held(): string };

/**
 * What a screen may show of one attempt's output. Bytes are taken at full speed and only counted; a look turns the
 * newest into lines, so a flood costs the same as a trickle.
 */
export interface OutputWindow {
  readonly take: (bytes: Uint8Array) => void;
  /** Makes lines of what came since the last look; answers those that are new. */
  readonly look: () => readonly OutputLine[];
  readonly count: () => number;
  /** The line that is not ended yet (a prompt, a progress bar): shown as the last one, numbered `count`. */
  readonly last: () => OutputLine | null;
  readonly lines: (from: number, length: number) => readonly OutputLine[];
}

export function outputWindow(sanitise: Sanitise, elapsedMs: () => number): OutputWindow {
  const lines = new Map<number, OutputLine>();
  let pending: Uint8Array[] = [];
  let size = 0;
  let count = 0;
  let open = '';
  let sanitiser = sanitise();

  function add(text: string, atMs: number): OutputLine {
    const line = { n: count, text, atMs };
    lines.set(count, line);
    lines.delete(count - keptLines);
    count += 1;
    return line;
  }

  return {
    take: (bytes) => {
      pending.push(bytes);
      size += bytes.length;
      while (size - (pending[0]?.length ?? 0) > lookBytes) {
        const dropped = pending.shift();
        if (dropped === undefined) break;
        size -= dropped.length;
        skip(dropped);
      }
    },
    look: () => {
      if (size === 0) return [];
      const atMs = elapsedMs();
      const text = open + pending.map((bytes) => sanitiser.push(bytes)).join('');
      pending = [];
      size = 0;
      const parts = text.split('\n');
      open = parts.pop() ?? '';
      return parts.map((part) => add(part, atMs));
    },
    count: () => count,
    last: () => {
      const text = open + sanitiser.held();
      return text === '' ? null : { n: count, text, atMs: elapsedMs() };
    },
    lines: (from, length) => {
      const found: OutputLine[] = [];
      for (let n = from; n < from + length && n < count; n += 1) {
        const line = lines.get(n);
        if (line !== undefined) found.push(line);
      }
      return found;
    },
  };

  /** Passed over unseen: counted, and what follows starts clean. */
  function skip(bytes: Uint8Array): void {
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
    open = '';
    sanitiser = sanitise();
  }
}
