import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { codeOf } from './trouble.ts';
import type { Head } from './verify-chain.ts';

/**
 * The newest acknowledged row of one session, kept in a small file beside the ledger and written after each commit.
 * It is never ahead of what was committed, so a ledger that ends before it has lost events: a write-ahead log that was
 * deleted, a damaged frame that SQLite drops in silence, an old copy put back.
 */
export interface HeadFile {
  read(): Head | null;
  /** Never throws: the events are in the ledger already. */
  write(head: Head): void;
  remove(): void;
  close(): void;
}

export const headsFolder = (ledgerPath: string): string => `${ledgerPath}.heads`;

const line = /^(\d+) ([0-9a-f]{64})\n/;

export function openHeadFile(ledgerPath: string, session: string): HeadFile {
  const folder = headsFolder(ledgerPath);
  const path = join(folder, fileName(session));
  let file: number | null = null;
  return {
    read: () => readHead(path),
    write({ seq, hash: rowHash }) {
      try {
        file ??= create(folder, path);
        // One write of one length at one place: a reader sees the old head or the new one.
        writeSync(file, `${String(seq).padStart(16, '0')} ${rowHash}\n`, 0);
      } catch {
        // A stale head only sees less.
      }
    },
    remove() {
      rmSync(path, { force: true });
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

function create(folder: string, path: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
}

function readHead(path: string): Head | null {
  try {
    if (!lstatSync(path).isFile()) return null;
    const found = line.exec(readFileSync(path, 'utf8'));
    return found === null ? null : { seq: Number(found[1]), hash: found[2] ?? '' };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Session ids are UUIDs; anything else is hashed, so that no id can name a file elsewhere. */
const fileName = (session: string): string =>
  /^[0-9A-Za-z_-]{1,64}$/.test(session) ? session : hash('sha256', session, 'hex');

/** Sessions that have a head kept beside the ledger: those that are under way. */
export function listHeads(ledgerPath: string): readonly string[] {
  try {
    return readdirSync(headsFolder(ledgerPath));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
