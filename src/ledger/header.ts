import { closeSync, openSync, readSync } from 'node:fs';
import { OperatorError, exitCode } from '../errors.ts';
import { applicationId } from './schema.ts';

/** What the first 100 bytes of a SQLite file say, read without SQLite so that nothing is touched. */
export type Header =
  | { readonly kind: 'empty' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'sqlite'; readonly version: number; readonly application: number };

const magic = 'SQLite format 3\0';

export function readHeader(path: string): Header {
  const bytes = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    if (length === 0) return { kind: 'empty' };
    if (length < bytes.length || bytes.toString('latin1', 0, magic.length) !== magic)
      return { kind: 'foreign' };
    return { kind: 'sqlite', version: bytes.readUInt32BE(60), application: bytes.readUInt32BE(68) };
  } finally {
    closeSync(file);
  }
}

/** Throws where this program must not touch the file: newer than itself, or not a ledger. */
export function refuseStranger(path: string, version: number, application: number, newest: number): void {
  if (application !== applicationId && (application !== 0 || version !== 0)) {
    throw new OperatorError(
      `${path} is a SQLite file of another program, not a ledger. It was not touched.`,
      ['Name another file.'],
    );
  }
  if (version > newest) {
    throw new OperatorError(
      `${path} was written by a newer walkback (ledger version ${version}; this program knows up to ${newest}). It was not touched.`,
      ['Run the newer walkback, or name another file.'],
      { exitCode: exitCode.refused },
    );
  }
}

export const notALedger = (path: string): OperatorError =>
  new OperatorError(
    `${path} is damaged or not a ledger: it does not start as a SQLite file does. It was left as it is.`,
    [
      `Copy ${path} and the files beside it that start with the same name to a safe place.`,
      'Put a backup in its place, or move the damaged file away so that a new ledger is made.',
    ],
    { exitCode: exitCode.failed },
  );
