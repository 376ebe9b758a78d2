import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OperatorError } from '../errors.ts';

/** A new file takes the old one's place at once, with its mode: whoever reads it sees the one or the other, whole. */
export function replaceFile(given: string, text: string): void {
  const file = realpathSync(given);
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  try {
    const opened = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(opened, text);
      fchmodSync(opened, statSync(file).mode & 0o777);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${given} cannot be written: ${why}`, ['Check the permissions of its folder.'], {
      cause: error,
    });
  }
}
