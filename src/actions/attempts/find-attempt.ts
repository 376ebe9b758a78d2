import { setTimeout } from 'node:timers/promises';
import type { Ending, Found } from '../../session/ports.ts';
import { readClaim, readExit, readPid, winClaim } from './attempt-files.ts';
import type { AttemptFiles, Claim, ExitRecord } from './attempt-files.ts';
import { isAlive, markedProcesses } from './process-table.ts';
import type { Marks, ProcessMark } from './process-mark.ts';

/** `Found`, and for a running attempt who watches it. */
export type Verdict =
  | Exclude<Found, { verdict: 'running' }>
  | {
      readonly verdict: 'running';
      /** The living supervisor's socket; null where it died and the command runs on. */
      readonly supervisor: string | null;
      readonly process: ProcessMark | null;
    };

export interface Circumstances {
  readonly files: AttemptFiles;
  readonly marks: Marks;
  readonly boot: string;
  readonly afterReboot: boolean;
}

/**
 * What became of an attempt. Where nobody claimed it, this claims it, so that no slow supervisor can start it afterwards:
 * that is what makes `not_started` final.
 */
export async function findAttempt(around: Circumstances): Promise<Verdict> {
  // A claim is written a moment after it was created; only a death in between leaves it torn for good.
  for (let waited = 0; waited < tornLimitMs; waited += tornEveryMs) {
    const verdict = judge(around);
    if (verdict !== null) return verdict;
    await setTimeout(tornEveryMs);
  }
  return judge(around) ?? judgeProcesses(around.marks, 'Its claim was cut short by a crash.');
}

const tornLimitMs = 1_000;
const tornEveryMs = 20;

/** The verdict at this moment; null while the claim is being written. */
function judge({ files, marks, boot, afterReboot }: Circumstances): Verdict | null {
  const exit = readExit(files);
  if (exit !== null && exit !== 'torn') return judgeExit(exit, boot);

  const ours = {
    by: 'recovery',
    attempt: marks.attempt,
    boot,
    verdict: afterReboot ? 'reboot' : 'not_started',
  } as const;
  const claim = readClaim(files) ?? (winClaim(files, ours) ? ours : readClaim(files));
  if (claim === null || claim === 'torn') return null;
  if (claim.attempt !== marks.attempt) {
    throw new Error(`${files.folder} belongs to ${claim.attempt}, not to ${marks.attempt}`);
  }
  if (claim.by === 'recovery') return claim.verdict === 'reboot' ? rebooted() : { verdict: 'not_started' };
  if (claim.boot !== boot) return rebooted();
  return judgeRunning(files, marks, claim, boot);
}

/** What `find` found, in the words of an ending; null while it runs. */
export function endingOf(verdict: Verdict, durationMs: number): Ending | null {
  const none = { exitCode: null, signal: null, durationMs };
  switch (verdict.verdict) {
    case 'running':
      return null;
    case 'finished':
      return verdict.ending;
    case 'not_started':
      return { ...none, ending: 'not_started', detail: 'It was ruled out before it could start.' };
    case 'in_doubt':
      return { ...none, ending: 'lost', detail: verdict.detail };
  }
}

function judgeExit(
  { boot: exitBoot, ending, exitCode, signal, durationMs, detail }: ExitRecord,
  boot: string,
): Verdict {
  if (exitBoot !== boot)
    return rebooted(` Before that it had ended: ${ending} ${exitCode ?? signal ?? ''}`.trimEnd() + '.');
  return { verdict: 'finished', ending: { ending, exitCode, signal, durationMs, detail } };
}

function judgeRunning(
  files: AttemptFiles,
  marks: Marks,
  { supervisor }: Extract<Claim, { by: 'supervisor' }>,
  boot: string,
): Verdict {
  const pid = readPid(files);
  const recorded = pid === 'torn' ? null : pid;
  if (isAlive(supervisor)) return { verdict: 'running', supervisor: supervisor.socket, process: recorded };
  if (recorded !== null && isAlive(recorded))
    return { verdict: 'running', supervisor: null, process: recorded };

  // The supervisor is gone, so from here on nothing changes behind our back: what it wrote last can be read now.
  const exit = readExit(files);
  if (exit !== null && exit !== 'torn') return judgeExit(exit, boot);
  const gone = 'Its supervisor died before it could record how the command ended.';
  if (recorded === null) return judgeProcesses(marks, gone);
  const left = markedProcesses(marks).map((process) => process.pid);
  return doubtful(
    left.length === 0 ? gone : `${gone} Of what it started, process ${left.join(', ')} still runs.`,
  );
}

/** Where no process was recorded, one that carries the marks is the command; the oldest, as it started the others. */
function judgeProcesses(marks: Marks, otherwise: string): Verdict {
  const [oldest] = markedProcesses(marks);
  return oldest === undefined
    ? doubtful(otherwise)
    : { verdict: 'running', supervisor: null, process: oldest };
}

const doubtful = (detail: string): Verdict => ({ verdict: 'in_doubt', doubt: 'no_outcome', detail });

const rebooted = (detail = ''): Verdict => ({
  verdict: 'in_doubt',
  doubt: 'reboot',
  detail: `The machine was started anew since, so what was noted about it may be lost.${detail}`,
});
