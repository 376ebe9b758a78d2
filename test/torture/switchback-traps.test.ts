import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { chosen } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { drillOn, passingOver, visited, type Drill, type Fault } from '../drill/drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> =>
  drillOn(shop, fault, policy, 'blue_green_switchback.yaml');

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

/** Lifts every hold at once, and has no patience with what shows it. */
const pushingOn: Policy = ({ at }) => (at === 'held' ? { type: 'unhold' } : null);

test('F20: pushing on over the hold ends with most of the points gone', slow, async () => {
  const run = await drill('F20', firstOf(pushingOn, passingOver(['smoke', 'calm', 'as_before'])));

  expect(run.score.total).toBeLessThan(60);
});
