import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { isCode } from './sealed-record.ts';

const chunkBytes = 256 * 1024;

/** Reads a growing spool from its beginning, in order, without keeping it. */
export interface Tail {
  /** Hands on the next piece; false where there is none now. */
  step(): boolean;
  /** Hands on everything that the spool holds at this moment. */
  drain(): Promise<void>;
  close(): void;
}

export function openTail(file: string, onOutput: (bytes: Uint8Array) => void): Tail {
  let descriptor: number | null = null;
  let offset = 0;

  function size(): number {
    descriptor ??= openIfThere(file);
    return descriptor === null ? 0 : fstatSync(descriptor).size;
  }

  function readTo(end: number): boolean {
    if (end < offset) offset = 0; // the supervisor emptied it to save the disk
    if (descriptor === null || end === offset) return false;
    const bytes = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - offset));
    const count = readSync(descriptor, bytes, 0, bytes.length, offset);
    if (count === 0) return false;
    offset += count;
    onOutput(bytes.subarray(0, count));
    return true;
  }

  return {
    step: () => readTo(size()),
    drain: async () => {
      // Up to now only: what was left running in the background may go on writing for ever.
      const end = size();
      while (offset !== end && readTo(end)) await setImmediate();
    },
    close: () => {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
    },
  };
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}
