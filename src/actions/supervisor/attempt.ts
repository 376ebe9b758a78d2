import { existsSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  attemptFiles,
  publishExit,
  reserveExit,
  winClaim,
  writeExit,
  writePid,
} from '../attempts/attempt-files.ts';
import type { AttemptFiles, Claim, ExitRecord } from '../attempts/attempt-files.ts';
import { commandDigest } from '../attempts/command-digest.ts';
import { attemptVariable, markOwnChild, sessionVariable } from '../attempts/process-table.ts';
import { crashPoint } from './crash-point.ts';
import type { CrashPoint } from './crash-point.ts';
import { leftoversOf } from './leftovers.ts';
import { longTimer } from './long-timer.ts';
import { askToEnd, signalGroup, whenGroupIsGone } from './process-group.ts';
import type { Start } from './protocol.ts';
import { openSpool } from './spool.ts';
import type { Spool } from './spool.ts';
import { startProcess } from './start-process.ts';

/** What an attempt needs to know of the supervisor that runs it. */
export interface Surroundings {
  readonly folder: string;
  readonly session: string;
  readonly boot: string;
  readonly supervisor: Extract<Claim, { by: 'supervisor' }>['supervisor'];
  readonly graceMs: number;
  readonly agentPid: () => number | undefined;
}

export interface RunningAttempt {
  readonly attempt: string;
  readonly spool: Spool;
  /** TERM to the group, KILL after the grace time; the ending will be `stopped`. */
  stop(): void;
}

type Outcome = Pick<ExitRecord, 'ending' | 'exitCode' | 'signal' | 'detail'>;

/**
 * Claims an attempt and starts its command: in this order, so that a claim without an outcome means "perhaps", and no
 * claim means "never". Answers null where the claim was taken. `onEnded` is called once the outcome can be read, never
 * before this function returns.
 * @throws where nothing could be claimed; nothing was started then.
 */
export function beginAttempt(around: Surroundings, start: Start, onEnded: () => void): RunningAttempt | null {
  const { attempt } = start;
  const { boot, session, supervisor, graceMs } = around;
  const files = attemptFiles(around.folder, attempt);
  let leader: number | undefined;
  const reach = (point: CrashPoint): void =>
    crashPoint(point, () => ({ host: around.agentPid(), supervisor: process.pid, command: leader }));

  if (!winClaim(files, { by: 'supervisor', attempt, command: commandDigest(start), boot, supervisor }))
    return null;
  reach('claim created');
  const { spool, exitDescriptor } = prepare(files);

  const began = performance.now();
  const ran = (): number => performance.now() - began;
  let asked: 'timed_out' | 'stopped' | null = null;
  let stopTimer = (): void => {};

  const ask = (kind: 'timed_out' | 'stopped'): void => {
    const group = leader;
    if (asked !== null || group === undefined) return;
    asked = kind;
    askToEnd(group);
    stopTimer();
    stopTimer = longTimer(graceMs, () => signalGroup(group, 'SIGKILL'));
  };

  const record = (outcome: Outcome): void => {
    stopTimer();
    const detail = [outcome.detail, spool.remark()]
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, 500);
    const exit = { ...outcome, detail, attempt, boot, durationMs: Math.round(ran()) };
    publish(files, exitDescriptor, exit, reach, onEnded);
  };

  const onExit = (pid: number, exitCode: number | null, signal: string | null): void => {
    leader = undefined; // collected: from now on the number can be somebody else's
    reach('exit observed');
    const end = (ending: Outcome['ending']): void => {
      const left = leftoversOf({ attempt, session }, pid, ran());
      const detail =
        left.length === 0
          ? ''
          : `It left running in the background: process ${left.slice(0, 20).join(', ')}.`;
      record({ ending, exitCode, signal, detail });
    };
    const kind = asked;
    if (kind === null) end(signal === null ? 'exited' : 'signalled');
    // "Stopped" must mean that nothing of it runs on, so the ending waits for the rest of the group.
    else whenGroupIsGone(pid, 2 * graceMs, () => end(kind));
  };

  const env = { ...start.env, [attemptVariable]: attempt, [sessionVariable]: session };
  const started = startProcess({ ...start, env }, spool.descriptor, (detail) =>
    record({ ending: 'not_started', exitCode: null, signal: null, detail }),
  );
  spool.release();
  if (started !== null) {
    const { pid } = started;
    leader = pid;
    reach('spawned');
    recordPid(files, pid);
    reach('pid written');
    stopTimer = longTimer(start.timeoutMs, () => ask('timed_out'));
    started.onExit((exitCode, signal) => onExit(pid, exitCode, signal));
  }
  return { attempt, spool, stop: () => ask('stopped') };
}

/** Takes everything the start needs besides the claim; gives the claim back where that fails. */
function prepare(files: AttemptFiles): { readonly spool: Spool; readonly exitDescriptor: number } {
  try {
    return { exitDescriptor: reserveExit(files), spool: openSpool(files.out) };
  } catch (error) {
    unlinkSync(files.claim); // ours, and nothing was started on its strength
    throw error;
  }
}

/** Helps a recovery to find the process sooner. It can do without, so a full disk here harms nothing. */
function recordPid(files: AttemptFiles, pid: number): void {
  const mark = markOwnChild(pid);
  if (mark === null) return;
  try {
    writePid(files, mark);
  } catch {
    // The marks in the environment still name it.
  }
}

/**
 * Makes the outcome readable, and does not give up: until it is written this process is the only one that knows it. Where
 * the session's folder is gone there is nobody left to read it.
 */
function publish(
  files: AttemptFiles,
  descriptor: number,
  exit: ExitRecord,
  reach: (point: CrashPoint) => void,
  onEnded: () => void,
): void {
  try {
    writeExit(descriptor, exit);
    reach('exit tmp written');
    publishExit(files, descriptor);
    reach('exit renamed');
  } catch (error) {
    if (!existsSync(dirname(files.exit))) return void setImmediate(onEnded);
    console.error(`The outcome of ${exit.attempt} could not be written yet:`, error);
    setTimeout(() => publish(files, descriptor, exit, reach, onEnded), 1_000);
    return;
  }
  setImmediate(onEnded);
}
