import type { Clock, Ending, Found, ReadyCommand, Runner } from '../session/ports.ts';
import { attemptFiles, readClaim, winClaim } from './attempts/attempt-files.ts';
import { openBootMark } from './attempts/boot-mark.ts';
import { commandDigest } from './attempts/command-digest.ts';
import { endingOf, findAttempt } from './attempts/find-attempt.ts';
import type { Circumstances, Verdict } from './attempts/find-attempt.ts';
import { openFollowers } from './attempts/followers.ts';
import { bootId } from './attempts/process-table.ts';
import { whyNotRunnable } from './attempts/runnable.ts';
import { openStarter } from './attempts/starter.ts';
import { stopUnsupervised } from './attempts/stop-unsupervised.ts';

export interface RunnerOptions {
  /** The session's work folder, 0700. Everything about its attempts is kept there. */
  readonly folder: string;
  /** The supervisor's program (`dist/supervisor.js`; in tests the source). */
  readonly supervisorEntry: string;
  /** The session's id: attempts of other sessions are never mistaken for ours. */
  readonly session: string;
  /** What commands find in their environment, see `childEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, 'mono'>;
  /** Between TERM and KILL when a command is stopped or runs out of time. */
  readonly graceMs?: number;
  /** How long a supervisor without agent and children stays. */
  readonly idleMs?: number;
  /** Largest spool of one attempt; a command that prints more loses the oldest part, and its ending says so. */
  readonly spoolBytes?: number;
  /** Room to keep on the disk: with less, large spools are emptied, so that a command never meets a full disk because of us. */
  readonly reserveBytes?: number;
  /** Starts the supervisor at once (the default), not with the first command. */
  readonly warm?: boolean;
}

const MiB = 2 ** 20;
const defaults = { graceMs: 5_000, idleMs: 5_000, spoolBytes: 512 * MiB, reserveBytes: 256 * MiB };

/**
 * Runs a session's commands under a supervisor that outlives this process. What happened to an attempt is decided by
 * files alone (see DESIGN, "Running a command"): any later runner on the same folder comes to the same answer.
 */
export async function openRunner(options: RunnerOptions): Promise<Runner> {
  const { folder, session, clock, supervisorEntry, warm = true, ...given } = options;
  const limits = { ...defaults, ...given };
  const boot = bootId();
  const bootMark = openBootMark(folder, boot);
  const followers = openFollowers();
  const starter = openStarter({ ...limits, folder, session, boot, entry: supervisorEntry }, followers.wake);
  if (warm) starter.warm();

  function circumstances(attempt: string): Circumstances {
    const marks = { session, attempt };
    return { files: attemptFiles(folder, attempt), marks, boot, afterReboot: bootMark.afterReboot };
  }

  async function follow(around: Circumstances, onOutput: (bytes: Uint8Array) => void): Promise<Ending> {
    const since = clock.mono();
    const look = async (): Promise<Ending | null> =>
      endingOf(await findAttempt(around), Math.round(clock.mono() - since));
    return followers.follow({ attempt: around.marks.attempt, spool: around.files.out, look, onOutput });
  }

  async function run(
    attempt: string,
    command: ReadyCommand,
    onOutput: (bytes: Uint8Array) => void,
  ): Promise<Ending> {
    const problem = whyNotRunnable(command);
    if (problem !== null) return notStarted(problem);
    const around = circumstances(attempt);
    const { argv, cwd, timeoutMs } = command;
    const start = { attempt, argv, cwd, timeoutMs, env: { ...options.env, ...command.env } };

    const isClaimed = (): boolean => readClaim(around.files) !== null;
    if (isClaimed()) {
      return withRemark(await follow(around, onOutput), remarkOn(around, commandDigest(start)));
    }
    bootMark.settle();
    const answer = await startOrTell(start, isClaimed);
    if (!answer.claimed && ruleOut(around)) return notStarted(answer.detail);
    return follow(around, onOutput);
  }

  async function startOrTell(
    ...[start, isClaimed]: Parameters<typeof starter.start>
  ): ReturnType<typeof starter.start> {
    try {
      return await starter.start(start, isClaimed);
    } catch (error) {
      return { claimed: isClaimed(), detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async function stop(attempt: string): Promise<void> {
    const verdict = await findAttempt(circumstances(attempt));
    if (verdict.verdict !== 'running') return;
    if (verdict.supervisor !== null && (await starter.stop(verdict.supervisor, attempt))) return;
    if (verdict.process !== null) await stopUnsupervised(verdict.process, limits.graceMs);
  }

  return {
    run,
    find: async (attempt) => foundOf(await findAttempt(circumstances(attempt))),
    attach: async (attempt, onOutput) => follow(circumstances(attempt), onOutput),
    stop,
    close: async () => {
      followers.close();
      await starter.close();
    },
  };
}

/** Makes "not started" final for recovery too; false where the attempt was claimed after all. */
function ruleOut({ files, marks, boot }: Circumstances): boolean {
  try {
    return winClaim(files, { by: 'recovery', attempt: marks.attempt, boot, verdict: 'not_started' });
  } catch {
    return true; // the disk takes no claim of ours, and took none of a supervisor's
  }
}

function foundOf(verdict: Verdict): Found {
  return verdict.verdict === 'running' ? { verdict: 'running' } : verdict;
}

function notStarted(detail: string): Ending {
  return { ending: 'not_started', exitCode: null, signal: null, durationMs: 0, detail };
}

function remarkOn({ files }: Circumstances, digest: string): string {
  const claim = readClaim(files);
  const other = claim !== null && claim !== 'torn' && claim.by === 'supervisor' && claim.command !== digest;
  return other ? 'The attempt had been claimed for another command; that one is reported.' : '';
}

function withRemark(ending: Ending, remark: string): Ending {
  return { ...ending, detail: [ending.detail, remark].filter((part) => part !== '').join(' ') };
}
