import { expect, test } from 'vitest';
import { firstOf } from '../../src/drill/policy.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import {
  abortingAt,
  chosen,
  expectEnd,
  expectShop,
  runThrough,
  shipped,
  stepsOf,
} from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';

const slow = { timeout: 300_000 };
const file = shipped('shop_rollback.yaml');

const shop = useSandbox({ clients: 6 });

test('an abort after customers write again takes nothing back that they would lose', slow, async () => {
  await armFault({ folder: shop.sandbox.folder, fault: 'F01', seed: 7, afterMs: 0 });
  const run = await runThrough(shop.stage, {
    file,
    sandbox: shop.sandbox,
    policy: firstOf(
      abortingAt('dashboards', 'enough for tonight'),
      chosen('what_now', 'finish', 'the old release serves'),
    ),
  });

  expectEnd(shop.stage, run, 'rolled_back');
  expect(stepsOf(run)).not.toContain('@back');
  await expectShop(shop.sandbox, '1.9.3');
});

test(
  'where a write gets through the freeze, staying on the new release is a way to the end',
  slow,
  async () => {
    await armFault({ folder: shop.sandbox.folder, fault: 'F13', seed: 7, afterMs: 0 });

    const run = await runThrough(shop.stage, {
      file,
      sandbox: shop.sandbox,
      policy: chosen('closed', 'give_up', 'the till cannot be reached tonight'),
    });

    expectEnd(shop.stage, run, 'rolled_forward');
    expect(stepsOf(run)).not.toContain('transform');
    await expectShop(shop.sandbox, '2.0.0');
  },
);
