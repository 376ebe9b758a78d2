import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { must } from '../sandbox/support.ts';
import { choices, drillOn, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

/** The time that the desk was told. */
const told = ({ facts }: Drill): string | undefined =>
  eventsOf(facts, 'comms.due')
    .find(({ fact }) => fact.to === 'desk' && fact.moment === 'restored')
    ?.fact.text.replace('the shop is restored after ', '');

async function expectRolledBack(): Promise<void> {
  expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
  expect(await must(shop.sandbox, 'schema', 'version')).toBe('2');
  expect(await must(shop.sandbox, 'freeze-state')).toBe('open');
  expect(await must(shop.sandbox, 'ci', 'state')).toBe('running');
  expect(await must(shop.sandbox, 'jobs', 'state')).toBe('running');
  expect(await must(shop.sandbox, 'silences')).toBe('no silence is active');
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
    expect(shop.stage.printed()).toContain('the fault was F01');
    expect(eventsOf(run.facts, 'override.used')).toEqual([]);
    // the incident's desk was asked at each phase, and told how it stands
    expect(eventsOf(run.facts, 'incident.read').map(({ fact }) => [fact.phase, fact.result])).toEqual(
      ['decide', 'contain', 'execute', 'validate', 'normal'].map((phase) => [phase, 'pass']),
    );
    expect(await must(shop.sandbox, 'incident', 'show')).toBe(
      'INC-1042 SEV2 investigating, led by eva\n' +
        '  deciding whether 2.0.0 goes back to 1.9.3\n  2.0.0 goes back to 1.9.3 now\n' +
        `  the shop is restored after ${told(run)}`,
    );
    const postmortem = readFileSync(
      path.join(shop.stage.around.sessionsFolder, run.session, 'post-mortem.md'),
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
  expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.0');
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

test('F13: a write that gets through a freeze is found, and its connection closed', slow, async () => {
  const run = await drill('F13');

  expect(run.view.outcome).toBe('rolled_back');
  expect([...visited(run)]).toEqual(expect.arrayContaining(['terminate', 'closed']));
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  await expectRolledBack();
});
