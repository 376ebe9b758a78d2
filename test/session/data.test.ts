import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openMeasurer } from '../../src/actions/measure/measurer.ts';
import { redactor } from '../../src/actions/redact.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld, signatureOf, type World } from './fake-world.ts';
import { openTestSession, type Setting, type TestSession } from './open-test-session.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await openPostgres();
}, 120_000);
afterAll(() => server.stop(), 60_000);
beforeEach(async () => {
  await server.run(`
    drop table if exists orders, audit_log;
    create table orders (id int primary key, total int not null, placed_at timestamptz not null);
    insert into orders select n, n * 10, timestamptz '2026-03-01 10:00:00+00' + n * interval '1 minute'
      from generate_series(1, 10) n;
    create table audit_log (id int primary key);
    insert into audit_log select generate_series(1, 5);`);
}, 60_000);

const book = (blocks: string, steps: string): string => `walkback: 1
id: book
title: Take the schema back
service: shop
objective: 10m
maturity: draft
roles:
  data_owner: { users: [grace], signers: keys/allowed_signers }
  steward: { users: [ada] }
connections: { shop: { postgres: "${server.url}" } }
${blocks}
phases:
  - id: main
    title: Main
    steps:
${steps}
      - { id: done, end: rolled_back }
`;

const twoSteps = `      - { id: schema_down, run: [migrate, down], stateful: true, read_only: false }
      - { id: switch_app, run: [deploy, old], read_only: false }`;

function bookOf(text: string): Runbook {
  const loaded = loadRunbook('book.yaml', memoryFiles({ 'book.yaml': text }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
}

/** A session whose probes are the real ones; its commands change the database as the test says. */
async function open(
  blocks: string,
  steps: string = twoSteps,
  setting: Partial<Setting> = {},
): Promise<TestSession> {
  const runbook = bookOf(book(blocks, steps));
  const measurer = openMeasurer({
    connections: runbook.connections,
    clock: systemClock(),
    domainNow: () => 0,
    env: {},
    cwd: '/',
    redactor: redactor([]),
  });
  onTestFinished(() => measurer.close());
  const world: World = { ...openWorld(), measurer };
  return openTestSession({ runbook, world, ...setting });
}

const waitFor = <Value>(read: () => Value) => vi.waitFor(read, { timeout: 20_000, interval: 20 });

/** Runs the first step, whose command does `sql`, and waits until the data was measured after it. */
async function runFirst(session: TestSession, sql: string): Promise<void> {
  session.world.endings['schema_down'] = ['stays'];
  await session.say('run', {}, 'schema_down');
  await waitFor(() => expect(session.world.ran).toContain('schema_down#1'));
  await server.run(sql);
  session.world.end('schema_down#1', 0);
  await waitFor(() => {
    expect(session.at().place.step).toBe('switch_app');
    expect(session.session.view().data?.measuring).toBeNull();
    expect(session.at().status).toBe('ready');
  });
}

const runOffered = (session: TestSession): boolean =>
  session.at().offers.some(({ intent }) => intent === 'run');

test('R1.5: one row deleted between before and after blocks the next change, naming the table and -1', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders], role: steward }');
  await runFirst(session, 'delete from orders where id = 7');

  const { data } = session.session.view();
  expect(data?.tables).toEqual([
    { table: 'orders', preserve: false, before: 10, now: 9, delta: -1, detail: '' },
  ]);
  expect(data?.blocks).toEqual([
    {
      id: 'rows lost',
      code: 'over_budget',
      detail: 'orders: -1 (10 before, 9 now): 1 rows lost, 0 allowed',
      value: '1',
      role: 'steward',
    },
  ]);
  expect(runOffered(session)).toBe(false);
  expect(await session.say('run')).toMatchObject({ ok: false, code: 'E_DATA' });
  expect(session.world.ran).toEqual(['schema_down#1']);
  expect(session.facts('data.measured').map(({ moment, tables }) => [moment, tables[0]?.rows])).toEqual([
    ['before', 10],
    ['steps', 9],
  ]);
  expect(session.facts('data.measured')[0]?.tables[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('R1.5: what is lost over the budget goes on with the reason of the owner of the data, and with nobody else', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders], role: steward }', twoSteps, {
    started: { by: 'linus' },
  });
  await runFirst(session, 'delete from orders where id = 7');

  expect(await session.say('accept_data', { reason: ' ' })).toMatchObject({ ok: false, code: 'E_REASON' });
  expect(await session.say('accept_data', { reason: 'a test order' })).toEqual({ ok: true });

  expect(session.facts('data.accepted')).toMatchObject([
    {
      by: 'ada',
      role: 'steward',
      principal: 'ada',
      level: 'L0',
      override: false,
      items: [{ id: 'rows lost', code: 'over_budget', value: '1' }],
    },
  ]);
  expect(runOffered(session)).toBe(true);
});

test('R1.5: where the role lists keys, only a signature of its people over exactly this loss counts', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders], role: data_owner }');
  await runFirst(session, 'delete from orders where id = 7');
  const request = session.session.view().data?.request ?? '';

  expect(request).toContain('agrees: over_budget: orders: -1 (10 before, 9 now)');
  expect(await session.say('accept_data')).toMatchObject({ ok: false, code: 'E_DENIED' });
  const signed = (principal: string, text: string) =>
    session.say('accept_data', { principal, signature: signatureOf(principal, text) });
  expect(await signed('ada', request)).toMatchObject({ ok: false, code: 'E_DENIED' });
  expect(await signed('grace', request.replace('-1', '-2'))).toMatchObject({ ok: false, code: 'E_DENIED' });
  expect(await signed('grace', request)).toEqual({ ok: true });
  expect(session.facts('data.accepted')).toMatchObject([{ principal: 'grace', level: 'L1' }]);
  expect(session.facts('intent.refused')).toHaveLength(3);
});

test('R1.5: an override goes past the owner of the data, and leaves a review that is owed', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders], role: data_owner }');
  await runFirst(session, 'delete from orders where id = 7');

  expect(await session.say('accept_data', { override: true, reason: 'nobody answers' })).toEqual({
    ok: true,
  });

  expect(session.session.view().obligations).toMatchObject([
    { key: 'data-review-1', state: 'carried', due: expect.any(String) },
  ]);
  await session.say('run');
  await waitFor(() => expect(session.world.ran).toContain('switch_app#1'));
});

test('R1.5: agreeing to one lost row does not agree to the next one', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders] }');
  await runFirst(session, 'delete from orders where id = 7');
  await session.say('accept_data');
  await server.run('delete from orders where id = 8');
  await session.say('measure_data');
  await waitFor(() => expect(session.session.view().data?.blocks).toHaveLength(1));

  expect(session.session.view().data?.blocks[0]?.detail).toContain('orders: -2');
  expect(runOffered(session)).toBe(false);
});

test('R1.5: rows that are put back open the way again, and rows that customers add do not make up for lost ones', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders] }');
  await runFirst(session, 'delete from orders where id = 7');
  await server.run(`insert into orders values (7, 70, '2026-03-01 10:07:00+00')`);
  await session.say('measure_data');
  await waitFor(() => expect(runOffered(session)).toBe(true));

  const other = await open(
    'loss_budget: { rows: 0, tables: [orders] }',
    `      - { id: early, run: [tell], read_only: false }\n${twoSteps}`,
  );
  await other.say('run', {}, 'early');
  await waitFor(() => expect(other.at().place.step).toBe('schema_down'));
  // ordered after the first change, lost by the second: more than at the beginning, and one too few all the same
  await server.run(`insert into orders select n, 1, now() from generate_series(11, 13) n`);
  await runFirst(other, 'delete from orders where id = 7');
  expect(other.session.view().data?.blocks[0]?.detail).toContain('orders: -1 (13 before, 12 now)');
});

test('R1.5: a table that is to be preserved may not shrink, whatever the budget says', async () => {
  const session = await open('loss_budget: { rows: 100, tables: [orders] }\npreserve: [audit_log]');
  await runFirst(session, 'delete from audit_log where id = 3; delete from orders where id < 4');

  expect(session.session.view().data?.blocks).toMatchObject([
    { code: 'table_shrunk', detail: 'audit_log: -1 (5 before, 4 now), and it may never shrink' },
  ]);
});

test('R1.5: the newest row may not fall back further than the window', async () => {
  const session = await open(
    'loss_budget: { rows: 100, window: 2m, tables: [{ table: orders, newest: placed_at }] }',
  );
  await runFirst(session, 'delete from orders where id > 6');

  expect(session.session.view().data?.blocks).toMatchObject([
    { code: 'time_lost', detail: 'orders: the newest row is 240 s older than before, 120 s are allowed' },
  ]);
});

test('R1.5: an invariant that holds no longer blocks; one that did not hold before is not blamed on the rollback', async () => {
  const invariants = (id: string, query: string) =>
    `invariants: [{ id: ${id}, sql: shop, query: "${query}", expect: { equals: 0 } }]`;
  const broken = await open(invariants('no_negative', 'select count(*) from orders where total < 0'));
  await runFirst(broken, 'update orders set total = -1 where id = 2');
  expect(broken.session.view().data?.blocks).toMatchObject([
    { id: 'invariant no_negative', code: 'invariant_broken', detail: 'no_negative: 1 is not 0' },
  ]);

  const known = await open(invariants('no_cheap', 'select count(*) from orders where total < 0'));
  await runFirst(known, 'select 1');
  expect(known.session.view().data?.blocks).toEqual([]);
  expect(known.session.view().data?.invariants).toMatchObject([
    { id: 'no_cheap', brokenBefore: true, before: { result: 'fail' }, now: { result: 'fail' } },
  ]);
  expect(runOffered(known)).toBe(true);

  const worse = await open(invariants('no_cheap', 'select count(*) from orders where total < 0'));
  await runFirst(worse, 'update orders set total = -1 where id = 3');
  expect(worse.session.view().data?.blocks).toMatchObject([{ code: 'invariant_broken' }]);
});

test('R1.5: a query that takes too long is unknown, and unknown blocks', async () => {
  const session = await open(
    'invariants: [{ id: slow, sql: shop, query: "select pg_sleep(30)", timeout: 300ms, expect: { absent: true } }]',
  );
  await session.say('run');
  await waitFor(() => expect(session.session.view().data?.blocks).toHaveLength(1));

  expect(session.session.view().data?.blocks).toMatchObject([
    { id: 'invariant slow', code: 'not_measured', value: 'timeout' },
  ]);
  expect(session.world.ran).toEqual([]);
  await session.say('accept_data', { reason: 'the table is locked by the report' });
  await waitFor(() => expect(session.world.ran).toEqual(['schema_down#1']));
});

test('R1.5: an invariant that would write is refused by the server, and shown as a mistake of its author', async () => {
  const session = await open(
    'invariants: [{ id: tidy, sql: shop, query: "update orders set total = 0 returning id", expect: { absent: true } }]',
  );
  await session.say('run');
  await waitFor(() => expect(session.session.view().data?.blocks).toHaveLength(1));

  const [block] = session.session.view().data?.blocks ?? [];
  expect(block).toMatchObject({ code: 'author_error' });
  expect(block?.detail).toMatch(
    /^tidy at book\.yaml:\d+:\d+ would write, and the database refused it: cannot execute UPDATE in a read-only transaction/,
  );
  expect(session.facts('invariant.measured').at(-1)).toMatchObject({ moment: 'before', step: 'schema_down' });
  expect(session.world.ran).toEqual([]);
  expect(await session.say('accept_data')).toMatchObject({ ok: false, code: 'E_AUTHOR' });
});

test('R1.5: a session that died before the data was measured measures it when it is taken up again', async () => {
  const session = await open('loss_budget: { rows: 0, tables: [orders] }');
  session.world.endings['schema_down'] = ['stays'];
  await session.say('run');
  await waitFor(() => expect(session.world.ran).toEqual(['schema_down#1']));
  await server.run('delete from orders where id = 7');
  const dying = session.dies('resumed');
  session.world.end('schema_down#1', 0);
  const next = await dying;
  await waitFor(() => expect(next.session.view().data?.blocks).toHaveLength(1));

  expect(next.session.view().data?.blocks[0]?.detail).toContain('orders: -1');
  expect(next.at()).toMatchObject({ place: { step: 'switch_app' }, status: 'ready' });
});
