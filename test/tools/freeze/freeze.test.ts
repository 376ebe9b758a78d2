import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/tools/database.ts';
import type { Database } from '../../../src/tools/database/model.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { waitUntil } from '../../sandbox/support.ts';
import { walkback } from '../cli.ts';

/* `keeper` owns the shop's tables and works; `app` and `worker` write to them, partly through the group `writers`. */

let postgres: TestPostgres;
const as = (role: string): string => postgres.url.replace(/\/\/[^@]*@/, `//${role}:${role}@`);
const open = (role: string): Promise<Database> =>
  openDatabase({ kind: 'postgres', env: { DATABASE_URL: as(role) } }, { lockTimeoutMs: 500 });

const setUp = `
  drop schema if exists public cascade; drop schema if exists shop cascade; drop schema if exists walkback cascade;
  create schema public; create schema shop authorization keeper;
  grant usage on schema shop to public;
  set role keeper;
  create table shop.orders (id int generated always as identity primary key, note text, total int);
  create table shop.customers (id serial primary key, name text);
  create table shop.untouched (id int);
  insert into shop.orders (note) values ('first'); insert into shop.customers (name) values ('Ada');
  grant select, insert, update on shop.orders to reader with grant option;
  grant all on shop.orders to app;
  grant select, delete on shop.customers to public;
  grant insert, update (name) on shop.customers to writers;
  grant select, truncate on shop.customers to reader;
  grant usage on sequence shop.customers_id_seq to writers;
  grant create on schema shop to app;
  alter default privileges in schema shop grant select, insert on tables to reader;
  alter default privileges in schema shop grant insert, update on tables to app;
  alter default privileges in schema shop grant usage on sequences to writers;
  reset role;
  set role reader; grant update on shop.orders to worker; reset role`;

beforeAll(async () => {
  postgres = await openPostgres();
  await postgres.run(
    ['keeper', 'app', 'worker', 'reader', 'chief']
      .map((role) => `create role ${role} login password '${role}';`)
      .join('') +
      `create role writers; grant writers to app, worker; grant reader to keeper; alter role chief superuser;
       grant create on database postgres to keeper`,
  );
});
afterAll(() => postgres.stop());
beforeEach(() => postgres.run(setUp));

interface Result {
  readonly state: string;
  readonly leaks: readonly string[];
  readonly refused: readonly { readonly code: string }[];
  readonly unproven: readonly string[];
  readonly others: readonly string[];
}

async function call(...argv: readonly string[]): Promise<Result & { readonly exit: number }> {
  const said = await walkback(
    { DATABASE_URL: as('keeper'), APP_URL: as('app') },
    'freeze',
    ...argv,
    '--json',
  );
  expect(said.warned).toBe('');
  return { exit: said.code, ...(said.json() as Result) };
}
const freeze = (roles = 'app,worker', ...more: readonly string[]) =>
  call('pg', '--roles', roles, '--application', 'APP_URL', '--drain', '300ms', '--quiet', '50ms', ...more);

/** Every list of grants, as the server's own bytes say it. */
async function grants(): Promise<unknown> {
  const database = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  const rows = await database.query(`
    select 'c ' || oid::regclass as what, relacl::text as acl from pg_class where relnamespace = 'shop'::regnamespace
    union all select 'a ' || attrelid::regclass || ' ' || attname, attacl::text from pg_attribute where attacl is not null and attrelid in (select oid from pg_class where relnamespace = 'shop'::regnamespace)
    union all select 'n ' || nspname, nspacl::text from pg_namespace where nspname in ('shop', 'public')
    union all select 'd ' || defaclobjtype::text || defaclnamespace::regnamespace::text, defaclacl::text from pg_default_acl order by 1`);
  await database.close();
  return rows;
}

const refusal = async (database: Database, sql: string): Promise<string> => {
  try {
    await database.query(sql);
    return 'written';
  } catch (error) {
    return String((error as { cause?: { code?: string } }).cause?.code);
  }
};

test('an ACL freeze is proven from an existing and a new session, and thaw gives back identical grants', async () => {
  const before = await grants();
  const [app, worker] = [await open('app'), await open('worker')];
  expect(await refusal(app, "insert into shop.orders (note) values ('second')")).toBe('written');
  expect(await refusal(worker, "update shop.orders set note = 'mine'")).toBe('written');

  const frozen = await freeze();

  expect(frozen).toMatchObject({ exit: 0, state: 'frozen', leaks: [], unproven: [], others: ['reader'] });
  const tries = [
    "insert into shop.orders (note) values ('third')",
    'delete from shop.customers',
    "update shop.customers set name = ''",
    "select nextval('shop.customers_id_seq')",
    'truncate shop.orders',
    'create table shop.mine (id int)',
  ];
  for (const session of [app, worker, await open('app')])
    for (const sql of tries) expect([sql, await refusal(session, sql)]).toEqual([sql, '42501']);
  expect(await refusal(app, 'select * from shop.orders')).toBe('written'); // reading goes on
  await postgres.run('set role keeper; create table shop.later (id int)');
  expect(await refusal(app, 'insert into shop.later values (1)')).toBe('42501');
  expect((await call('state')).state).toBe('frozen');

  await postgres.run('drop table shop.later');
  expect(await call('thaw')).toMatchObject({ exit: 0, state: 'open', differs: [], gone: [] });
  expect(await grants()).toEqual(before);
  expect(await refusal(app, "insert into shop.orders (note) values ('fourth')")).toBe('written');
  expect(await refusal(worker, "update shop.orders set note = 'mine'")).toBe('written');
  expect(await call('state')).toMatchObject({ exit: 0, state: 'open' });
  expect(await call('thaw')).toMatchObject({ exit: 0, restored: 0 });
  for (const session of [app, worker]) await session.close();
});

test('the naive freeze by default_transaction_read_only leaks: old sessions write on, and any client switches it off', async () => {
  const app = await open('app');
  await postgres.run('alter database postgres set default_transaction_read_only = on');
  try {
    expect(await refusal(app, "insert into shop.orders (note) values ('old session')")).toBe('written');
    const fresh = await open('app');
    expect(await refusal(fresh, "insert into shop.orders (note) values ('new session')")).toBe('25006');
    await fresh.query('set default_transaction_read_only = off');
    expect(await refusal(fresh, "insert into shop.orders (note) values ('switched off')")).toBe('written');
    await fresh.close();
  } finally {
    const owner = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
    await owner.query('set default_transaction_read_only = off');
    await owner.query('alter database postgres reset default_transaction_read_only');
    await owner.close();
    await app.close();
  }
});

describe('what walks through grants is refused, and nothing is changed', () => {
  test.each([
    ['superuser', 'chief', ''],
    ['superuser', 'app', 'grant chief to app'],
    ['owner', 'app', 'grant keeper to app'],
    ['owner', 'app', 'create table public.own (id int); alter table public.own owner to app'],
    ['write_all_data', 'app', 'grant pg_write_all_data to app'],
    ['ourselves', 'keeper', ''],
    ['no_such_role', 'nobody', ''],
    ['another_role', 'worker', ''],
    ['still_granted', 'app', 'create table public.other (id int); grant insert on public.other to app'],
  ])('%s: %s, after “%s”', async (code, role, sql) => {
    await postgres.run(sql === '' ? 'select 1' : sql);
    try {
      const before = await grants();
      expect(await freeze(role)).toMatchObject({ exit: 3, state: 'refused', refused: [{ code }] });
      expect(await grants()).toEqual(before);
      expect((await call('state')).state).toBe('open');
    } finally {
      await postgres.run('revoke chief, keeper, pg_write_all_data from app');
    }
  });

  test('an application that connects as a superuser, or to another database', async () => {
    const chief = await walkback(
      { DATABASE_URL: as('keeper'), APP_URL: as('chief') },
      'freeze',
      'pg',
      '--roles',
      'app',
      '--application',
      'APP_URL',
      '--json',
    );
    expect([chief.code, chief.json()]).toMatchObject([3, { refused: [{ code: 'superuser' }] }]);
    const other = await walkback(
      { DATABASE_URL: as('keeper'), APP_URL: as('app').replace(/postgres$/, 'template1') },
      'freeze',
      'pg',
      '--roles',
      'app',
      '--application',
      'APP_URL',
      '--json',
    );
    expect([other.code, other.json()]).toMatchObject([3, { refused: [{ code: 'another_database' }] }]);
  });
});

test('a transaction that wrote before and may still commit is named, and is no leak once it is over', async () => {
  const app = await open('app');
  await app.query('begin');
  await app.query("insert into shop.orders (note) values ('in time')");
  expect(await freeze()).toMatchObject({
    exit: 3,
    state: 'leaking',
    leaks: [expect.stringMatching(/^pid \d+ \(app\) wrote before and has not committed yet$/)],
  });
  await app.query('commit');
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });
  await app.close();
});

test('rows that change by a function with its owner’s rights are seen', async () => {
  await postgres.run(`set role keeper;
    create function shop.sneak() returns void language sql security definer as 'insert into shop.orders (note) values (''sneaked'')'`);
  const app = await open('app');
  let on = true;
  const sneaking = (async () => {
    while (on) await app.query('select shop.sneak(), pg_stat_force_next_flush()');
  })();
  try {
    const leaking = await freeze();
    expect(leaking).toMatchObject({ exit: 3, state: 'leaking' });
    expect(leaking.leaks).toEqual([
      expect.stringMatching(/^\d+ rows of shop\.orders were written within 50 ms$/),
    ]);
  } finally {
    on = false;
    await sneaking;
    await app.close();
  }
});

test('without a session of the application it is not proven', async () => {
  expect(await call('pg', '--roles', 'app,worker', '--quiet', '50ms')).toMatchObject({
    exit: 30,
    state: 'unproven',
    unproven: ['no session of the application was tried'],
  });
  expect(await freeze()).toMatchObject({ exit: 30, state: 'unproven' });
  await call('thaw');
  expect(await freeze()).toMatchObject({ exit: 0 });
});

test('frozen twice keeps what was granted before the first time; other roles are refused meanwhile', async () => {
  const before = await grants();
  await freeze();
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });
  expect(await freeze('app')).toMatchObject({ exit: 3, refused: [{ code: 'frozen_otherwise' }] });
  await call('thaw');
  expect(await grants()).toEqual(before);
});

test('a right that somebody gives back meanwhile is a leak; thaw still gives back identical grants', async () => {
  const before = await grants();
  await freeze();
  await postgres.run('set role keeper; grant update on shop.orders to app');
  expect(await call('state')).toMatchObject({ exit: 3, state: 'leaking', leaks: ['app on shop.orders'] });
  expect(await freeze()).toMatchObject({ exit: 3, state: 'leaking' });
  await call('thaw');
  expect(await grants()).toEqual(before);
});

test('what the downgrade dropped is named, what it made anew gets its grants back', async () => {
  await freeze();
  await postgres.run(
    'drop table shop.customers; drop table shop.orders; set role keeper; create table shop.orders (id int)',
  );
  const thawed = await call('thaw');
  expect(thawed).toMatchObject({ exit: 0, state: 'open' });
  expect(thawed).toMatchObject({
    gone: expect.arrayContaining([
      'table TABLE shop.customers ',
      'column TABLE shop.customers name',
    ]) as unknown,
  });
  const app = await open('app');
  expect(await refusal(app, 'insert into shop.orders values (1)')).toBe('written');
  await app.close();
});

test('a freeze that dies in the middle of its transaction leaves every grant as it was', async () => {
  const before = await grants();
  const other = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  const watcher = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  await other.query('begin');
  await other.query('grant select on shop.customers to app'); // the freeze has to wait for this one
  const running = walkback({ DATABASE_URL: as('keeper') }, 'freeze', 'pg', '--roles', 'app', '--json');
  await waitUntil(
    'the freeze is in its transaction',
    () =>
      watcher.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'keeper' and query like 'REVOKE%'",
      ),
    (rows) => rows.length > 0,
  );
  expect((await running).code).toBe(30);
  await other.query('rollback');
  await other.close();
  await watcher.close();

  expect(await grants()).toEqual(before);
  expect((await call('state')).state).toBe('open');
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });
});

test.each([
  [['pg'], 'No role of the application is named'],
  [['pg', '--roles', 'app', '--drain', 'soon'], 'is no duration'],
  [['pg', '--roles', 'app', '--application', 'NOT_SET'], 'NOT_SET is not set'],
])('%j is wrong usage', async (argv, why) => {
  const said = await walkback({ DATABASE_URL: as('keeper') }, 'freeze', ...argv);
  expect([said.code, said.warned]).toEqual([2, expect.stringContaining(why)]);
});

test('its text says in one line what is known', async () => {
  const said = await walkback(
    { DATABASE_URL: as('keeper'), APP_URL: as('app') },
    'freeze',
    'pg',
    '--roles',
    'app,worker',
    '--application',
    'APP_URL',
    '--quiet',
    '50ms',
  );
  expect(said.out).toMatch(
    /frozen: every write was refused, in a session that was there before and in a new one/,
  );
  const thawed = await walkback({ DATABASE_URL: as('keeper') }, 'freeze', 'thaw');
  expect(thawed.out).toContain('grants are what they were');
});

test('a write that was let in before and has not touched a row yet is no frozen database', async () => {
  const place = { kind: 'postgres', env: { DATABASE_URL: as('app') } } as const;
  const app = await openDatabase(place, { lockTimeoutMs: 60_000 });
  const gate = await open('chief');
  await gate.query('select pg_advisory_lock(7)');
  const sent = app.query(
    "insert into shop.orders (note) select 'late' from (select pg_advisory_lock(7)) held",
  );
  await waitUntil(
    'the insert waits',
    () => gate.query("select 1 from pg_locks where locktype = 'advisory' and not granted"),
    (waiting) => waiting.length === 1,
  );

  const frozen = await freeze();
  await gate.query('select pg_advisory_unlock(7)');
  await sent;

  expect(frozen.leaks).toEqual([
    expect.stringMatching(/^pid \d+ \(app\) was let in before and may still write$/),
  ]);
  expect(frozen).toMatchObject({ exit: 3, state: 'leaking' });
  expect(await gate.query("select note from shop.orders where note = 'late'")).toHaveLength(1);
  await Promise.all([app.close(), gate.close()]);
});

test('a transaction that was prepared before and may be committed later is named', async () => {
  const app = await open('app');
  await app.script("begin; insert into shop.orders (note) values ('later'); prepare transaction 'order-7'");
  try {
    const frozen = await freeze();

    expect(frozen.leaks).toEqual(['the prepared transaction order-7 (app) can still be committed']);
    expect(frozen.state).toBe('leaking');
  } finally {
    await postgres.run("rollback prepared 'order-7'");
    await app.close();
  }
});
