import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CrashOrder, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { markedProcesses } from '../../src/actions/attempts/process-table.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import type { Ending } from '../../src/session/ports.ts';
import { processesOf, until } from '../fixtures/runner/open-test-runner.ts';
import type { Trial, Truth } from './subject.ts';

/** The files of a trial, and how its host program is started, killed and held against the truth. */
const effectsIn = (trial: Trial): string => path.join(trial.folder, 'effects');
const journalIn = (trial: Trial): string => path.join(trial.folder, 'journal');
const orderIn = (trial: Trial): string => path.join(trial.folder, 'crash');
const hitIn = (trial: Trial): string => `${orderIn(trial)}.hit`;

/** What a host program is told, as its one argument. */
export interface HostOrders {
  readonly folder: string;
  readonly session: string;
  readonly attempt: string;
  readonly argv: readonly string[];
  readonly journal: string;
  readonly supervisorEntry: string;
}

export type JournalLine =
  { readonly type: 'intent'; readonly attempt: string } | { readonly type: 'ended'; readonly ending: Ending };

/** Runs a host until it ends, killed where the trial says so. */
export async function runHost(
  program: string,
  supervisorEntry: string,
  trial: Trial,
  crashing = true,
): Promise<void> {
  mkdirSync(trial.folder, { recursive: true, mode: 0o700 });
  const { crash, victims } = trial;
  const order: CrashOrder | null = crashing && 'at' in crash ? { at: crash.at, victims, pids: {} } : null;
  if (order !== null) writeFileSync(orderIn(trial), JSON.stringify(order));
  const host = spawn(process.execPath, [program, JSON.stringify(ordersOf(trial, supervisorEntry))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...(order === null ? {} : { WALKBACK_CRASH: orderIn(trial) }) },
  });
  const ended = once(host, 'exit');
  if (crashing && 'afterMs' in crash) {
    await Promise.race([once(host.stdout, 'data'), ended]);
    await setTimeout(crash.afterMs);
    killVictims(trial, host);
  }
  await ended;
  host.stdout.destroy();
}

function ordersOf(trial: Trial, supervisorEntry: string): HostOrders {
  const { folder, session, attempt, beforeMs, afterMs, exitCode } = trial;
  const script = `sleep ${beforeMs / 1000}; echo "$0" >> "$1"; sleep ${afterMs / 1000}; exit ${exitCode}`;
  const argv = ['sh', '-c', script, attempt, effectsIn(trial)];
  return { folder, session, attempt, argv, journal: journalIn(trial), supervisorEntry };
}

function killVictims({ folder, session, attempt, victims }: Trial, host: ChildProcess): void {
  const pids: Record<Exclude<CrashVictim, 'screen'>, number | undefined> = {
    host: host.pid,
    supervisor: readSupervisor(folder)?.pid,
    command: markedProcesses({ session, attempt })[0]?.pid,
  };
  for (const pid of victims.map((victim) => (victim === 'screen' ? undefined : pids[victim]))) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
  }
}

/** What the host had written before it died; a last line without its end was not written. */
export function readJournal(trial: Trial): readonly JournalLine[] {
  const file = journalIn(trial);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): JournalLine => JSON.parse(line));
}

/** Waits until nothing of the trial runs any more, and counts its effects. */
export async function readTruth(trial: Trial): Promise<Truth> {
  await until(`trial ${trial.session} is quiet`, () => processesOf(trial.session).length === 0);
  const lines = existsSync(effectsIn(trial))
    ? readFileSync(effectsIn(trial), 'utf8').split('\n').slice(0, -1)
    : [];
  const effects = lines.filter((line) => line === trial.attempt).length;
  return { effects, hit: existsSync(hitIn(trial)) };
}
