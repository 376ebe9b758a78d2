import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { finishDrill, writeDrillFile } from '../../src/cli/drills/finish-drill.ts';
import { readRecord } from '../../src/cli/records/record.ts';
import type { Policy } from '../../src/drill/policy.ts';
import type { Score } from '../../src/drill/score.ts';
import { eventsOf } from '../../src/report/story.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { makeSigners } from '../runbooks/signers.ts';
import { runThrough, shipped, type Run } from '../runbooks/stage.ts';
import type { Shop } from '../runbooks/use-sandbox.ts';

export type Fault = Parameters<typeof armFault>[0]['fault'];

export interface Drill extends Run {
  readonly score: Score;
}

/** A drill as the command runs it: the fault is armed, the runbook is walked, the score comes from the ledger. */
export async function drillOn(
  { stage, sandbox }: Shop,
  fault: Fault,
  policy?: Policy,
  file = 'shop_rollback.yaml',
): Promise<Drill> {
  const { around } = stage;
  await armFault({ folder: sandbox.folder, fault, seed: 7, afterMs: 0 });
  const armedAt = systemClock().now().iso;
  const run = await runThrough(stage, {
    file: path.isAbsolute(file) ? file : shipped(file),
    sandbox,
    ...(policy === undefined ? {} : { policy }),
    before: ({ start }) => writeDrillFile(around, start.session, { fault, armedAt, sandbox: null }),
  });
  expect(run.end.why, run.end.detail).toBe('closed');
  expect(await finishDrill(around, run.session)).toBe(0);
  const record = readRecord(around, run.session);
  record.ledger.close();
  expect(record.verified.ok).toBe(true);
  const [scored] = eventsOf(record.events, 'drill.scored');
  return { ...run, facts: record.events, score: scored?.fact.score as unknown as Score };
}

/** `shop_downgrade` with a key of its own for the owner of the data, and that person, who signs for every loss. */
export async function ownedByGrace({
  stage,
}: Pick<Shop, 'stage'>): Promise<{ readonly file: string; readonly owning: Policy }> {
  const folder = path.join(stage.folder, 'runbooks');
  for (const file of ['shop_downgrade.yaml', 'steps/freeze_shop.yaml'])
    cpSync(shipped(file), path.join(folder, file));
  const signer = await makeSigners(stage, folder, ['grace']);
  return { file: path.join(folder, 'shop_downgrade.yaml'), owning: signer('grace').owning };
}

export const visited = ({ facts }: Run): ReadonlySet<string> =>
  new Set(eventsOf(facts, 'step.readied').map(({ fact }) => fact.place.step));

export const choices = ({ facts }: Run): readonly string[] =>
  eventsOf(facts, 'decision.made').map(({ fact }) => fact.option);

/** What a command of the session printed last, as its reading has it. */
export const lastReading = ({ facts }: Run, step: string): string =>
  eventsOf(facts, 'question.posed')
    .filter(({ fact }) => fact.place.step === step)
    .flatMap(({ fact }) => fact.facts)
    .map(({ value }) => value ?? '')
    .join('\n');

/** Closed although this invariant fails, which costs most of the points. */
export function expectLost({ score }: Drill, invariant: string): void {
  expect(score.caps).toEqual([{ at: 50, why: `closed with failing invariants: ${invariant}` }]);
  expect(score.total).toBeLessThan(60);
}

/** Passes over these steps before they begin or while they are under way, the first `times` times. */
export const skipping =
  (steps: readonly string[], reason: string, times = Infinity): Policy =>
  (situation) => {
    if ((situation.at !== 'step' && situation.at !== 'work') || situation.tried('skip') >= times) return null;
    const { place, attempt, offers } = situation.step;
    const skip = offers.find(({ intent }) => intent === 'skip');
    return steps.includes(place.step) && skip?.intent === 'skip'
      ? { type: 'skip', place, attempt, reason, override: skip.override }
      : null;
  };

/** Has no patience with these checks: passes over each before it has said anything. */
export const passingOver = (steps: readonly string[]): Policy => {
  const skip = skipping(steps, 'it will be all right');
  return (situation) => (situation.at === 'work' ? skip(situation) : null);
};
