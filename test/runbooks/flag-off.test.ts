import { cpSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { errorsShow, must } from '../sandbox/support.ts';
import { makeSigners, type Signer } from './signers.ts';
import { chosen, expectEnd, runThrough, shipped, stepsOf } from './stage.ts';
import { useSandbox } from './use-sandbox.ts';

const slow = { timeout: 240_000 };

const shop = useSandbox({ clients: 8 });
let file: string;
let signer: (name: 'ada' | 'grace') => Signer;
beforeEach(async () => {
  file = path.join(shop.stage.folder, 'runbooks', 'flag_off.yaml');
  cpSync(shipped('flag_off.yaml'), file);
  cpSync(shipped('steps/kill_flag.yaml'), path.join(path.dirname(file), 'steps', 'kill_flag.yaml'));
  signer = await makeSigners(shop.stage, path.dirname(file), ['ada', 'grace']);
}, 120_000);

const run = (policy: Policy) => runThrough(shop.stage, { file, sandbox: shop.sandbox, policy });

test('the coupons go off once a second person has signed for it', slow, async () => {
  const ran = await run(signer('grace').signing);

  expectEnd(shop.stage, ran, 'mitigated', ['new_coupons is off: remove it, or turn it back']);
  expect(eventsOf(ran.facts, 'approval.given').map(({ fact }) => [fact.principal, fact.level])).toEqual([
    ['grace', 'L1'],
  ]);
  expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
  expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.0');
  // R8.6: the flag is on record by its name, and stays owed: payments removes it, or turns it back
  expect(eventsOf(ran.facts, 'flag.turned').map(({ fact }) => fact)).toMatchObject([
    { flag: 'new_coupons', before: 'on', to: 'off' },
  ]);
  expect(ran.view.obligations).toMatchObject([{ owner: 'payments' }]);
});

test('where the flag does not help, it is put back and a rollback is due', slow, async () => {
  await armFault({ folder: shop.sandbox.folder, fault: 'F01', seed: 7, afterMs: 0 });
  await errorsShow(shop.sandbox, 0.03);

  const ran = await run(
    firstOf(
      signer('grace').signing,
      chosen('other_way', 'put_back', 'the errors are the same without coupons'),
    ),
  );

  expectEnd(shop.stage, ran, 'not_possible');
  expect(stepsOf(ran)).toEqual(expect.arrayContaining(['switch_off_turn', 'switch_on']));
  expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('on');
});
