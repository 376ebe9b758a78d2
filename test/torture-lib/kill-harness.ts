import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import type { CrashPoint, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { judgeTrial } from './judge-trial.ts';
import { generator } from './random.ts';
import type { Subject, Trial } from './subject.ts';

/** What a series of trials came to. */
export interface Tally {
  readonly trials: number;
  readonly hits: Readonly<Record<string, number>>;
  readonly verdicts: Readonly<Record<string, number>>;
  /** How many of those in doubt had taken effect after all: why "run again" is the wrong default. */
  readonly doubtsWithEffect: number;
  readonly problems: readonly string[];
}

const victimSets: readonly (readonly CrashVictim[])[] = [
  ['host'],
  ['supervisor'],
  ['host', 'supervisor'],
  ['host', 'supervisor', 'command'],
  ['host', 'command'],
];

export type Plan = Pick<Trial, 'crash' | 'victims' | 'beforeMs' | 'afterMs' | 'exitCode'>;

/** Every point with every set of victims, as often as fits; each sixth trial is killed at a random time instead. */
export function planTrials(
  count: number,
  points: readonly CrashPoint[] = crashPoints,
  seed = 1,
): readonly Plan[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const turn = index - Math.floor(index / 6);
    const at = points[turn % points.length] ?? 'spawned';
    const victims = victimSets[Math.floor(turn / points.length) % victimSets.length] ?? [];
    const crash = index % 6 === 5 ? { afterMs: random() * 25 } : { at };
    const exitCode = [0, 1, 7, 255][Math.floor(random() * 4)] ?? 0;
    return {
      crash,
      victims,
      exitCode,
      beforeMs: Math.floor(random() * 8),
      afterMs: Math.floor(random() * 8),
    };
  });
}

/** Runs the trials, a few at a time, and holds every verdict against the truth. */
export async function runTrials(subject: Subject, plans: readonly Plan[], parallel = 4): Promise<Tally> {
  const base = mkdtempSync(path.join(tmpdir(), 'wb-kill-'));
  const hits: Record<string, number> = {};
  const verdicts: Record<string, number> = {};
  const problems: string[] = [];
  let doubtsWithEffect = 0;

  async function runOne(plan: Plan, index: number): Promise<void> {
    const folder = path.join(base, String(index));
    const trial: Trial = {
      ...plan,
      folder,
      session: `${path.basename(base)}-${index}`,
      attempt: `step@${index}/0#1`,
    };
    await subject.start(trial);
    const recovered = await subject.recover(trial);
    const truth = await subject.truth(trial);
    const where = 'at' in plan.crash ? plan.crash.at : 'at a random time';
    if (truth.hit) hits[where] = (hits[where] ?? 0) + 1;
    const verdict =
      recovered.verdict === 'no_intent' ? 'no_intent' : `${recovered.verdict} > ${recovered.ending}`;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (verdict.endsWith('lost')) doubtsWithEffect += truth.effects;
    const problem = judgeTrial(trial, recovered, truth);
    if (problem !== null)
      problems.push(`trial ${index}, ${where}, killed ${plan.victims.join(' and ')}: ${problem}`);
    rmSync(folder, { recursive: true, force: true });
  }

  const queue = plans.entries();
  const worker = async (): Promise<void> => {
    for (const [index, plan] of queue) await runOne(plan, index);
  };
  try {
    await Promise.all(Array.from({ length: parallel }, worker));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return { trials: plans.length, hits, verdicts, doubtsWithEffect, problems };
}
