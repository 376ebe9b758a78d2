import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { create } from '../../src/cli/commands/new.ts';
import { examine } from '../../src/cli/load.ts';
import { abortingAt, chosen, expectEnd, openStage, runThrough, type Stage } from './stage.ts';

const slow = { timeout: 120_000 };

let stage: Stage;
let file: string;
beforeEach(async () => {
  stage = openStage();
  await create(stage.around, 'my_service', { from: 'basic' });
  file = path.join(stage.home, 'my_service.yaml');
});
afterEach(() => stage.clear(), 60_000);

const release = (): string => path.join(stage.home, 'release.txt');
const maintenance = (): boolean => existsSync(path.join(stage.home, 'maintenance.on'));

test('a runbook made from the template carries its own name and has no mistakes', () => {
  const { loaded, problems } = examine(file);

  expect(problems).toEqual([]);
  expect(loaded.ok && loaded.runbook.id).toBe('my_service');
});

test('it runs at once, with nothing beside it, and puts the previous release back', slow, async () => {
  const run = await runThrough(stage, { file, mode: 'LIVE' });

  expectEnd(stage, run, 'rolled_back');
  expect(readFileSync(release(), 'utf8')).toBe('1.0.0\n');
  expect(maintenance()).toBe(false);
});

test('it goes to the release that was asked for', slow, async () => {
  writeFileSync(release(), '3.1.0\n');

  const run = await runThrough(stage, { file, mode: 'LIVE', given: { target: '3.0.2' } });

  expectEnd(stage, run, 'rolled_back');
  expect(readFileSync(release(), 'utf8')).toBe('3.0.2\n');
});

test('it leaves a release alone that is already the right one', slow, async () => {
  writeFileSync(release(), '1.0.0\n');

  expectEnd(stage, await runThrough(stage, { file, mode: 'LIVE' }), 'not_needed');
});

test('after an abort the release and the maintenance page are as they were', slow, async () => {
  writeFileSync(release(), '2.5.0\n');

  const run = await runThrough(stage, {
    file,
    mode: 'LIVE',
    policy: (situation) =>
      abortingAt('look', 'wrong service')(situation) ?? chosen('go_back', 'rollback', 'yes', 1)(situation),
  });

  expectEnd(stage, run, 'aborted');
  expect(readFileSync(release(), 'utf8')).toBe('2.5.0\n');
  expect(maintenance()).toBe(false);
});
