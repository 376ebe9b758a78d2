import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Json } from '../../src/runbook/model/values.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld, missed, type World } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const tests = `
          - { id: version, run: [ask, "\${{ via.name }}", version], expect: { equals: 1.9.3 } }
          - { id: checkout, run: [ask, "\${{ via.name }}", checkout], expect: { equals: ok } }
          - { id: advice, run: [ask, "\${{ via.name }}", advice], expect: { equals: ok }, critical: false }`;

function book({ more = '', smoke = tests, steps = '' } = {}): Runbook {
  const text = `walkback: 1
id: shop
title: Roll the shop back
service: shop
objective: 10m
scope:
  instances: { from: { run: [list] } }
phases:
  - id: go
    title: Go
    steps:
      - id: smoke
        smoke: ${smoke}
        via: { proxy: "http://proxy", each_instance: "\${{ scope.instances }}" }
        ${more}
${steps}
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('shop.yaml', memoryFiles({ 'shop.yaml': text }));
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return loaded.runbook;
}

const ways = ['proxy', 'shop1', 'shop2', 'http://3'] as const;

/** A shop in which all is well, but for what is given: the answers in their order, the last one for ever. */
function shop(answers: Readonly<Record<string, readonly Json[]>> = {}): World {
  const world = openWorld();
  world.readings['list'] = [
    { name: 'shop1', url: 'http://1' },
    { name: 'shop2', url: 'http://2' },
    'http://3',
  ];
  for (const way of ways)
    for (const [name, good] of Object.entries({ version: '1.9.3', checkout: 'ok', advice: 'ok' })) {
      const left = [...(answers[`${way} ${name}`] ?? [good])];
      world.readings[`ask ${way} ${name}`] = async () => (left.length > 1 ? left.shift() : left[0]) ?? null;
    }
  return world;
}

const cellsOf = (
  cells: readonly { name: string; test: string; result: string; code: string | null; times: number }[],
) =>
  cells
    .filter(({ result }) => result !== 'pass')
    .map(({ name, test: what, result, code, times }) => `${name} ${what}: ${result} ${code ?? ''} ${times}`);

test('three rounds in a row through the proxy and each instance are good, and the whole table is on record', async () => {
  const session = await openTestSession({ runbook: book(), world: shop() });
  expect(session.at().shown?.good).toBe(
    'version, checkout, advice (not critical): passed 3 times in a row through the proxy and each instance',
  );
  await session.clock.advance(2_000);

  expect(session.session.view().outcome).toBe('rolled_back');
  const ran = session.facts('smoke.ran').at(-1);
  expect(ran).toMatchObject({ result: 'pass', final: true, rounds: 3, stable: 3 });
  expect(ran?.cells.map(({ name, test: what, runs }) => `${name} ${what} ${runs.length}`)).toEqual(
    ways.flatMap((way) => ['version', 'checkout', 'advice'].map((what) => `${way} ${what} 3`)),
  );
  expect(
    session
      .facts('check.judged')
      .at(-1)
      ?.readings.map(({ value }) => value),
  ).toEqual(['"4/4"', '"4/4"', '"4/4"']);
});

test('pass, fail, pass is unstable, and that is a fail, told by what failed', async () => {
  const session = await openTestSession({
    runbook: book(),
    world: shop({ 'shop2 checkout': ['ok', 'broken', 'ok'] }),
  });
  await session.clock.advance(10_000);

  expect(session.status('smoke')).toBe('failed');
  const ran = session.facts('smoke.ran').at(-1);
  expect(cellsOf(ran?.cells ?? [])).toEqual(['shop2 checkout: fail unstable 3']);
  expect(ran?.cells.find(({ code }) => code === 'unstable')?.detail).toContain('broken');
  expect(session.record('smoke')?.problem).toMatchObject({
    code: 'check_unstable',
    detail: expect.stringContaining('shop2: unstable (pass, fail, pass)'),
  });
});

test('the wrong version on one instance fails, whatever the other tests say', async () => {
  const session = await openTestSession({ runbook: book(), world: shop({ 'http://3 version': ['2.0.0'] }) });
  await session.clock.advance(10_000);
  expect(session.status('smoke')).toBe('failed');
  expect(session.record('smoke')?.problem?.detail).toContain('version: http://3');
});

test('what is not critical is told and kept, and stops nothing', async () => {
  const session = await openTestSession({ runbook: book(), world: shop({ 'shop1 advice': ['gone'] }) });
  await session.clock.advance(10_000);
  expect(session.session.view().outcome).toBe('rolled_back');
  const ran = session.facts('smoke.ran').find(({ final }) => final);
  expect(ran?.result).toBe('pass');
  expect(cellsOf(ran?.cells ?? [])).toEqual(['shop1 advice: fail not_as_expected 3']);
  expect(session.facts('check.judged').at(-1)).toMatchObject({
    result: 'pass',
    readings: [{}, {}, { subject: 'advice (not critical)', result: 'fail', value: '"3/4"' }],
  });
});

test('what cannot be asked is unknown, never good', async () => {
  const world = shop();
  world.readings['ask shop2 checkout'] = missed('connection');
  const session = await openTestSession({ runbook: book(), world });
  await session.clock.advance(10_000);
  expect(session.status('smoke')).toBe('unknown');
  expect(session.record('smoke')?.problem?.code).toBe('check_connection');
});

test('an instance that is still starting may fail within its time, and must pass three times in a row after that', async () => {
  const runbook = book({ more: 'within: 20s' });
  const starting = shop({ 'shop1 checkout': ['starting', 'starting', 'starting', 'starting', 'ok'] });
  const session = await openTestSession({ runbook, world: starting });
  await session.clock.advance(5_000);
  expect(session.status('smoke')).toBe('performing');
  expect(session.session.view().smokes?.[0]).toMatchObject({ final: false });
  await session.clock.advance(1_000);
  expect(session.session.view().outcome).toBe('rolled_back');
  // what was settled was left alone meanwhile
  expect(
    session
      .facts('smoke.ran')
      .at(-1)
      ?.cells.map(({ times }) => times)
      .toSorted(),
  ).toEqual([...Array.from({ length: 11 }, () => 3), 7]);

  const never = await openTestSession({ runbook, world: shop({ 'shop1 checkout': ['starting'] }) });
  await never.clock.advance(60_000);
  expect(never.status('smoke')).toBe('failed');
  expect(never.facts('smoke.ran').at(-1)?.rounds).toBe(21);
});

test('where no instance is known the answer is unknown: the proxy alone proves nothing of each of them', async () => {
  const world = shop();
  world.readings['list'] = [];
  const session = await openTestSession({ runbook: book(), world });
  expect(session.status('smoke')).toBe('unknown');
  expect(session.record('smoke')?.problem?.code).toBe('check_no_instances');
});

const owing = {
  smoke: `
          - { id: version, run: [ask, "\${{ via.name }}", version], expect: { equals: 1.9.3 } }
          - { id: journey, run: [ask, "\${{ via.name }}", checkout], expect: { equals: ok }, through: [proxy], writes: true }`,
  more: `opens:
          id: test_data
          title: Orders of the smoke test
          release: { run: [clean, "\${{ session.id }}"] }
          proof: { run: [count, "\${{ session.id }}"], expect: { equals: 0 } }`,
  steps: '      - { id: clean, release: [test_data] }',
};

test('a journey that writes owes its test data from before its first run; leftovers keep the debt open', async () => {
  const world = shop();
  const runbook = book(owing);
  world.readings['count session'] = 2;
  const session = await openTestSession({ runbook, world });
  expect(session.status('smoke')).toBe('ready'); // it writes: somebody says go
  await session.say('run');
  expect(session.types().indexOf('step.intent')).toBeLessThan(session.types().indexOf('smoke.ran'));
  expect(session.session.view().obligations).toMatchObject([{ id: 'test_data', state: 'open' }]);
  await session.clock.advance(2_000);
  expect(session.status('smoke')).toBe('done');
  await session.say('run');
  await session.clock.advance(1_000);
  expect(session.status('clean')).toBe('failed');
  expect(session.session.view().obligations).toMatchObject([{ id: 'test_data', state: 'open' }]);

  world.readings['count session'] = 0;
  await session.say('retry');
  await session.say('run');
  await session.clock.advance(1_000);
  expect(session.session.view().outcome).toBe('rolled_back');
  expect(world.argv.get('clean#2')).toEqual(['clean', 'session']);
});

test('after a crash in the middle the debt is there, and the rounds begin anew', async () => {
  const world = shop();
  world.readings['count session'] = 0;
  const first = await openTestSession({ runbook: book(owing), world });
  await first.say('run');
  await first.clock.advance(1_000);
  const asks = () => world.measured.filter((name) => name.startsWith('ask ')).length;
  const asked = asks();
  const second = await first.dies('resumed');
  expect(second.session.view().obligations).toMatchObject([{ id: 'test_data', state: 'open' }]);
  await second.clock.advance(2_000);
  expect(second.status('smoke')).toBe('done');
  expect(asks() - asked).toBe(15);
});
