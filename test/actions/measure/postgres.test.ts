import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Probe } from '../../../src/runbook/model/values.ts';
import { redactor } from '../../../src/actions/redact.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { fill, measure, probe, template, testMeasurer } from './probe-kit.ts';

let server: TestPostgres;
let password = '';
let url = '';

/** Listens on the loopback until it is closed; answers its port. */
async function listen(
  take: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly listener: Server }> {
  const listener = createServer(take);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return { port: (listener.address() as AddressInfo).port, listener };
}

beforeAll(async () => {
  server = await openPostgres();
  ({ url } = server);
  ({ password } = new URL(url));
  await server.run(`create table orders (id int primary key, state text, total numeric);
    insert into orders values (1, 'paid', 12.50), (2, 'new', 3), (3, 'paid', 7);
    create sequence counter;
    create role reader login password 'r34d3r-only'; create table secret_notes (note text);`);
}, 120_000);

afterAll(() => server.stop());

const sql = (query: string, more: Partial<Probe> = {}) =>
  probe({ kind: 'sql', connection: 'shop', query: template(query) }, { timeoutMs: 20_000, ...more });
const connected = (to: string) =>
  ({ connections: { shop: { kind: 'postgres', url: template(to) } } }) as const;
const ask = (query: string, more: Partial<Probe> = {}, to = url) => measure(sql(query, more), connected(to));

describe('A query of a PostgreSQL database', () => {
  test.each([
    ['a count, as a number', 'select count(*) from orders', {}, 3],
    ['a decimal, as a number', 'select total from orders where id = 1', {}, 12.5],
    // as a number it would be …78.09 too, and the books would balance although a cent is gone
    ['a decimal that no number holds', 'select 12345678901234578.08', {}, '12345678901234578.08'],
    ['a decimal that one does', 'select 1234567890123.4500', {}, 1234567890123.45],
    ['a mean', 'select avg(n) from (values (1), (2), (2)) v (n)', {}, 1.6666666666666667],
    ['a truth', "select exists (select from orders where state = 'new')", {}, true],
    ['a text', 'select current_database()', {}, 'postgres'],
    ['a time, as the server writes it', "select timestamp '2026-03-01 10:00:00'", {}, '2026-03-01 10:00:00'],
    ['a document, by its path', `select '{"a":[1,{"b":2}]}'::jsonb`, { json: '$.a[1].b' }, 2],
    ['null', 'select max(id) from orders where id > 99', {}, null],
    ['no row, which is absent', 'select state from orders where id = 99', {}, null],
    ['one column', 'select state from orders order by id', {}, ['paid', 'new', 'paid']],
    ['one row', 'select id, state from orders where id = 2', {}, { id: 2, state: 'new' }],
    [
      'many rows',
      'select id, state from orders where id < 3 order by id',
      {},
      [
        { id: 1, state: 'paid' },
        { id: 2, state: 'new' },
      ],
    ],
    ['a sum of a column', 'select total from orders', { reduce: 'sum' }, 22.5],
    ['a number that is too large to be exact', 'select 9007199254740993::bigint', {}, '9007199254740993'],
    ['a setting', 'show transaction_read_only', {}, 'on'],
    ['what follows comments and parentheses', '/* a */ -- b\n((select 1))', {}, 1],
  ] as const)('Gives %s', async (_name, query, more, value) => {
    expect(await ask(query, more)).toMatchObject({ ok: true, value });
  });

  test.each([
    'insert into orders values (9)',
    'delete from orders returning id',
    'with gone as (delete from orders returning id) select count(*) from gone',
    "select nextval('counter')",
    'select * from orders for update',
    'explain analyze delete from orders',
    'create table other (x int)',
    'set transaction read write',
    'commit',
    "copy (select 1) to program 'true'",
    '/* select */ delete from orders',
  ])('Is refused where it writes: %s', async (query) => {
    expect(await ask(query)).toMatchObject({ ok: false, code: 'writes' });
    expect(await ask('select count(*) from orders')).toMatchObject({ value: 3 });
  });

  test('Is one statement: none can leave the transaction and write', async () => {
    expect(await ask('select 1; commit; delete from orders')).toMatchObject({ ok: false, code: 'query' });
    expect(await ask('select count(*) from orders')).toMatchObject({ value: 3 });
  });

  test.each([
    ['query', 'select nothing from orders'],
    ['query', 'select 1 / 0'],
    ['too_large', 'select generate_series(1, 2000)'],
    ['too_large', "select repeat('x', 2000000)"],
  ])('Has no value: %s for %s', async (code, query) => {
    expect(await ask(query)).toMatchObject({ ok: false, code, detail: expect.stringMatching(/./) });
  });

  test('Ends in time, and the server ends it too', async () => {
    expect(await ask("select 'slow one', pg_sleep(60)", { timeoutMs: 1_000 })).toMatchObject({
      ok: false,
      code: 'timeout',
    });
    const running =
      "select count(*) from pg_stat_activity where query like '%slow one%' and state = 'active' and pid <> pg_backend_pid()";
    await expect.poll(async () => ask(running), { timeout: 20_000 }).toMatchObject({ value: 0 });
  });

  test('Ends at once where it is called off', async () => {
    const calling = new AbortController();
    const answer = measure(sql('select pg_sleep(60)'), connected(url), calling.signal);
    calling.abort();
    expect(await answer).toMatchObject({ ok: false, code: 'stopped' });
  });
});

describe('No connection to a PostgreSQL database', () => {
  test.each([
    ['a wrong password', 'denied', () => url.replace(password, 'something-else')],
    ['a database that is not there', 'denied', () => url.replace(/postgres$/, 'gone')],
    ['a host that is not known', 'dns', () => 'postgres://walker@no-such-host.invalid/postgres'],
    [
      'an encrypted connection that the server does not offer',
      'connection',
      () => `${url}?sslmode=verify-full`,
    ],
  ])('Because of %s', async (_name, code, to) => {
    expect(await ask('select 1', {}, to())).toMatchObject({ ok: false, code });
  });

  test('Because a table must not be read', async () => {
    const reader = url.replace(`walker:${password}`, 'reader:r34d3r-only');
    expect(await ask('select * from secret_notes', {}, reader)).toMatchObject({ ok: false, code: 'denied' });
  });

  test('Because nothing listens, or what listens hangs up or says nothing', async () => {
    const { port, listener } = await listen((socket) => socket.destroy());
    onTestFinished(() => void listener.close());
    expect(await ask('select 1', {}, `postgres://a@127.0.0.1:${port}/a`)).toMatchObject({
      ok: false,
      code: 'connection',
    });
    await new Promise((resolve) => listener.close(resolve));
    expect(await ask('select 1', {}, `postgres://a@127.0.0.1:${port}/a`)).toMatchObject({
      ok: false,
      code: 'connection',
    });
    const sockets: Socket[] = [];
    const silent = await listen((socket) => sockets.push(socket));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.listener.close();
    });
    const one = ask('select 1', { timeoutMs: 300 }, `postgres://a@127.0.0.1:${silent.port}/a`);
    expect(await one).toMatchObject({ ok: false, code: 'timeout' });
  });

  test('And the reason never shows the password', async () => {
    const options = {
      ...connected(url.replace('/postgres', '/gone')),
      redactor: redactor([{ name: 'password', value: password }]),
    };
    const answer = await measure(sql(`select '${password}' from nowhere`), { ...options, ...connected(url) });
    expect(JSON.stringify(answer)).not.toContain(password);
  });
});

describe('The rows of a query', () => {
  const rows = (query: string) =>
    testMeasurer({ connections: { shop: { kind: 'postgres', url: template(url) } } }).rows(
      probe({ kind: 'sql', connection: 'shop', query: template(query) }),
      fill,
      20_000,
      new AbortController().signal,
    );

  test('are all of them, with their columns, also where two have one name', async () => {
    expect(await rows('select id, state, id from orders order by id limit 2')).toEqual({
      ok: true,
      columns: ['id', 'state', 'id'],
      rows: [
        [1, 'paid', 1],
        [2, 'new', 2],
      ],
      cut: null,
    });
  });

  test('are cut where a table is too large to be evidence, and the rest is not waited for', async () => {
    const answer = await rows('select n from generate_series(1, 100000000) n');

    expect(answer).toMatchObject({ ok: true, cut: 'The query has more than 10000 rows.' });
    expect(answer.ok ? answer.rows.length : 0).toBe(10_000);
  });

  test('of a query that writes are refused by the server', async () => {
    expect(await rows('delete from orders returning id')).toMatchObject({ ok: false, code: 'writes' });
    expect(await rows('select count(*) from orders')).toMatchObject({ rows: [[3]] });
  });
});
