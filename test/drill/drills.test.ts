import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { finishDrill, writeDrillFile } from '../../src/cli/finish-drill.ts';
import { readRecord } from '../../src/cli/record.ts';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import type { Score } from '../../src/drill/score.ts';
import { eventsOf } from '../../src/report/story.ts';
import {
  armFault,
  sandboxDown,
  sandboxRestore,
  sandboxSnapshot,
  type Sandbox,
} from '../../src/sandbox/sandbox.ts';
import { must, startSandbox } from '../sandbox/support.ts';
import { chosen, openStage, runThrough, shipped, type Run, type Stage } from '../runbooks/stage.ts';

const slow = { timeout: 300_000 };
type Fault = Parameters<typeof armFault>[0]['fault'];

let sandbox: Sandbox;
let stage: Stage;
beforeAll(async () => {
  sandbox = await startSandbox();
  await sandboxSnapshot({ folder: sandbox.folder });
}, 120_000);
afterAll(() => sandboxDown({ folder: sandbox.folder }), 120_000);
beforeEach(async () => {
  await sandboxRestore({ folder: sandbox.folder });
  stage = openStage();
}, 120_000);
afterEach(() => stage.clear(), 60_000);

interface Drill extends Run {
  readonly score: Score;
}

/** A drill as the command runs it: the fault is armed, the runbook is walked, the score comes from the ledger. */
async function drill(fault: Fault, policy?: Policy): Promise<Drill> {
  const { around } = stage;
  await armFault({ folder: sandbox.folder, fault, seed: 7, afterMs: 0 });
  const armedAt = systemClock().now().iso;
  const run = await runThrough(stage, {
    file: shipped('shop_rollback.yaml'),
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

const visited = ({ facts }: Run): ReadonlySet<string> =>
  new Set(eventsOf(facts, 'step.readied').map(({ fact }) => fact.place.step));

const choices = ({ facts }: Run): readonly string[] =>
  eventsOf(facts, 'decision.made').map(({ fact }) => fact.option);

/** The time that the desk was told. */
const told = ({ facts }: Run): string | undefined =>
  eventsOf(facts, 'comms.due')
    .find(({ fact }) => fact.to === 'desk' && fact.moment === 'restored')
    ?.fact.text.replace('the shop is restored after ', '');

async function expectRolledBack(): Promise<void> {
  expect(await must(sandbox, 'census')).toBe('4/4 on 1.9.3');
  expect(await must(sandbox, 'schema', 'version')).toBe('2');
  expect(await must(sandbox, 'freeze-state')).toBe('open');
  expect(await must(sandbox, 'ci', 'state')).toBe('running');
  expect(await must(sandbox, 'jobs', 'state')).toBe('running');
  expect(await must(sandbox, 'silences')).toBe('no silence is active');
}

test(
  'F01: a release that fails one checkout in twelve is rolled back on the recommendation',
  slow,
  async () => {
    const run = await drill('F01');

    expect(run.view.outcome).toBe('rolled_back');
    expect(choices(run).at(-1)).toBe('rollback');
    expect(run.end.sent.filter(({ answer }) => !answer.ok)).toEqual([]);
    expect(eventsOf(run.facts, 'value.typed').map(({ fact }) => [fact.value, fact.matches])).toEqual([
      ['1.9.3', true],
    ]);
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
    expect(stage.printed()).toContain('the fault was F01');
    expect(eventsOf(run.facts, 'override.used')).toEqual([]);
    // the incident's desk was asked at each phase, and told how it stands
    expect(eventsOf(run.facts, 'incident.read').map(({ fact }) => [fact.phase, fact.result])).toEqual(
      ['decide', 'contain', 'execute', 'validate'].map((phase) => [phase, 'pass']),
    );
    expect(await must(sandbox, 'incident', 'show')).toBe(
      'INC-1042 SEV2 investigating, led by eva\n' +
        '  deciding whether 2.0.0 goes back to 1.9.3\n  2.0.0 goes back to 1.9.3 now\n' +
        `  the shop is restored after ${told(run)}`,
    );
    const postmortem = readFileSync(
      path.join(stage.around.sessionsFolder, run.session, 'post-mortem.md'),
      'utf8',
    );
    expect(postmortem).toContain('| Outcome | rolled back |');
    await expectRolledBack();
  },
);

test('F03: a spike that is over is watched and left alone', slow, async () => {
  const run = await drill('F03');

  expect(run.view.outcome).toBe('not_needed');
  expect(choices(run)).toEqual([
    ...choices(run)
      .slice(1)
      .map(() => 'wait'),
    'nothing',
  ]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  expect(await must(sandbox, 'census')).toBe('4/4 on 2.0.0');
});

test('F03: rolling back for a spike that is over is no good drill', slow, async () => {
  const run = await drill('F03', chosen('what_to_do', 'rollback', 'better safe than sorry'));

  expect(run.view.outcome).toBe('rolled_back');
  expect(run.score.wrongTurns).toEqual([expect.stringMatching(/^what_to_do -option:rollback->/)]);
  // against the numbers it takes an override, which somebody else has to approve
  expect(eventsOf(run.facts, 'override.used').map(({ fact }) => fact)).toMatchObject([
    { over: ['triggers'], reason: 'Roll back: better safe than sorry' },
  ]);
  expect(run.view.obligations).toContainEqual(
    expect.objectContaining({ key: 'override-1', state: 'carried', owner: 'eva' }),
  );
  expect(run.score.total).toBeLessThan(60);
});

test('F08: a downgrade that a report blocks is freed and finished', slow, async () => {
  const run = await drill('F08');

  expect(run.view.outcome).toBe('rolled_back');
  expect([...visited(run)]).toEqual(expect.arrayContaining(['release_lock', 'shorter_way']));
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  await expectRolledBack();
});

test('F11: an instance that only says that it was replaced is found and replaced', slow, async () => {
  const run = await drill('F11');

  expect(run.view.outcome).toBe('rolled_back');
  expect([...visited(run)]).toContain('replace');
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  await expectRolledBack();
});

test('F11: going on with an instance on the old release costs most of the points', slow, async () => {
  const run = await drill(
    'F11',
    firstOf(passingOver(['serves', 'census']), chosen('what_now', 'finish', 'it is late')),
  );

  expect(run.view.outcome).toBe('rolled_back');
  expect(run.score.caps).toEqual([{ at: 50, why: 'closed with failing invariants: one_release' }]);
  expect(run.score.total).toBeLessThan(60);
});

test('F13: a write that gets through a freeze is found, and its connection closed', slow, async () => {
  const run = await drill('F13');

  expect(run.view.outcome).toBe('rolled_back');
  expect([...visited(run)]).toEqual(expect.arrayContaining(['terminate', 'closed']));
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  await expectRolledBack();
});

test('F13: going on while writes get through costs most of the points', slow, async () => {
  const run = await drill('F13', passingOver(['frozen']));

  expect(run.score.caps).toContainEqual({ at: 40, why: 'more was lost than the budget allows' });
  expect(run.score.total).toBeLessThan(60);
});

/** Has no patience with these checks: passes over each before it has said anything. */
const passingOver =
  (steps: readonly string[]): Policy =>
  (situation) => {
    if (situation.at !== 'work' || !steps.includes(situation.step.place.step)) return null;
    const { step } = situation;
    const skip = step.offers.find(({ intent }) => intent === 'skip');
    return skip?.intent === 'skip'
      ? {
          type: 'skip',
          place: step.place,
          attempt: step.attempt,
          reason: 'it will be all right',
          override: skip.override,
        }
      : null;
  };
