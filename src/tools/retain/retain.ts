import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { Database } from '../database/model.ts';
import type { Times } from '../times.ts';
import { exportTable } from './export-table.ts';
import {
  digestOf,
  manifestName,
  newestOf,
  ourNames,
  readManifest,
  type Archive,
  type Manifest,
} from './manifest.ts';
import type { RetainItem } from './plan.ts';
import { signManifest } from './signature.ts';

export interface RetainRequest {
  readonly vault: string;
  readonly session: string;
  readonly times: Times;
  /** Needed by items that are tables. */
  readonly database: Database | null;
  /** An SSH key that signs the manifest; null signs nothing. */
  readonly key: string | null;
}

export interface Retained {
  readonly id: string;
  readonly folder: string;
  /** False where the newest archive holds the same already. */
  readonly fresh: boolean;
  readonly manifest: Manifest;
}

/**
 * Archives one item, unless its newest archive holds the very same bytes. It is made beside its place and moved there
 * whole, so that a crash leaves no half archive that looks like one.
 */
export async function retainItem(item: RetainItem, request: RetainRequest): Promise<Retained> {
  const { vault, session, times, key } = request;
  const home = join(vault, session);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  for (const left of readdirSync(home))
    if (left.startsWith(`.${item.id}.partial-`)) rmSync(join(home, left), { recursive: true });
  const partial = join(home, `.${item.id}.partial-${randomUUID()}`);
  mkdirSync(partial, { mode: 0o700 });
  try {
    const taken = await take(item, request, partial);
    const known = newestOf(vault, session, item.id);
    const before = known === null ? null : readManifest(known);
    if (known !== null && before?.sha256 === taken.sha256 && before.rows === taken.rows) {
      const there = await digestOf(join(known.folder, before.file));
      if (there.sha256 === before.sha256)
        return { id: item.id, folder: known.folder, fresh: false, manifest: before };
    }
    const now = times.now();
    const manifest: Manifest = {
      walkback_archive: 1,
      session,
      id: item.id,
      class: item.class,
      source: sourceOf(item),
      taken: times.isoOf(now),
      until: times.isoOf(now + (parseDuration(item.until) ?? 0)),
      ...taken,
    };
    writeWhole(join(partial, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    if (key !== null) await signManifest(join(partial, manifestName), key);
    const folder = join(home, nameOf(item.id, known));
    renameSync(partial, folder);
    syncFolder(home);
    return { id: item.id, folder, fresh: true, manifest };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function sourceOf({ table, file, run }: RetainItem): string {
  if (table !== undefined) return `table ${table}`;
  return file === undefined ? `command ${(run ?? []).join(' ')}` : `file ${file}`;
}

const nameOf = (id: string, known: Archive | null): string =>
  known === null ? id : `${id}.${String(known.version + 1)}`;

type Taken = Pick<Manifest, 'file' | 'bytes' | 'rows' | 'sha256'>;

async function take(item: RetainItem, { database }: RetainRequest, folder: string): Promise<Taken> {
  if (item.table !== undefined) {
    if (database === null)
      throw new OperatorError(`${item.id} is a table, and no database is named.`, [
        'Give one of --sqlite FILE and --postgres.',
      ]);
    const file = `${item.id}.jsonl`;
    const rows = await writing(join(folder, file), (write) =>
      exportTable(database, item.table ?? '', item.key, write),
    );
    return { file, rows, ...(await digestOf(join(folder, file))) };
  }
  if (item.file !== undefined) {
    const file = nameInArchive(item.id, basename(item.file));
    try {
      copyFileSync(item.file, join(folder, file));
    } catch (cause) {
      throw new OperatorError(
        `${item.id}: ${item.file} cannot be read: ${textOf(cause)}`,
        ['Correct its path, or take it out of the plan.'],
        { cause, exitCode: exitCode.failed },
      );
    }
    sync(join(folder, file));
    return { file, rows: null, ...(await digestOf(join(folder, file))) };
  }
  return takeOutput(item, folder);
}

/** Its own name, unless that is one of ours. */
const nameInArchive = (id: string, name: string): string =>
  ourNames.includes(name) ? `${id}.${name}` : name;

async function takeOutput(item: RetainItem, folder: string): Promise<Taken> {
  const [program = '', ...args] = item.run ?? [];
  const file = `${item.id}.out`;
  const ended = await execa(program, args, {
    stdin: 'ignore',
    stdout: { file: join(folder, file) },
    buffer: { stdout: false },
    reject: false,
    timeout: parseDuration(item.timeout) ?? 60_000,
    killSignal: 'SIGKILL',
  });
  if (ended.exitCode !== 0)
    throw new OperatorError(
      `${item.id}: ${sourceOf(item)} ${ended.timedOut ? `took longer than ${item.timeout}` : `ended with ${String(ended.exitCode ?? ended.shortMessage)}`}.`,
      ['Run it by hand and see why; nothing was archived of it.'],
      { exitCode: exitCode.failed },
    );
  sync(join(folder, file));
  return { file, rows: null, ...(await digestOf(join(folder, file))) };
}

async function writing<T>(file: string, work: (write: (text: string) => void) => Promise<T>): Promise<T> {
  const handle = openSync(file, 'wx', 0o600);
  try {
    const result = await work((text) => writeFileSync(handle, text)); // whole, or it throws
    fsyncSync(handle);
    return result;
  } finally {
    closeSync(handle);
  }
}

function writeWhole(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
}

function sync(file: string): void {
  const handle = openSync(file, 'r'); // a copy of a file that nobody may write is one as well
  fsyncSync(handle);
  closeSync(handle);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** The digest that an archive of this table would have now. */
export async function tableDigest(
  database: Database,
  { table, key }: RetainItem,
): Promise<{ readonly sha256: string; readonly rows: number }> {
  const sum = createHash('sha256');
  const rows = await exportTable(database, table ?? '', key, (line) => sum.update(line));
  return { sha256: sum.digest('hex'), rows };
}
