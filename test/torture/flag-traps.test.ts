import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { chosen } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { drillOn, passingOver, type Drill, type Fault } from '../drill/drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

test('F04: rolling everything back for a bug behind a flag is no good drill', slow, async () => {
  const run = await drill('F04', chosen('what_to_do', 'rollback', 'better safe than sorry', 1));

  expect(run.view.outcome).toBe('rolled_back');
  expect(run.score.total).toBeLessThan(60);
});

test('F05: believing the flag without having seen its effect costs most of the points', slow, async () => {
  const run = await drill('F05', passingOver(['seen']));

  expect(run.view.outcome).toBe('mitigated');
  expect(run.score.caps).toEqual([{ at: 50, why: 'closed as mended, and seen never showed it' }]);
  expect(run.score.total).toBeLessThan(60);
});

test('F06: blaming the release takes it back for nothing', slow, async () => {
  const run = await drill(
    'F06',
    firstOf(
      chosen('what_to_do', 'rollback', 'it was released a minute ago', 1),
      passingOver(['smoke', 'calm']),
      chosen('what_now', 'finish', 'the old release fails as well'),
    ),
  );

  expect(run.view.outcome).toBe('rolled_back');
  expect(run.score.total).toBeLessThan(60);
});
