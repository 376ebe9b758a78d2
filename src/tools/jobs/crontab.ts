import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import {
  changedLines,
  digestOf,
  pausedJobs,
  pausedTable,
  readPause,
  restoredTables,
  runningJobs,
  type PausedTable,
} from './crontab-table.ts';

/** One user's table, by the machine's own `crontab`. */
export interface Crontab {
  /** Null where the user has none. */
  read(): Promise<string | null>;
  /** Replaces the whole table at once; null removes it. */
  write(table: string | null): Promise<void>;
}

/** @param user whose table, where it is another one than the caller's; that takes root */
export function systemCrontab(user: string | null, env: Readonly<Record<string, string>>): Crontab {
  const whose = user === null ? [] : ['-u', user];
  const run = async (args: readonly string[], input?: string) => {
    const result = await execa('crontab', [...whose, ...args], {
      env: { ...env, LC_ALL: 'C' },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    if (result.code === 'ENOENT') throw cannot('crontab is not installed, or not in PATH', '');
    return result;
  };
  return {
    async read() {
      const { exitCode: code, stdout, stderr } = await run(['-l']);
      if (code === 0) return stdout;
      if (/no crontab for/.test(stderr)) return null;
      throw cannot('The table of cron cannot be read', stderr);
    },
    async write(table) {
      const { exitCode: code, stderr } = table === null ? await run(['-r']) : await run(['-'], table);
      if (code !== 0) throw cannot('The table of cron cannot be written', stderr);
    },
  };
}

const cannot = (what: string, detail: string): OperatorError =>
  new OperatorError(detail.trim() === '' ? `${what}.` : `${what}: ${detail.trim()}`, ['Look: crontab -l'], {
    exitCode: exitCode.unknown,
  });

export interface CrontabState {
  readonly state: 'running' | 'paused' | 'damaged';
  readonly running: number;
  readonly paused: number;
  /** `sha256:…` of the table as it is, `none` where there is none. */
  readonly digest: string;
}

/** @param only the text of one job: `paused` is then said of it alone */
export async function crontabState(cron: Crontab, only: string | null = null): Promise<CrontabState> {
  const table = await cron.read();
  const pause = readPause(table);
  return {
    state: pause === 'damaged' ? 'damaged' : pause !== null && covers(pause, only) ? 'paused' : 'running',
    running: runningJobs(table ?? ''),
    paused: pausedJobs(table ?? ''),
    digest: digestOf(table),
  };
}

const covers = (pause: PausedTable, only: string | null): boolean =>
  only === null || pause.only === null || pause.only.includes(only);

/**
 * Comments jobs out: all of a table together, or one by one, each for itself. What is paused already is left alone:
 * calling it again changes nothing.
 */
export async function pauseCrontab(
  cron: Crontab,
  only: string | null,
  words: string,
): Promise<CrontabState & { readonly already: boolean }> {
  const table = await cron.read();
  const pause = readPause(table);
  if (pause === 'damaged') throw damaged();
  if (pause !== null && covers(pause, only) && !(only === null && pause.only !== null))
    return { ...(await crontabState(cron, only)), already: true };
  if (pause !== null && only === null)
    throw refused(
      'Some jobs of the table are paused one by one already.',
      'Restore them first: walkback jobs crontab restore',
    );
  if (pause !== null && table !== pause.expected)
    throw refused(
      'Somebody edited the table while jobs in it were paused.',
      'Settle that first: walkback jobs crontab restore',
    );
  const original = pause === null ? table : pause.original;
  const all = only === null ? null : [...(pause?.only ?? []), only];
  const paused = pausedTable(original, all, pause?.words ?? words);
  if (only !== null && pausedJobs(pausedTable(original, [only], words)) === 0)
    throw refused(`No job has “${only}” in its line.`, 'Look: crontab -l');
  await cron.write(paused);
  return { ...(await crontabState(cron, only)), already: false };
}

const refused = (message: string, next: string): OperatorError =>
  new OperatorError(message, [next], { exitCode: exitCode.failed });

/** What becomes of edits that somebody made by hand while the table was paused. */
export const choices = ['codify', 'overwrite', 'keep'] as const;
export type Choice = (typeof choices)[number];

export type Restored =
  | { readonly did: 'restored' | 'nothing' | Choice; readonly digest: string }
  /** Nothing was changed: the lines that somebody changed meanwhile, `+` new and `-` gone. */
  | { readonly did: 'conflict'; readonly changed: readonly string[] };

/**
 * Puts the table back, byte for byte, or lets one job of it run again. Where somebody has edited it meanwhile it stops and
 * shows the edits, unless it is told what to do about them. What is not paused is left alone: calling it again changes nothing.
 */
export async function restoreCrontab(
  cron: Crontab,
  choice: Choice | null,
  only: string | null = null,
): Promise<Restored> {
  const table = await cron.read();
  const pause = readPause(table);
  if (pause === 'damaged') throw damaged();
  if (pause === null || !covers(pause, only)) return { did: 'nothing', digest: digestOf(table) };
  if (only !== null && pause.only === null)
    throw refused(
      'All jobs of the table are paused together.',
      'Put it back whole: walkback jobs crontab restore',
    );
  const wanted = restoredTables(pause, only);
  if (table === pause.expected) {
    await putBack(cron, wanted.overwrite);
    return { did: 'restored', digest: digestOf(wanted.overwrite) };
  }
  if (choice === null) return { did: 'conflict', changed: changedLines(pause.expected, table ?? '') };
  await putBack(cron, wanted[choice]);
  return { did: choice, digest: digestOf(wanted[choice]) };
}

/** The lines that somebody changed while the table was paused, `+` new and `-` gone; none where it is not paused. */
export async function editsOf(cron: Crontab): Promise<readonly string[]> {
  const table = await cron.read();
  const pause = readPause(table);
  if (pause === 'damaged') throw damaged();
  return pause === null ? [] : changedLines(pause.expected, table ?? '');
}

async function putBack(cron: Crontab, table: string | null): Promise<void> {
  await cron.write(table);
  const now = await cron.read();
  if (now !== table) throw cannot('The table is not what was written: somebody else writes it as well', '');
}

const damaged = (): OperatorError =>
  new OperatorError(
    'The table has paused jobs, and what it was before can no longer be read from it.',
    ['Take the “#walkback| ” off the jobs that shall run again: crontab -e'],
    { exitCode: exitCode.unknown },
  );
