import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  armFault,
  sandboxDown,
  sandboxRestore,
  sandboxSnapshot,
  type Sandbox,
} from '../../src/sandbox/sandbox.ts';
import { must, startSandbox } from '../sandbox/support.ts';
import {
  chosen,
  expectEnd,
  expectShop,
  openStage,
  runThrough,
  shipped,
  stepsOf,
  type Stage,
} from './stage.ts';

const slow = { timeout: 300_000 };
const token = 'a-token-that-nobody-prints';

let sandbox: Sandbox;
let stage: Stage;
beforeAll(async () => {
  sandbox = await startSandbox({ clients: 6 });
  await sandboxSnapshot({ folder: sandbox.folder });
}, 120_000);
afterAll(() => sandboxDown({ folder: sandbox.folder }), 120_000);
beforeEach(async () => {
  await sandboxRestore({ folder: sandbox.folder });
  stage = openStage();
  mkdirSync(path.join(stage.home, '.shop'));
  writeFileSync(path.join(stage.home, '.shop', 'token'), `${token}\n`, { mode: 0o600 });
}, 120_000);
afterEach(() => stage.clear(), 60_000);

const run = (option: string) =>
  runThrough(stage, {
    file: shipped('format_example.yaml'),
    sandbox,
    given: { release: '2.0.0' },
    policy: chosen('cheaper_first', option, 'the test walks this way', 1),
  });

test('the example of the format takes the sandbox back to the previous release', slow, async () => {
  const ran = await run('rollback');

  expectEnd(stage, ran, 'rolled_back');
  await expectShop(sandbox, '1.9.3');
  expect(ran.started.start.inputs).toEqual({ release: '2.0.0', target: '1.9.3', schema: 2 });
  expect(JSON.stringify(ran.facts)).not.toContain(token);
});

test('the example of the format turns the flag off instead', slow, async () => {
  const ran = await run('flag');

  expectEnd(stage, ran, 'mitigated', ['new_coupons is off: remove it, or turn it back']);
  expect(await must(sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
  expect(JSON.stringify(ran.facts)).not.toContain(token);
  await expectShop(sandbox, '2.0.0');
});

test('the example of the format leaves a release alone that is not the cause', slow, async () => {
  expectEnd(stage, await run('nothing'), 'not_needed');
  await expectShop(sandbox, '2.0.0');
});

test('the example of the format goes forward where the downgrade stops half way', slow, async () => {
  await armFault({ folder: sandbox.folder, fault: 'F08', seed: 7, afterMs: 0 });

  const ran = await run('rollback');

  expectEnd(stage, ran, 'rolled_forward');
  expect(stepsOf(ran)).toEqual(expect.arrayContaining(['schema_up', 'originals']));
  await expectShop(sandbox, '2.0.0');
});
