import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { chosen, expectEnd, runThrough, shipped } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { must } from '../sandbox/support.ts';
import { choices, drillOn, passingOver, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox();

const drill = (fault: Fault, policy?: Policy): Promise<Drill> =>
  drillOn(shop, fault, policy, 'blue_green_switchback.yaml');

test('F19: a cold standby is refused, deployed again, and then takes the traffic', slow, async () => {
  const run = await drill('F19');

  expect(choices(run)).toEqual(expect.arrayContaining(['redeploy', 'go']));
  expect([...visited(run)]).not.toContain('shift_anyway');
  expect(run.view.outcome).toBe('rolled_back');
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  expect(await must(shop.sandbox, 'weights', 'diff')).toMatch(
    /^runtime and file: shop1=1 shop2=1 shop3=0 shop4=0$/,
  );
  // what was proved stands on record: with the latency of before the release, of the release, and of now
  expect(eventsOf(run.facts, 'comparison.made').at(-1)?.fact).toMatchObject({
    final: true,
    verdict: 'RECOVERED',
  });
});

test('F19: shifting to what is there of the standby is an outage of one’s own making', slow, async () => {
  const run = await drill(
    'F19',
    firstOf(
      chosen('standby_down', 'anyway', 'one is better than none', 1),
      passingOver(['served', 'smoke', 'calm', 'as_before']),
    ),
  );

  expect([...visited(run)]).toContain('shift_anyway');
  expect(run.score.total).toBeLessThan(60);
});

/** Takes it back where the session is held. */
const takingItBack: Policy = ({ at, view, tried }) =>
  at === 'held' && tried('abort') < 1
    ? { type: 'abort', reason: view.held ?? 'it is worse than before' }
    : null;

test(
  'F20: a standby that breaks under the new configuration is held, taken back, and gets the configuration first',
  slow,
  async () => {
    const run = await drill('F20', takingItBack);

    expect(eventsOf(run.facts, 'watch.breached').map(({ fact }) => fact.hold)).toContain(true);
    expect([...visited(run)]).toEqual(
      expect.arrayContaining(['shift_first', 'made_it_worse', 'config_back', 'shift_all']),
    );
    expect(choices(run)).toEqual(expect.arrayContaining(['config', 'go']));
    expect(run.view.outcome).toBe('rolled_back');
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
  },
);

/** Lifts every hold at once, and has no patience with what shows it. */
const pushingOn: Policy = ({ at }) => (at === 'held' ? { type: 'unhold' } : null);

test('F20: pushing on over the hold ends with most of the points gone', slow, async () => {
  const run = await drill('F20', firstOf(pushingOn, passingOver(['smoke', 'calm', 'as_before'])));

  expect(run.score.total).toBeLessThan(60);
});

test.each([
  ['nothing', 'not_needed'],
  ['schema', 'not_possible'],
] as const)('the switch-back ends by %s without touching the traffic', slow, async (option, outcome) => {
  const run = await runThrough(shop.stage, {
    file: shipped('blue_green_switchback.yaml'),
    sandbox: shop.sandbox,
    policy: chosen('how', option, 'the test walks this way', 1),
  });

  expectEnd(shop.stage, run, outcome);
  expect(await must(shop.sandbox, 'weights', 'diff')).toContain('shop1=25 shop2=25 shop3=25 shop4=25');
});

test(
  'without any standby the switch-back stays on the release, and gives the pipeline back',
  slow,
  async () => {
    const policies = [
      chosen('how', 'in_steps', 'the test walks this way', 1),
      chosen('standby_down', 'give_up', 'there is none', 1),
    ];
    const run = await runThrough(shop.stage, {
      file: shipped('blue_green_switchback.yaml'),
      sandbox: shop.sandbox,
      policy: async (situation) => {
        for (const policy of policies) {
          const intent = await policy(situation);
          if (intent !== null) return intent;
        }
        return null;
      },
    });

    expectEnd(shop.stage, run, 'not_possible');
    expect(await must(shop.sandbox, 'ci', 'state')).toBe('running');
  },
);
