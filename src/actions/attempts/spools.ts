import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { attemptFiles } from './attempt-files.ts';

/**
 * Takes a command's spool away once its end is recorded. The spool holds what was printed as it was printed, secrets
 * and all; what is kept of it, masked, is in the ledger by then.
 */
export function removeSpool(folder: string, attempt: string): void {
  rmSync(attemptFiles(folder, attempt).out, { force: true });
}

/** Takes every spool of a session away: those of attempts whose end nobody will ever know as well. */
export function removeSpools(folder: string): void {
  const attempts = path.join(folder, 'attempts');
  for (const name of namesIn(attempts)) rmSync(path.join(attempts, name, 'out'), { force: true });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was ever run
  }
}
