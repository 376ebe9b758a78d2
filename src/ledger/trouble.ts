import { dirname } from 'node:path';
import { OperatorError, exitCode } from '../errors.ts';

/** What a failing database or file system call means for the operator. */
export type Trouble = 'full' | 'locked' | 'corrupt' | 'denied' | 'io' | 'taken' | 'missing' | 'other';

/** SQLite's or the system's code of an error, or the empty text. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const table: readonly (readonly [RegExp, Trouble])[] = [
  [/^(SQLITE_FULL|ENOSPC|EDQUOT|EFBIG)$/, 'full'],
  [/^SQLITE_(BUSY|LOCKED)/, 'locked'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'corrupt'],
  [/^(SQLITE_READONLY|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|EROFS)/, 'denied'],
  [/^SQLITE_CONSTRAINT_(TRIGGER|PRIMARYKEY|UNIQUE)$/, 'taken'],
  [/^(SQLITE_CANTOPEN|ENOENT|ENOTDIR)/, 'missing'],
  [/^(SQLITE_IOERR|EIO)/, 'io'],
];

export const troubleOf = (error: unknown): Trouble => {
  const code = codeOf(error);
  return table.find(([pattern]) => pattern.test(code))?.[1] ?? 'other';
};

export interface Circumstances {
  readonly path: string;
  /** What was being done, as it goes after "could not": `record what happened`. */
  readonly doing: string;
  /** Bytes that must be free for it, where that is known. */
  readonly needBytes?: number;
  readonly freeBytes?: number | null;
}

const inMegabytes = (bytes: number): string => `${bytes} bytes (${(bytes / 1_048_576).toFixed(1)} MB)`;

/** The error for people; a bug keeps its own stack. An `OperatorError` goes through as it is. */
export function explain(error: unknown, at: Circumstances): Error {
  if (error instanceof OperatorError) return error;
  const trouble = troubleOf(error);
  if (trouble === 'other') return error instanceof Error ? error : new Error(String(error));
  const [what, ...next] = words(trouble, at, codeOf(error));
  const [first = 'Run `walkback doctor`.', ...rest] = next;
  return new OperatorError(what, [first, ...rest], { cause: error, exitCode: exitCode.failed });
}

function words(
  trouble: Exclude<Trouble, 'other'>,
  { path, doing, needBytes = 0, freeBytes = null }: Circumstances,
  code: string,
): readonly [string, ...string[]] {
  const folder = dirname(path);
  const kept = 'Everything recorded before is still there.';
  switch (trouble) {
    case 'full': {
      const free = freeBytes === null ? '' : `; ${inMegabytes(freeBytes)} are free`;
      return [
        `The disk is full: could not ${doing} in ${folder}. It needs ${inMegabytes(needBytes)}${free}. ${kept}`,
        `Free at least ${inMegabytes(needBytes)} on the disk that holds ${folder}, then try again.`,
        `\`df -h ${folder}\` shows the disk.`,
      ];
    }
    case 'locked':
      return [
        `Another program keeps ${path} locked: could not ${doing}. Nothing was written. ${kept}`,
        `Find it with \`fuser -v ${path}\` (or \`lsof ${path}\`), let it finish, then try again.`,
      ];
    case 'corrupt':
      return [
        `${path} is damaged: could not ${doing}. It was left as it is.`,
        `Copy ${path} and the files beside it that start with the same name to a safe place before anything else.`,
        'Run `walkback verify` on the copy: it names the last event that can be believed, and exports up to it.',
        `Put a backup in its place, or move the damaged file away so that a new ledger is made.`,
      ];
    case 'denied':
      return [
        `No permission: could not ${doing} in ${path}. ${kept}`,
        `Check who owns ${folder} and the files in it (\`ls -la ${folder}\`); they must be yours, and the disk writable.`,
      ];
    case 'missing':
      return [
        `${path} cannot be opened: could not ${doing}.`,
        `Check that ${folder} exists and that you may enter it (\`ls -la ${folder}\`).`,
      ];
    case 'io':
      return [
        `The disk reported an error (${code}): could not ${doing} in ${path}. It is not certain that the disk kept it.`,
        'Start nothing new. Check the disk (`dmesg | tail` shows its errors).',
        'Open the session again: it looks at what was recorded before it goes on.',
      ];
    case 'taken':
      return [
        `Another process drives this session: could not ${doing}, because its place in ${path} is taken. Nothing was written.`,
        'Attach to the running session, or stop the other process first.',
      ];
  }
}
