import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { must } from '../sandbox/support.ts';
import { chosen, expectEnd, expectShop, runThrough, shipped, stepsOf } from './stage.ts';
import { useSandbox } from './use-sandbox.ts';

const slow = { timeout: 300_000 };
const token = 'a-token-that-nobody-prints';

const shop = useSandbox({ clients: 6 });
beforeEach(() => {
  mkdirSync(path.join(shop.stage.home, '.shop'));
  writeFileSync(path.join(shop.stage.home, '.shop', 'token'), `${token}\n`, { mode: 0o600 });
});

const run = (option: string) =>
  runThrough(shop.stage, {
    file: shipped('format_example.yaml'),
    sandbox: shop.sandbox,
    given: { release: '2.0.0' },
    policy: chosen('cheaper_first', option, 'the test walks this way', 1),
  });

test('the example of the format takes the sandbox back to the previous release', slow, async () => {
  const ran = await run('rollback');

  expectEnd(shop.stage, ran, 'rolled_back');
  await expectShop(shop.sandbox, '1.9.3');
  expect(ran.started.start.inputs).toEqual({ release: '2.0.0', target: '1.9.3', schema: 2 });
  expect(JSON.stringify(ran.facts)).not.toContain(token);
});

test('the example of the format turns the flag off instead', slow, async () => {
  const ran = await run('flag');

  expectEnd(shop.stage, ran, 'mitigated', ['new_coupons is off: remove it, or turn it back']);
  expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
  expect(JSON.stringify(ran.facts)).not.toContain(token);
  await expectShop(shop.sandbox, '2.0.0');
});

test('the example of the format leaves a release alone that is not the cause', slow, async () => {
  const ran = await run('nothing');

  expectEnd(shop.stage, ran, 'not_needed');
  // the draft is there with the close, and sent to nobody
  const folder = path.join(shop.stage.around.sessionsFolder, ran.started.start.session);
  expect(readFileSync(path.join(folder, 'post-mortem.md'), 'utf8')).toMatch(/\| Status \| closed \|/);
  await expectShop(shop.sandbox, '2.0.0');
});

test('the example of the format goes forward where the downgrade stops half way', slow, async () => {
  await armFault({ folder: shop.sandbox.folder, fault: 'F08', seed: 7, afterMs: 0 });

  const ran = await run('rollback');

  expectEnd(shop.stage, ran, 'rolled_forward');
  expect(stepsOf(ran)).toEqual(expect.arrayContaining(['schema_up', 'originals']));
  await expectShop(shop.sandbox, '2.0.0');
});
