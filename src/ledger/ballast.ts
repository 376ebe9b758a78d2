import { closeSync, constants, fsyncSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { OperatorError, exitCode } from '../errors.ts';
import type { StatFileSystem } from './folder.ts';
import { codeOf } from './trouble.ts';

/** Space for what must still be recorded when the disk has filled: some thousand events. */
export const ballastBytes = 4 * 1_048_576;
/** Free space below which no writer is opened. */
export const neededBytes = 8 * 1_048_576;

/** A file kept beside the ledger only to be given up when the disk is full. */
export interface Ballast {
  /** Gives the space back to the disk; false where there was none left to give. */
  release(): boolean;
  freeBytes(): number | null;
}

export interface OpenedBallast {
  readonly ballast: Ballast;
  readonly warnings: readonly string[];
}

/**
 * Checks the space before a writer opens, and makes the ballast where there is room. A full disk with a ballast
 * still opens, so that a session under way can be ended; throws `OperatorError` where there is neither.
 */
export function openBallast(path: string, statFs: StatFileSystem): OpenedBallast {
  const file = `${path}.ballast`;
  const folder = dirname(path);
  const freeBytes = (): number | null => {
    try {
      const { bsize, bavail } = statFs(folder);
      return bsize * bavail;
    } catch {
      return null;
    }
  };
  const ballast: Ballast = {
    freeBytes,
    release() {
      const had = sizeOf(file) > 0;
      if (had) unlinkSync(file);
      return had;
    },
  };
  const free = freeBytes();
  const kept = sizeOf(file);
  if (free === null || free >= neededBytes + ballastBytes - kept) {
    if (kept < ballastBytes) makeBallast(file);
    return { ballast, warnings: [] };
  }
  if (free + kept < neededBytes && kept < ballastBytes) {
    throw new OperatorError(
      `The disk is nearly full: ${free} bytes are free in ${folder}, and a session needs ${neededBytes} to be recorded safely.`,
      [`Free at least ${neededBytes - free} bytes on the disk that holds ${folder}, then try again.`],
      { exitCode: exitCode.failed },
    );
  }
  return {
    ballast,
    warnings: [`The disk is nearly full: ${free} bytes are free in ${folder}. Free some before you go on.`],
  };
}

function makeBallast(file: string): void {
  let made: number | null = null;
  try {
    made = openSync(
      file,
      constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY | constants.O_NOFOLLOW,
      0o600,
    );
    // Random bytes: a compressing file system would keep a file of zeros in no space at all.
    writeSync(made, randomBytes(ballastBytes));
    fsyncSync(made);
  } catch {
    // Without it the ledger works all the same; it only has less to give when the disk fills.
    if (sizeOf(file) > 0) unlinkSync(file);
  } finally {
    if (made !== null) closeSync(made);
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
