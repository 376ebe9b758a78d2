import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';

interface Report {
  readonly verdict: string;
  readonly references: readonly {
    readonly reference: string;
    readonly verdict: string;
    readonly orphans: number | null;
    readonly fresh: number | null;
    readonly weak: readonly string[];
    readonly why: string | null;
    readonly found: readonly { readonly row: string; readonly points: string }[];
  }[];
}

let postgres: TestPostgres;
let env: Readonly<Record<string, string>>;
let folder: string;
beforeAll(async () => {
  postgres = await openPostgres();
  env = { DATABASE_URL: postgres.url };
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-integrity-'));
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() =>
  postgres.run('drop schema public cascade; create schema public; drop schema if exists walkback cascade'),
);

/** Past every trigger, as a restore or a replication writes. */
const planted = (sql: string): Promise<void> =>
  postgres.run(`set session_replication_role = replica; ${sql}; set session_replication_role = origin`);

const onPostgres = async (...flags: readonly string[]) => {
  const said = await walkback(env, 'data', 'integrity', '--postgres', '--json', ...flags);
  return { code: said.code, report: said.json() as Report };
};

let files = 0;
const sqlite = (sql: string): string => {
  files += 1;
  const file = path.join(folder, `${files}.db`);
  const database = new Sqlite(file);
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
  return file;
};

const onSqlite = async (file: string, ...flags: readonly string[]) => {
  const said = await walkback({}, 'data', 'integrity', '--sqlite', file, '--json', ...flags);
  return { code: said.code, report: said.json() as Report };
};

test('orphans planted under session_replication_role = replica are found although VALIDATE CONSTRAINT passes', async () => {
  await postgres.run(`
    create table customers (id int primary key);
    create table orders (id int primary key, customer_id int references customers);
    insert into customers values (1); insert into orders values (1, 1), (2, null)`);
  expect(await onPostgres()).toMatchObject({ code: 0, report: { verdict: 'whole' } });

  await planted('insert into orders values (17, 99)');
  await postgres.run('alter table orders validate constraint orders_customer_id_fkey');
  const { code, report } = await onPostgres();

  expect(code).toBe(3);
  expect(report.references).toEqual([
    {
      reference: 'public.orders(customer_id) -> public.customers(id)',
      kind: 'declared',
      verdict: 'orphans',
      orphans: 1,
      fresh: null,
      found: [{ row: '["17"]', points: '["99"]' }],
      weak: [],
      why: null,
    },
  ]);
});

test('composite keys follow their MATCH rule: an empty part points nowhere, or under FULL at nothing', async () => {
  await postgres.run(`
    create schema "Stock";
    create table "Stock".places (shelf int, "row" int, primary key ("row", shelf));
    create table simple (id int primary key, s int, r int, foreign key (r, s) references "Stock".places);
    create table whole (id int primary key, s int, r int, foreign key (s, r) references "Stock".places (shelf, "row") match full);
    insert into "Stock".places values (1, 2);
    insert into simple values (1, 1, 2), (2, null, 7); insert into whole values (1, 1, 2), (2, null, null)`);
  expect((await onPostgres()).code).toBe(0);

  await planted('insert into simple values (3, 2, 1); insert into whole values (3, null, 2)');
  const { code, report } = await onPostgres();

  expect(code).toBe(3);
  expect(report.references.map(({ reference, found }) => [reference, found.map(({ row }) => row)])).toEqual([
    ['public.simple(r, s) -> Stock.places(row, shelf)', ['["3"]']],
    ['public.whole(s, r) -> Stock.places(shelf, row)', ['["3"]']],
  ]);
});

test('a partitioned table is looked at once, with all its partitions; heirs of a table do not answer for it', async () => {
  await postgres.run(`
    create table customers (id int primary key);
    create table vips () inherits (customers);
    create table orders (id int, day int, customer_id int references customers, primary key (id, day)) partition by range (day);
    create table orders_1 partition of orders for values from (0) to (10);
    create table orders_2 partition of orders for values from (10) to (20);
    insert into customers values (1); insert into vips values (2);
    insert into orders values (1, 1, 1), (2, 11, 1)`);
  await planted('insert into orders values (3, 12, 2)');

  const { report } = await onPostgres();

  expect(report.references).toHaveLength(1);
  expect(report.references[0]).toMatchObject({ orphans: 1, found: [{ row: '["3","12"]', points: '["2"]' }] });
});

test('says of a reference what the database does not hold it by', async () => {
  await postgres.run(`
    create table a (id int primary key); create table b (a_id int);
    alter table b add constraint later foreign key (a_id) references a not valid;
    create table c (a_id int references a); alter table c disable trigger all; insert into c values (5), (5)`);

  const { code, report } = await onPostgres();

  expect(code).toBe(3);
  expect(report.references.map(({ weak, orphans }) => [weak, orphans])).toEqual([
    [['not valid'], 0],
    [['its triggers are off'], 2],
  ]);
  expect(report.references[1]?.found.map(({ row }) => row)).toEqual(['#1', '#2']);
});

test.each(['table', 'file'])('orphans that a baseline (%s) has are old; one more is new', async (kind) => {
  await postgres.run(`
    create table a (id int primary key); create table b (id int primary key, a_id int references a)`);
  await planted('insert into b values (1, 8), (2, 9)');
  const place = kind === 'table' ? 'table' : path.join(folder, 'before.json');
  expect((await onPostgres('--save-baseline', place)).code).toBe(0);

  const same = await onPostgres('--baseline', place);
  expect([same.code, same.report.verdict]).toEqual([0, 'whole']);
  expect(same.report.references[0]).toMatchObject({ verdict: 'old_orphans', orphans: 2, fresh: 0 });

  await planted('insert into b values (3, 9); update b set a_id = 10 where id = 1');
  const changed = await onPostgres('--baseline', place, '--export', path.join(folder, 'new.jsonl'));
  expect(changed.code).toBe(3);
  expect(changed.report.references[0]).toMatchObject({
    orphans: 3,
    fresh: 2,
    found: [{ row: '["1"]' }, { row: '["3"]' }],
  });
  expect(readFileSync(path.join(folder, 'new.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
});

test('a baseline in the database is forgotten again, also where there is none', async () => {
  await onPostgres('--save-baseline', 'table');
  for (const _twice of [1, 2]) {
    const said = await walkback(env, 'data', 'integrity', '--postgres', '--drop-baseline');
    expect([said.code, said.out]).toEqual([0, expect.stringContaining('holds no baseline')]);
  }
  const said = await walkback(env, 'data', 'integrity', '--postgres', '--baseline', 'table');
  expect(said.code).toBe(2);
});

test('what a role may not read, or a policy hides from it, is unknown and never whole', async () => {
  await postgres.run(`
    drop role if exists reader; create role reader login password 'reader';
    create table a (id int primary key); create table b (a_id int references a); create table c (a_id int references a);
    alter table c enable row level security;
    grant usage on schema public to reader; grant select on a, c to reader`);
  const url = postgres.url.replace(/\/\/[^@]*@/, '//reader:reader@');

  const said = await walkback({ DATABASE_URL: url }, 'data', 'integrity', '--postgres', '--json');

  expect(said.code).toBe(30);
  const { references } = said.json() as Report;
  expect(references.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown']);
  expect(references[0]?.why).toContain('permission denied for table b');
  expect(references[1]?.why).toContain('row-level security');
});

test('a sample in which nothing is found is unknown; one in which something is found has found it', async () => {
  await postgres.run(
    `create table a (id int primary key); create table b (id int primary key, a_id int references a)`,
  );
  expect((await onPostgres('--sample', '50')).code).toBe(30);
  await planted('insert into b select n, n from generate_series(1, 500) n');
  expect((await onPostgres('--sample', '50')).code).toBe(3);
});

test('a SQLite orphan is found although integrity_check says ok', async () => {
  const file = sqlite(`
    create table customers (id integer primary key);
    create table orders (id integer primary key, customer_id integer references customers);
    insert into customers values (1); insert into orders values (1, 1), (2, null), (17, 99)`);
  const raw = new Sqlite(file, { readonly: true });
  expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
  raw.close();

  const { code, report } = await onSqlite(file);

  expect(code).toBe(3);
  expect(report.references).toMatchObject([
    {
      reference: 'orders(customer_id) -> customers(id)',
      orphans: 1,
      found: [{ row: '["17"]', points: '["99"]' }],
    },
  ]);
});

test('SQLite: tables without row numbers, composite keys, a parent that is gone, and keys that cannot be read', async () => {
  const file = sqlite(`
    create table places (shelf text, line integer, primary key (shelf, line)) without rowid;
    create table goods (code text primary key, s text, l integer, foreign key (s, l) references places) without rowid;
    create table lost (id integer primary key, x integer references gone(id));
    create table headless (name text);
    create table odd (id integer primary key, h integer references headless);
    insert into places values ('a', 1);
    insert into goods values ('x', 'a', 1), ('y', null, 5), ('z', 'a', 2);
    insert into lost values (1, null), (2, 4)`);

  const { code, report } = await onSqlite(file);

  expect(code).toBe(3);
  expect(report.references.map((one) => [one.reference, one.verdict, one.orphans])).toEqual([
    ['goods(s, l) -> places(shelf, line)', 'orphans', 1],
    ['lost(x) -> gone(id)', 'orphans', 1],
    ['odd(h) -> headless()', 'unknown', null],
  ]);
  expect(report.references[0]?.found).toEqual([{ row: '["z"]', points: '["a","2"]' }]);
});

test('SQLite: where its own check counts otherwise, neither is believed', async () => {
  const file = sqlite(`
    create table parents (code text primary key);
    create table children (id integer primary key, code integer references parents);
    insert into parents values ('01'); insert into children values (1, 1)`);

  const { code, report } = await onSqlite(file);

  expect(code).toBe(30);
  expect(report.references[0]?.why).toContain("SQLite's own foreign_key_check 1");
});

test('a soft reference that no constraint holds is looked at like a declared one', async () => {
  await postgres.run(`
    create table orders (id int primary key); create table cart (id int primary key, order_id int);
    insert into orders values (1); insert into cart values (1, 1), (2, 2), (3, null)`);

  const { code, report } = await onPostgres('--soft', 'cart.order_id -> orders.id');

  expect(code).toBe(3);
  expect(report.references).toMatchObject([{ orphans: 1, found: [{ row: '["2"]', points: '["2"]' }] }]);
});

test('a soft reference across two databases is found, with keys that the other side could not even hold', async () => {
  await postgres.run(`
    create table orders (id int primary key); insert into orders select n from generate_series(1, 5000) n`);
  const file = sqlite(`
    create table cart (id integer primary key, order_id text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into cart select i, i from n;
    insert into cart values (6001, '7777'), (6002, '7777'), (6003, 'none'), (6004, null)`);
  const said = await walkback(
    { SHOP_URL: postgres.url },
    'data',
    'integrity',
    '--sqlite',
    file,
    '--json',
    '--soft',
    'cart.order_id -> other:orders.id',
    '--other',
    'postgres:SHOP_URL',
  );

  expect(said.code).toBe(3);
  const { references } = said.json() as Report;
  expect(references).toMatchObject([
    {
      orphans: 3,
      found: [
        { row: '2 rows', points: '["7777"]' },
        { row: '1 rows', points: '["none"]' },
      ],
    },
  ]);
});

test('the other way round too: rows of PostgreSQL that point into a SQLite file', async () => {
  await postgres.run(
    `create table lines (a bigint, b text); insert into lines values (1, 'x'), (1, 'y'), (9007199254740993, 'x')`,
  );
  const file = sqlite(`
    create table parts (a integer, b text, primary key (a, b));
    insert into parts values (1, 'x'), (9007199254740992, 'x')`);
  const { code, report } = await onPostgres(
    '--soft',
    'lines(a, b) -> other:parts(a, b)',
    '--other',
    `sqlite:${file}`,
  );

  expect(code).toBe(3);
  expect(report.references[0]?.found.map(({ points }) => points)).toEqual([
    '["1","y"]',
    '["9007199254740993","x"]',
  ]);
});

test('a soft reference into a second database that nobody named is unknown, one to no table too', async () => {
  await postgres.run('create table cart (order_id int)');
  const { code, report } = await onPostgres(
    '--soft',
    'cart.order_id -> other:orders.id',
    '--soft',
    'cart.order_id -> orders.id',
  );
  expect(code).toBe(30);
  expect(report.references.map(({ why }) => why)).toEqual([
    'no second database was named (--other)',
    expect.stringContaining('relation "orders" does not exist'),
  ]);
});

test.each([
  [['--soft', 'cart -> orders'], 'is no reference'],
  [['--soft', 'a(x, y) -> b(x)'], 'is no reference'],
  [['--other', 'mysql:x'], 'is no second database'],
  [['--sample', '0'], 'is no percentage'],
  [['--ids', 'all'], 'is no whole number'],
  [['--baseline', '/nonexistent/before.json'], 'There is no baseline'],
  [['--baseline', 'table'], 'holds no baseline'],
])('%j is wrong usage', async (flags, why) => {
  const said = await walkback(env, 'data', 'integrity', '--postgres', ...flags);
  expect(said.code).toBe(2);
  expect(said.warned).toContain(why);
});

test('its text names every reference, and nothing of the data can act on a terminal', async () => {
  await postgres.run(
    'create table a (id text primary key); create table b (id int primary key, a_id text references a)',
  );
  await planted(`insert into b values (1, E'\\x1b]0;owned\\x07')`);
  const said = await walkback(env, 'data', 'integrity', '--postgres');
  expect(said.out).toContain('✘ public.b(a_id) -> public.a(id): 1 orphan');
  expect(said.out).not.toContain('\u001b');
});

test('numbers of nineteen digits, as many services count by, are looked up and not taken for orphans', async () => {
  await postgres.run(`create table orders (id bigint primary key);
    insert into orders values (1234567890123456789), (9223372036854775807), (-9223372036854775808)`);
  const file = sqlite(`create table cart (id integer primary key, order_id text);
    insert into cart (order_id) values ('1234567890123456789'), ('9223372036854775807'), ('-9223372036854775808'),
      ('9223372036854775808'), ('1234567890123456788')`);
  const soft = 'cart.order_id -> other:orders.id';
  const asked = [
    'data',
    'integrity',
    '--sqlite',
    file,
    '--json',
    '--other',
    'postgres:SHOP_URL',
    '--soft',
    soft,
  ];
  const { code, json } = await walkback({ SHOP_URL: postgres.url }, ...asked);

  expect(code).toBe(3);
  expect((json() as Report).references[0]?.found.map(({ points }) => points)).toEqual([
    '["1234567890123456788"]',
    '["9223372036854775808"]',
  ]);
});
