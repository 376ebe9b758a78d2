import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { chosen } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { drillOn, expectLost, passingOver, type Drill, type Fault } from '../drill/drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

test('F11: going on with an instance on the old release costs most of the points', slow, async () => {
  const run = await drill(
    'F11',
    firstOf(
      passingOver(['serves', 'census', 'smoke', 'calm', 'stays_back']),
      chosen('what_now', 'finish', 'it is late'),
    ),
  );

  expect(run.view.outcome).toBe('rolled_back');
  expectLost(run, 'one_release');
});

test('F13: going on while writes get through costs most of the points', slow, async () => {
  const run = await drill('F13', passingOver(['frozen']));

  expect(run.score.caps).toContainEqual({ at: 40, why: 'more was lost than the budget allows' });
  expect(run.score.total).toBeLessThan(60);
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
