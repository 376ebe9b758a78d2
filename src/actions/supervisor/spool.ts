import { closeSync, openSync, statSync, truncateSync } from 'node:fs';

/** The file that a command's output goes to, through a descriptor that only the command holds. */
export interface Spool {
  readonly descriptor: number;
  /** Closes our copy of the descriptor: the command has its own. */
  release(): void;
  /** Empties the spool if it holds more than `bytes`: the command must never meet a full disk because of us. */
  trim(bytes: number): void;
  /** What was dropped, in words; empty where nothing was. */
  remark(): string;
}

export function openSpool(file: string): Spool {
  // Appending, so that after `trim` the command goes on writing at the new end and not behind a hole.
  const descriptor = openSync(file, 'a', 0o600);
  let dropped = 0;
  return {
    descriptor,
    release: () => closeSync(descriptor),
    trim: (bytes) => {
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size <= bytes) return;
      truncateSync(file, 0);
      dropped += size;
    },
    remark: () =>
      dropped === 0
        ? ''
        : `About ${dropped} bytes of its output were dropped from the spool to save the disk.`,
  };
}
