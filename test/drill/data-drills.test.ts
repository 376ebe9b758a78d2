import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { chosen, expectEnd, runThrough, shipped } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { must } from '../sandbox/support.ts';
import { choices, drillOn, lastReading, ownedByGrace, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 5 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> =>
  drillOn(shop, fault, policy, 'shop_downgrade.yaml');

function expectGood(run: Drill): void {
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.caps).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
}

test(
  'F09: a migration without a way back closes the door before anything is frozen, and the fix goes forward',
  slow,
  async () => {
    const run = await drill('F09');

    expect(choices(run)).toEqual(expect.arrayContaining(['rollback', 'forward']));
    expect([...visited(run)]).not.toContain('schema_down');
    expect(lastReading(run, 'door_closed')).toContain('missing_revert');
    expect(run.view.outcome).toBe('rolled_forward');
    expectGood(run);
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.1');
    expect(await must(shop.sandbox, 'schema', 'version')).toBe('5');
  },
);

test(
  'F10: a newest backup that is cut off is found by restoring it, an older one is proven, and the gap is shown',
  slow,
  async () => {
    const run = await drill('F10');

    expect(choices(run)).toEqual(expect.arrayContaining(['older', 'prove']));
    expect(lastReading(run, 'another_backup')).toMatch(/shop-2 cannot be restored: .*malformed/);
    expect(lastReading(run, 'another_backup')).toMatch(/shop-2 .* 300 orders/); // the listing
    expect(lastReading(run, 'older_is_kept')).toMatch(/shop-1 is whole: 220 orders, .* \d+ came since/);
    expect(run.view.outcome).toBe('rolled_back');
    expectGood(run);
  },
);

test(
  'F23: customers who went past a valid constraint are found row by row, put back, and every reference is looked at again',
  slow,
  async () => {
    const run = await drill('F23');

    expect([...visited(run)]).toEqual(expect.arrayContaining(['orphaned', 'mend', 'whole']));
    expect(
      eventsOf(run.facts, 'check.judged')
        .filter(({ fact }) => fact.place.step === 'whole')
        .map(({ fact }) => fact.result),
    ).toEqual(['fail', 'pass']);
    expect(run.view.outcome).toBe('rolled_back');
    expectGood(run);
    await must(shop.sandbox, 'orders', 'check');
  },
);

test('F25: a disk without room is seen before the dump, which goes to another one', slow, async () => {
  const run = await drill('F25');

  expect(choices(run)).toContain('spare');
  expect([...visited(run)]).not.toContain('keep_dump');
  expect(lastReading(run, 'no_room')).toMatch(/main: \d+ bytes needed, 0 free/);
  expect(run.view.outcome).toBe('rolled_back');
  expectGood(run);
});

test(
  'F09: without a way down the backup may be put back: once its owner has signed for the orders that are lost',
  slow,
  async () => {
    const { file, owning } = await ownedByGrace(shop);
    const run = await drillOn(
      shop,
      'F09',
      firstOf(
        owning,
        chosen('door_closed', 'restore', 'no fix is in sight', 1),
        chosen('only_backup', 'restore', 'no fix is in sight', 1),
      ),
      file,
    );

    expectEnd(shop.stage, run, 'rolled_back');
    expectGood(run); // no other way was left
    expect(eventsOf(run.facts, 'approval.given').map(({ fact }) => fact.principal)).toEqual(['grace']);
    expect(eventsOf(run.facts, 'data.accepted').map(({ fact }) => fact.principal)).toContain('grace');
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
    expect(await must(shop.sandbox, 'schema', 'version')).toBe('2');
    await must(shop.sandbox, 'orders', 'check');
  },
);

test('no backup that can be restored, no change: the release stays', slow, async () => {
  await armFault({ folder: shop.sandbox.folder, fault: 'F10', seed: 7, afterMs: 0 });
  const run = await runThrough(shop.stage, {
    file: shipped('shop_downgrade.yaml'),
    sandbox: shop.sandbox,
    policy: chosen('another_backup', 'stay', 'the fix is nearly there'),
  });

  expectEnd(shop.stage, run, 'not_possible');
  expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.0');
});

test('a release that is healthy is left alone, and no backup is kept', slow, async () => {
  const run = await runThrough(shop.stage, {
    file: shipped('shop_downgrade.yaml'),
    sandbox: shop.sandbox,
    policy: chosen('what_to_do', 'nothing', 'the numbers are good'),
  });

  expectEnd(shop.stage, run, 'not_needed');
  expect(await must(shop.sandbox, 'backups', 'pinned')).toBe('none');
});
