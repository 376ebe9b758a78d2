import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld, taken } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

/** Two changes with a way back each, a census at the end, and a neighbour that is watched all along. */
const text = `walkback: 1
id: back
title: Roll the shop back
service: shop
objective: 10m
probes:
  versions: { run: [versions], json: $ }
  neighbour: { run: [neighbour_errors] }
watch:
  - { probe: neighbour, expect: { "<": 0.05 }, every: 5s, on_breach: hold }
phases:
  - id: go
    title: Go
    steps:
      - { id: first, title: Switch the first, run: [switch, "1"], undo: { run: [unswitch, "1"] } }
      - { id: second, title: Switch the second, run: [switch, "2"], undo: { run: [unswitch, "2"] } }
      - { id: third, title: Switch the third, run: [switch, "3"], undo: { run: [unswitch, "3"] } }
      - { id: everywhere, check: { probe: versions, expect: { all: "1.9.3" } } }
      - { id: done, end: rolled_back }
`;

const loaded = loadRunbook('back.yaml', memoryFiles({ 'back.yaml': text }));
if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
const book: Runbook = loaded.runbook;

const quiet = () => {
  const world = openWorld();
  world.readings['neighbour'] = 0.001;
  world.readings['versions'] = taken({ shop1: '1.9.3', shop2: '1.9.3', shop3: '1.9.3' });
  return world;
};

test('three instances, one pinned to v2: the step fails with 2 of 3 and the one that still is on 2.0', async () => {
  const world = quiet();
  world.readings['versions'] = taken({ 'instance 1': '1.9.3', 'instance 2': '1.9.3', 'instance 3': '2.0' });
  const { say, at } = await openTestSession({ runbook: book, world });
  for (const step of ['first', 'second', 'third']) await say('run', {}, step);

  expect(at('everywhere')).toMatchObject({
    status: 'failed',
    problem: { detail: 'versions: 2 of 3 on 1.9.3; instance 3 still 2.0' },
  });
});

test('neighbour errors over their limit hold before the next change, and let one under way end', async () => {
  const world = quiet();
  world.endings['first'] = ['stays'];
  const { say, clock, session, status, facts } = await openTestSession({
    runbook: book,
    world,
    monitored: true,
  });
  await say('run');
  world.readings['neighbour'] = 0.4;
  await clock.advance(10_000);
  expect(session.view().status).toBe('held');
  expect(status('first')).toBe('performing');
  world.end('first#1', 0);
  await clock.advance(1000);

  expect(status('first')).toBe('done');
  expect(facts('command.ended')).toMatchObject([{ ending: 'exited', exitCode: 0 }]);
  expect(await say('run', {}, 'second')).toMatchObject({ code: 'E_HELD' });
  expect(world.ran).toEqual(['first#1']);
});

test('a rollback that makes it worse is taken back from the hold: the abort path restores the state of before', async () => {
  const world = quiet();
  const { say, at, clock, session } = await openTestSession({ runbook: book, world, monitored: true });
  await say('run', {}, 'first');
  await say('run', {}, 'second');
  world.readings['neighbour'] = 0.4;
  await clock.advance(5000);
  // the hold says what taking it back would be, newest first
  expect(session.view()).toMatchObject({
    status: 'held',
    takesBack: ['Switch the second', 'Switch the first'],
  });

  await say('abort', { reason: 'it is worse than before' });
  expect(session.view().held).toBeNull();
  expect(at().shown?.argv).toEqual(['unswitch', '2']);
  await say('run');
  expect(at().shown?.argv).toEqual(['unswitch', '1']);
  await say('run');
  expect(session.view()).toMatchObject({ outcome: 'aborted' });
  expect(session.view().phases[0]?.steps.map(({ status }) => status)).toEqual([
    'undone', 'undone', 'todo', 'todo', 'todo',
  ]); // prettier-ignore
});
