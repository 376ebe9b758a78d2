import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { markedProcesses } from '../../src/actions/attempts/process-table.ts';
import type { CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import { sessionFolder } from '../../src/cli/starting/session-folder.ts';
import type { CurrentStep, SessionView } from '../../src/machine/view.ts';
import { processesOf, until } from '../fixtures/runner/open-test-runner.ts';
import { judgeSession } from './judge-session.ts';
import type { Struck } from './judge-session.ts';
import { killRunbook } from './kill-runbook.ts';
import { generator } from './random.ts';
import { openSessionBench, settled } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';
import type { Kill } from './session-plan.ts';
import type { SessionPrograms } from './session-programs.ts';
import { killAll } from './story.ts';

/** What a series of kills came to. */
export interface KillTally {
  readonly kills: number;
  /** How often each point was hit; those at a random time under their own name. */
  readonly hits: Readonly<Record<string, number>>;
  /** How often each combination of victims really died. */
  readonly struck: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** For a machine with much else to do. */
const patienceMs = 120_000;
const killsPerSession = 20;
/** A step may be left behind by one kill; whole rounds of the runbook, so that every debt finds its release. */
const stepsPerSession = 24;

/** Kills real sessions, a few at a time, and holds what the next agent says against what happened. */
export async function runKills(
  programs: SessionPrograms,
  agent: string,
  kills: readonly Kill[],
  parallel = 3,
): Promise<KillTally> {
  const base = mkdtempSync(path.join(tmpdir(), 'wbk-'));
  const hits: Record<string, number> = {};
  const struck: Record<string, number> = {};
  const verdicts: Record<string, number> = {};
  const problems: string[] = [];
  const count = (tally: Record<string, number>, name: string): void => {
    tally[name] = (tally[name] ?? 0) + 1;
  };

  async function runSession(number: number, mine: readonly Kill[]): Promise<void> {
    const random = generator(number + 1);
    const { text, steps } = killRunbook(stepsPerSession, () => Math.floor(random() * 25));
    const folder = path.join(base, String(number));
    const bench = await openSessionBench({ programs, agent, folder, runbook: text });
    const blows: Struck[] = [];
    try {
      for (const kill of mine) blows.push(...(await strike(bench, kill)));
      await bench.close();
      await until(
        `nothing of ${bench.session} runs`,
        () => processesOf(bench.session).length === 0,
        patienceMs,
      );
      const judged = await judgeSession(bench, steps, blows);
      for (const verdict of judged.verdicts) count(verdicts, verdict);
      problems.push(...judged.problems.map((problem) => `session ${number}: ${problem}`));
      for (const { at, victims } of blows) {
        count(hits, at);
        count(struck, victims.join('+'));
      }
    } finally {
      killAll(bench.session);
    }
    rmSync(folder, { recursive: true, force: true });
  }

  const sessions = Array.from({ length: Math.ceil(kills.length / killsPerSession) }, (_, number) =>
    kills.slice(number * killsPerSession, (number + 1) * killsPerSession),
  ).entries();
  const worker = async (): Promise<void> => {
    for (const [number, mine] of sessions) await runSession(number, mine);
  };
  try {
    await Promise.all(Array.from({ length: parallel }, worker));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return { kills: kills.length, hits, struck, verdicts, problems };
}

/** One kill: the operator says run, the blow falls, what is gone is started again, and the operator goes on. */
async function strike(bench: SessionBench, kill: Kill): Promise<readonly Struck[]> {
  const before = await readyStep(bench);
  const { place, attempt } = before.step;
  const blows: Struck[] = [];
  if ('at' in kill.crash) bench.arm({ at: kill.crash.at, victims: kill.victims });
  bench.send({ type: 'run', place, attempt, typed: null });
  if ('at' in kill.crash) {
    await until(
      `${kill.crash.at} is reached by ${attempt}`,
      () => bench.struck() !== null || isPast(bench.view(), attempt),
      patienceMs,
    );
    const victims = bench.struck();
    if (victims !== null) blows.push({ attempt, at: kill.crash.at, victims });
  } else {
    await setTimeout(kill.crash.afterMs);
    blows.push({ attempt, at: 'at a random time', victims: killNow(bench, attempt, kill.victims) });
  }
  bench.disarm();
  await until('the dead are gone', () => blows.every(({ victims }) => areGone(bench, victims)), patienceMs);
  if (kill.again !== null && bench.isGone('host'))
    blows.push(...(await strikeAgain(bench, attempt, kill.again)));
  bench.repair();
  await settled(bench, before.revision);
  return blows;
}

/** Kills the next agent too, while it records what it has found. */
async function strikeAgain(
  bench: SessionBench,
  attempt: string,
  at: NonNullable<Kill['again']>,
): Promise<readonly Struck[]> {
  bench.arm({ at, victims: ['host'] });
  bench.repair();
  await until(
    `${at} is reached again, or the session rests`,
    () => bench.struck() !== null || (bench.view() !== null && isPast(bench.view(), '')),
    patienceMs,
  );
  const victims = bench.struck();
  bench.disarm();
  return victims === null ? [] : [{ attempt, at, victims }];
}

const areGone = (bench: SessionBench, victims: readonly CrashVictim[]): boolean =>
  (['host', 'screen'] as const).every((victim) => !victims.includes(victim) || bench.isGone(victim));

/** Whether the attempt is over as far as the screen knows; an empty name asks whether anything is asked of a person. */
function isPast(view: SessionView | null, attempt: string): boolean {
  const step = view?.current[0];
  if (step === undefined) return view !== null && view.status !== 'running';
  if (step.attempt === attempt)
    return (
      step.status === 'failed' ||
      step.status === 'unknown' ||
      (step.status === 'in_doubt' && step.probe !== null)
    );
  return (
    step.status === 'ready' || step.status === 'failed' || (step.status === 'in_doubt' && step.probe !== null)
  );
}

function killNow(
  bench: SessionBench,
  attempt: string,
  victims: readonly CrashVictim[],
): readonly CrashVictim[] {
  const { session, around } = bench;
  const pids: Readonly<Record<CrashVictim, number | undefined>> = {
    ...bench.pids(),
    supervisor: readSupervisor(sessionFolder(around, session))?.pid,
    command: markedProcesses({ session, attempt })[0]?.pid,
  };
  return victims.filter((victim) => {
    const pid = pids[victim];
    if (pid === undefined) return false;
    try {
      return process.kill(pid, 'SIGKILL');
    } catch {
      return false; // it ended by itself a moment ago
    }
  });
}

/** Answers as a person would until a step waits to be run: doubts by looking at the effects, failures by skipping. */
async function readyStep(
  bench: SessionBench,
): Promise<{ readonly step: CurrentStep; readonly revision: number }> {
  for (let revision = -1; ;) {
    const view = await settled(bench, revision);
    const [step] = view.current;
    if (step === undefined) throw new Error(`session ${bench.session} is over before its kills are`);
    if (step.status === 'ready') return { step, revision: view.revision };
    const at = { place: step.place, attempt: step.attempt };
    revision = view.revision;
    if (step.status !== 'in_doubt') {
      // Every third failure is tried again, the others are passed over.
      if (view.revision % 3 === 0) bench.send({ type: 'retry', ...at });
      else bench.send({ type: 'skip', ...at, reason: 'it had its exit code', override: true });
      continue;
    }
    const effects = readFileSync(path.join(bench.root, 'effects'), 'utf8').split('\n');
    const as = effects.includes(step.attempt) ? 'done' : view.revision % 2 === 0 ? 'run_again' : 'not_done';
    bench.send({ type: 'resolve_doubt', ...at, as, reason: 'the effects were looked at' });
  }
}
