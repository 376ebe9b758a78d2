import { hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { OperatorError } from '../../errors.ts';
import type { Ending } from '../../session/ports.ts';
import type { ProcessMark } from './process-mark.ts';
import {
  hasShape,
  isCode,
  isNumber,
  isNumberOrNull,
  isText,
  isTextOrNull,
  readRecord,
  sealRecord,
} from './sealed-record.ts';

/** The files of one attempt. Whoever creates `claim` decides whether the command is ever started. */
export interface AttemptFiles {
  readonly folder: string;
  readonly claim: string;
  readonly out: string;
  readonly pid: string;
  readonly exit: string;
  /** Room for `exit`, reserved before the start so that a disk that fills meanwhile cannot lose the outcome. */
  readonly exitTmp: string;
}

/** Who decided about an attempt: a supervisor that was about to start it, or a recovery that rules the start out. */
export type Claim =
  | {
      readonly by: 'supervisor';
      readonly attempt: string;
      readonly command: string;
      readonly boot: string;
      readonly supervisor: ProcessMark & { readonly socket: string };
    }
  | {
      readonly by: 'recovery';
      readonly attempt: string;
      readonly boot: string;
      readonly verdict: 'not_started' | 'reboot';
    };

export interface ExitRecord extends Ending {
  readonly attempt: string;
  readonly boot: string;
}

const exitRoom = 2048;
/** What the records of one attempt take: folder, claim, pid, exit, and the first block of the spool. */
const attemptRoom = 5 * 4096;

/** The files of `attempt` under the session's work folder. Different attempts never share a folder. */
export function attemptFiles(folder: string, attempt: string): AttemptFiles {
  const own = path.join(folder, 'attempts', safeName(attempt));
  const file = (name: string): string => path.join(own, name);
  return {
    folder: own,
    claim: file('claim'),
    out: file('out'),
    pid: file('pid'),
    exit: file('exit'),
    exitTmp: file('exit.tmp'),
  };
}

/** One file name per attempt id: percent-encoded, or a digest where that is too long or could be a dot name. */
export function safeName(attempt: string): string {
  const encoded = encodeURIComponent(attempt);
  // `%sha256-` is no percent-encoding, so a digest cannot be another attempt's encoded name.
  return encoded.length > 120 || encoded.startsWith('.') || encoded === ''
    ? `%sha256-${hash('sha256', attempt)}`
    : encoded;
}

/**
 * Creates the claim if nobody did: the one decision of the protocol. False where it was there already.
 * @throws where the claim cannot be written, for instance on a full disk; then it is not left behind either.
 */
export function winClaim(files: AttemptFiles, claim: Claim): boolean {
  let descriptor: number;
  try {
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    descriptor = openSync(files.claim, 'wx', 0o600);
  } catch (error) {
    if (isCode(error, 'EEXIST') && existsSync(files.claim)) return false;
    throw explainFull(error, files);
  }
  try {
    writeAll(descriptor, sealRecord(claim));
  } catch (error) {
    unlinkSync(files.claim); // ours, and nothing was started on its strength
    throw explainFull(error, files);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** A full disk in the operator's words; any other error as it is. */
function explainFull(error: unknown, files: AttemptFiles): unknown {
  if (!isCode(error, 'ENOSPC', 'EDQUOT')) return error;
  return new OperatorError(
    `The disk that holds ${files.folder} is full: a command needs ${attemptRoom} bytes there before it is started.`,
    ['Make room there, then try again.'],
    { cause: error },
  );
}

export const readClaim = (files: AttemptFiles): Claim | 'torn' | null => readRecord(files.claim, isClaim);
export const readExit = (files: AttemptFiles): ExitRecord | 'torn' | null => readRecord(files.exit, isExit);
export const readPid = (files: AttemptFiles): ProcessMark | 'torn' | null => readRecord(files.pid, isMark);

/** Writes the process that was started, whole or not at all. */
export function writePid(files: AttemptFiles, mark: ProcessMark): void {
  writeFileSync(`${files.pid}.tmp`, sealRecord(mark), { mode: 0o600 });
  renameSync(`${files.pid}.tmp`, files.pid);
}

/** Takes the room of the exit record; answers its descriptor for `writeExit`. */
export function reserveExit(files: AttemptFiles): number {
  const descriptor = openSync(files.exitTmp, 'w', 0o600);
  try {
    writeAll(descriptor, ' '.repeat(exitRoom));
  } catch (error) {
    closeSync(descriptor);
    throw explainFull(error, files);
  }
  return descriptor;
}

/** Writes the outcome into the reserved room; `publishExit` then makes it the outcome in one step. */
export function writeExit(descriptor: number, record: ExitRecord): void {
  writeAll(descriptor, sealRecord(record, exitRoom), 0);
}

export function publishExit(files: AttemptFiles, descriptor: number): void {
  renameSync(files.exitTmp, files.exit);
  closeSync(descriptor);
}

function writeAll(descriptor: number, text: string, position: number | null = null): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    const at = position === null ? null : position + written;
    written += writeSync(descriptor, bytes, written, bytes.length - written, at);
  }
}

function isMark(value: unknown): value is ProcessMark {
  return hasShape(value, { pid: isNumber, start: isText });
}

function isClaim(value: unknown): value is Claim {
  return (
    hasShape(value, { attempt: isText, boot: isText }) &&
    (hasShape(value, { by: is('supervisor'), command: isText, supervisor: isMark }) ||
      hasShape(value, { by: is('recovery'), verdict: is('not_started', 'reboot') }))
  );
}

function isExit(value: unknown): value is ExitRecord {
  return hasShape(value, {
    attempt: isText,
    boot: isText,
    ending: is('exited', 'signalled', 'timed_out', 'stopped', 'not_started'),
    exitCode: isNumberOrNull,
    signal: isTextOrNull,
    durationMs: isNumber,
    detail: isText,
  });
}

const is =
  (...allowed: readonly string[]) =>
  (value: unknown): boolean =>
    isText(value) && allowed.includes(value);
