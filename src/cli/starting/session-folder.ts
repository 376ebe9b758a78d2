import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runbookFiles } from '../../actions/runbook-files.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Json } from '../../runbook/model/values.ts';
import type { Surroundings } from '../surroundings.ts';

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
  /** Folder of the runbook that the session was rebased on; the one that it began with where there is none. */
  readonly pinned?: string;
  /** What is typed is run: there is no runbook of anybody’s. */
  readonly adhoc?: true;
  /** Who owes the runbook's review where the session began by break-glass. */
  readonly reviewOwedBy?: string;
}

export const sessionFolder = (around: Surroundings, session: string): string =>
  join(around.sessionsFolder, session);

/** The post-mortem as the close writes it. */
export const draftFile = (around: Surroundings, session: string): string =>
  join(sessionFolder(around, session), 'post-mortem.md');

/** What the session's own process says on its standard streams. */
export const agentLog = (folder: string): string => join(folder, 'agent.log');

const firstPinned = 'runbook';

/** The bytes that the session runs now: those that it began with, or those that it was rebased on. */
export function pinnedFolder(around: Surroundings, session: string): string {
  const folder = sessionFolder(around, session);
  const { pinned = firstPinned } = existsSync(join(folder, 'start.json'))
    ? readStartFile(around, session)
    : { pinned: firstPinned };
  return join(folder, pinned);
}

/** Every set of bytes that the session ran, the first one first. */
export function pinnedFolders(around: Surroundings, session: string): readonly string[] {
  const folder = sessionFolder(around, session);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name === firstPinned || name.startsWith(`${firstPinned}-`))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Keeps a whole closed set beside the one that the session began with, see `copySet`; answers the name of its folder. */
export function pinSet(
  around: Surroundings,
  session: string,
  runbook: Pick<Runbook, 'hash' | 'closure'>,
  root: string,
): string {
  const name = `${firstPinned}-${runbook.hash.replace(/^sha256:/, '').slice(0, 16)}`;
  copySet(runbook, root, join(sessionFolder(around, session), name));
  return name;
}

/**
 * Copies a closed set as it was hashed; minutes may lie between the look at a file and this, while somebody is asked.
 * @param root where it lies
 * @throws OperatorError where a file is not what was looked at any more; nothing is copied then
 */
export function copySet({ closure }: Pick<Runbook, 'closure'>, root: string, to: string): void {
  const files = runbookFiles(root);
  const copies = closure.map(({ path, sha256 }) => {
    const read = files.read(path);
    if (read.ok && files.sha256(read.bytes) === sha256) return [path, read.bytes] as const;
    throw new OperatorError(
      `${path} was changed while it was looked at.`,
      ['Look at what changed, then try again.'],
      { exitCode: exitCode.refused },
    );
  });
  for (const [path, bytes] of copies) writePinned(join(to, path), bytes);
}

export function writeStartFile(around: Surroundings, start: StartFile): void {
  const folder = sessionFolder(around, start.session);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'start.json');
  const beside = `${file}.new`;
  writeFileSync(beside, `${JSON.stringify(start, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(beside, file); // whoever reads it sees the one or the other, whole
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

/** Keeps the exact bytes that the session begins with beside its start file, see `copySet`. */
export const pinFirst = (
  around: Surroundings,
  session: string,
  runbook: Pick<Runbook, 'closure'>,
  root: string,
): void => copySet(runbook, root, join(sessionFolder(around, session), firstPinned));

/** Keeps bytes that lie in no file as those that the session begins with. */
export function pinFile(around: Surroundings, session: string, path: string, bytes: Uint8Array): void {
  writePinned(join(sessionFolder(around, session), firstPinned, path), bytes);
}

function writePinned(target: string, bytes: Uint8Array): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  writeFileSync(target, bytes, { mode: 0o600 });
}
