import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError, exitCode } from '../errors.ts';
import type { Json } from '../runbook/model/values.ts';
import type { Surroundings } from './surroundings.ts';

/** What a session was started with, beside the facts: enough to go on after a crash. Secrets are not in it. */
export interface StartFile {
  readonly version: 1;
  readonly session: string;
  /** The runbook's file, relative to its root. */
  readonly runbook: string;
  /** The folder the runbook came from; its scripts run there. */
  readonly root: string;
  readonly environment: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly inputs: Readonly<Record<string, Json>>;
  readonly values: Readonly<Record<string, Json>>;
  /** Variables that commands get besides the allowed ones. */
  readonly env: Readonly<Record<string, string>>;
  readonly speed: number;
  /** Domain milliseconds at a moment of real time, for a clock that runs faster. */
  readonly epoch: { readonly realMs: number; readonly domainMs: number } | null;
  readonly user: string;
  /** Who owes the runbook's review where the session began by break-glass. */
  readonly reviewOwedBy?: string;
}

export const sessionFolder = (around: Surroundings, session: string): string =>
  join(around.sessionsFolder, session);
export const pinnedFolder = (around: Surroundings, session: string): string =>
  join(sessionFolder(around, session), 'runbook');

export function writeStartFile(around: Surroundings, start: StartFile): void {
  const folder = sessionFolder(around, start.session);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'start.json'), `${JSON.stringify(start, null, 2)}\n`, { mode: 0o600 });
}

export function readStartFile(around: Surroundings, session: string): StartFile {
  const file = join(sessionFolder(around, session), 'start.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StartFile;
  } catch (error) {
    throw new OperatorError(
      `${file} cannot be read, so session ${session} cannot go on on this machine.`,
      [`Its record is whole all the same: walkback export ${session} --format md`],
      { exitCode: exitCode.failed, cause: error },
    );
  }
}

/** Keeps the exact bytes the session is pinned to, beside its start file. */
export function pinFile(around: Surroundings, session: string, path: string, bytes: Uint8Array): void {
  const target = join(pinnedFolder(around, session), path);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  writeFileSync(target, bytes, { mode: 0o600 });
}
