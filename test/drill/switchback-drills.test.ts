import { expect, test } from 'vitest';
import { type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { must } from '../sandbox/support.ts';
import { choices, drillOn, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

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
