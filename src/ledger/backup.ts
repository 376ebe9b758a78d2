import { chmodSync, closeSync, constants, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperatorError, exitCode } from '../errors.ts';
import type { Ledger } from './open-ledger.ts';
import { codeOf, explain } from './trouble.ts';

/**
 * A consistent copy of the ledger in one file (0600), also while sessions record. The copy is checked before this
 * answers; a file that exists already is not touched, and a copy that failed is taken away.
 */
export async function backUpLedger(ledger: Ledger, target: string): Promise<void> {
  reserve(target);
  try {
    await ledger.store.connection().backup(target);
    finish(target);
  } catch (error) {
    for (const file of [target, `${target}-wal`, `${target}-shm`, `${target}-journal`])
      rmSync(file, { force: true });
    throw explain(error, { path: target, doing: 'copy the ledger', needBytes: statSync(ledger.path).size });
  }
}

function reserve(target: string): void {
  try {
    closeSync(
      openSync(target, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600),
    );
    chmodSync(target, 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new OperatorError(`${target} exists already; it was not touched.`, ['Name a new file.'], {
        cause: error,
      });
    }
    throw explain(error, { path: target, doing: 'make the copy' });
  }
}

/** Out of the write-ahead mode, so that the copy is whole in this one file; then checked, then synced. */
function finish(target: string): void {
  const copy = new Database(target, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = DELETE');
    const answer: unknown = copy.pragma('quick_check(1)', { simple: true });
    if (answer !== 'ok') {
      throw new OperatorError(
        `The copy at ${target} is not sound (${String(answer)}), because the ledger itself is damaged.`,
        ['Run `walkback verify`.'],
        { exitCode: exitCode.failed },
      );
    }
  } finally {
    copy.close();
  }
  const file = openSync(target, 'r');
  fsyncSync(file);
  closeSync(file);
}
