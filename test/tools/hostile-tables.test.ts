import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/tools/database.ts';
import type { Database, DatabasePlace } from '../../src/tools/database/model.ts';
import { exportTable } from '../../src/tools/retain/export-table.ts';
import { readTransformPlan } from '../../src/tools/transform/plan.ts';
import { reverse } from '../../src/tools/transform/reverse.ts';
import { transform } from '../../src/tools/transform/transform.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { walkback } from './cli.ts';
import { timesAt, toolFolder } from './shop-tables.ts';

let postgres: TestPostgres;
const open: Database[] = [];
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => postgres.stop());

async function connect(place: DatabasePlace): Promise<Database> {
  const database = await openDatabase(place);
  open.push(database);
  return database;
}

async function emptyPostgres(): Promise<DatabasePlace> {
  await postgres.run('drop schema public cascade; create schema public');
  return { kind: 'postgres', env: { DATABASE_URL: postgres.url } };
}

function emptySqlite(): DatabasePlace {
  const file = join(toolFolder(), 'shop.db');
  writeFileSync(file, '');
  return { kind: 'sqlite', file };
}

const places = { sqlite: async () => emptySqlite(), postgres: emptyPostgres };
const times = timesAt('2026-03-01T13:00:00.000Z');

function planOf(text: string) {
  const file = join(toolFolder(), 'transform.yaml');
  writeFileSync(file, text);
  return readTransformPlan(file);
}

const request = (text: string) => ({
  file: planOf(text),
  session: 's1',
  expected: null,
  approvedLoss: 100,
  dryRun: false,
  times,
});

const numbers = async (database: Database, sql: string): Promise<readonly unknown[]> =>
  (await database.query(sql)).map((row) => row['n']);

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it was not refused',
    (error: unknown) => String(error),
  );

describe.each(['sqlite', 'postgres'] as const)('on %s', (dialect) => {
  const ordersPlan = `walkback_transform: 1
batch: 10
tables: [{ table: orders, where: note is null, set: { note: "'x'", amount: amount * 100 } }]
`;

  async function fortyOrders(): Promise<DatabasePlace> {
    const place = await places[dialect]();
    const database = await connect(place);
    await database.script('create table orders (id int primary key, amount int not null, note text)');
    for (let id = 1; id <= 40; id += 1)
      await database.change(`insert into orders values (${String(id)}, 5, null)`);
    return place;
  }

  test('two runs of one session at the same time convert each row once', async () => {
    const place = await fortyOrders();
    const [first, second] = [await connect(place), await connect(place)];
    let begun = 0;
    // when the first has counted and is about to do its first batch, the second does one batch and dies
    const held: Database = {
      ...first,
      transaction: async (work, options) => {
        begun += 1;
        if (begun === 2) {
          const dying = transform(second, {
            ...request(ordersPlan),
            file: one.file,
            onBatch: () => {
              throw new Error('killed');
            },
          });
          await expect(dying).rejects.toThrow('killed');
        }
        return first.transaction(work, options);
      },
    };
    const one = request(ordersPlan);

    const result = await transform(held, one);

    expect(result).toMatchObject({ changed: 30, done: 40 });
    expect(await numbers(first, 'select distinct amount as n from orders')).toEqual([500]);
  });

  test('a row that somebody changes while others are put back is not overwritten either', async () => {
    const place = await fortyOrders();
    const [database, other] = [await connect(place), await connect(place)];
    const one = request(ordersPlan);
    await transform(database, one);
    let begun = 0;
    const held: Database = {
      ...database,
      transaction: async (work, options) => {
        begun += 1;
        if (begun === 2) await other.change("update orders set note = 'theirs'");
        return database.transaction(work, options);
      },
    };

    const back = reverse(held, { ...one, overwrite: false });

    expect(await refusal(back)).toContain('10 rows were changed since they were converted');
    expect(await numbers(other, "select count(*) as n from orders where note = 'theirs'")).toEqual([40]);
  });

  test.each(['cascade', 'set null'])(
    'rows are not taken out where others would go along or be changed whose originals are kept nowhere (%s)',
    async (action) => {
      const database = await connect(await places[dialect]());
      await database.script(
        `create table orders (id int primary key, kind text);
         create table lines (id int primary key, order_id int references orders (id) on delete ${action});
         insert into orders values (1, 'new'), (2, 'new'); insert into lines values (10, 2)`,
      );
      const taken = (id: number) =>
        request(`walkback_transform: 1
tables:
  - { table: orders, where: kind = 'new' and id = ${String(id)}, set: { kind: "'old'" }, cannot: [{ when: "1 = 1", rule: quarantine }] }
`);

      expect(await refusal(transform(database, taken(2)))).toContain('1 rows of lines');
      expect(await numbers(database, 'select order_id as n from lines')).toEqual([2]);
      expect(await transform(database, { ...taken(1), session: 's2' })).toMatchObject({ changed: 1 });
    },
  );

  test('rows that point at rows of their own table come back in an order that their keys allow', async () => {
    const database = await connect(await places[dialect]());
    await database.script(
      `create table parts (id int primary key, whole int references parts (id), kind text not null);
       insert into parts values (4, null, 'new'); insert into parts values (1, 4, 'new')`,
    );
    const one = request(`walkback_transform: 1
batch: 1
tables:
  - { table: parts, where: kind = 'new', set: { kind: "'old'" }, cannot: [{ when: "true", rule: quarantine }] }
`);
    await transform(database, one);
    expect(await numbers(database, 'select count(*) as n from parts')).toEqual([0]);

    await reverse(database, { ...one, overwrite: false });

    expect(await numbers(database, 'select whole as n from parts order by id')).toEqual([4, null]);
  });
});

test.each(['Orders', 'orders'])(
  'two entries whose originals would lie in one table are refused: orders and %s',
  async (other) => {
    const database = await connect(await emptyPostgres());
    await database.script(
      `create table orders (id int primary key, note text); create table "Orders" (id int primary key, note text);
     insert into orders values (1, 'new'); insert into "Orders" values (1, 'new')`,
    );
    const entry = (table: string): string =>
      `  - { table: ${table}, where: note = 'new', set: { note: "'old'" } }\n`;
    const both = request(`walkback_transform: 1\ntables:\n${entry('orders')}${entry(other)}`);

    expect(await refusal(transform(database, both))).toContain('would lie in one table, walkback_s1_orders');

    expect(await numbers(database, 'select note as n from orders')).toEqual(['new']);
  },
);

test('numbers that the server alone gives do not keep a row from coming back', async () => {
  const database = await connect(await emptyPostgres());
  await database.script(
    `create table orders (id text primary key, nr bigint generated always as identity, note text);
     insert into orders (id) values ('a'), ('b')`,
  );
  const one = request(`walkback_transform: 1
tables:
  - table: orders
    where: note is null
    set: { note: "'x'" }
    cannot: [{ when: id = 'b', rule: quarantine }]
`);
  await transform(database, one);

  await reverse(database, { ...one, overwrite: false });

  expect(await database.query('select * from orders order by id')).toEqual([
    { id: 'a', nr: 1, note: null },
    { id: 'b', nr: 2, note: null },
  ]);
});

test('columns that a primary key only carries along do not name a row', async () => {
  const database = await connect(await emptyPostgres());
  await database.script(
    `create table orders (id int, note text, primary key (id) include (note)); insert into orders values (1, 'new')`,
  );
  const one = request(`walkback_transform: 1
tables: [{ table: orders, where: note = 'new', set: { note: "'old'" } }]
`);
  await transform(database, one);

  await reverse(database, { ...one, overwrite: false });

  expect(await numbers(database, 'select note as n from orders')).toEqual(['new']);
});

test(
  'ten thousand rows of SQLite take a moment: no batch reads the whole table',
  { timeout: 15_000 },
  async () => {
    const database = await connect(emptySqlite());
    await database.script(
      `create table orders (id int primary key, status text);
     with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000) insert into orders select i, 'new' from n`,
    );
    const plan = `walkback_transform: 1
batch: 500
tables: [{ table: orders, where: status = 'new', set: { status: "'paid'" } }]
`;
    expect(await transform(database, request(plan))).toMatchObject({ changed: 10_000, done: 10_000 });
  },
);

test('keys of SQLite come back as what they were, whatever their column is called', async () => {
  const database = await connect(emptySqlite());
  await database.script(
    `create table orders (a "INTEGER", b "any", c "varchar(3)", d, e real, note text, primary key (a, b, c, d, e));
     insert into orders values ('x', '5', 7, '7', 1, null), (1, 5, '7', 7, 0.1, null), (2, 5.5, 'a', x'01', 2, null)`,
  );
  const kinds = `select quote(a) || quote(b) || quote(c) || quote(d) || quote(e) || quote(note) as n from orders order by 1`;
  const before = await numbers(database, kinds);
  const one = request(`walkback_transform: 1
batch: 1
tables:
  - table: orders
    where: note is null
    set: { note: "'x'" }
    cannot: [{ when: a = 2, rule: quarantine }, { when: a = 'x', rule: quarantine }]
`);
  expect(await transform(database, one)).toMatchObject({ changed: 3 });

  await reverse(database, { ...one, overwrite: false });

  expect(await numbers(database, kinds)).toEqual(before);
});

test('a table of SQLite that is named with its schema comes back as well', async () => {
  const database = await connect(emptySqlite());
  await database.script(
    "create table orders (id int primary key, note text); insert into orders values (1, 'new')",
  );
  const one = request(`walkback_transform: 1
tables: [{ table: main.orders, where: note = 'new', set: { note: "'old'" } }]
`);
  await transform(database, one);

  expect(await reverse(database, { ...one, overwrite: false })).toMatchObject({ restored: 1 });

  expect(await numbers(database, 'select note as n from orders')).toEqual(['new']);
});

test('an archive holds every byte and number, whatever the role has set for its output', async () => {
  const place = await emptyPostgres();
  const database = await connect(place);
  await database.script(
    `create table facts (id int primary key, raw bytea, ratio float8, small float8);
     insert into facts values (1, 'abc', 'NaN', 0.1::float8 + 0.2::float8), (2, '\\x00ff', '-Infinity', '-0')`,
  );
  const archived = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    await exportTable(await connect(place), 'facts', undefined, (line) => lines.push(line));
    return lines;
  };
  const before = await archived();
  await postgres.run(
    "alter role walker set bytea_output = 'escape'; alter role walker set extra_float_digits = -3",
  );
  try {
    expect(await archived()).toEqual(before);
  } finally {
    await postgres.run('alter role walker reset all');
  }
  expect(before.map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: 1, raw: String.raw`\x616263`, ratio: 'NaN', small: 0.30000000000000004 },
    { id: 2, raw: String.raw`\x00ff`, ratio: '-Infinity', small: '-0' },
  ]);
});

test('rows that a policy hides are not taken for rows that are not there', async () => {
  await emptyPostgres();
  await postgres.run(
    `create table orders (id int primary key, tenant int not null, status text not null);
     insert into orders values (1, 1, 'paid'), (2, 2, 'refunded in part');
     alter table orders enable row level security;
     create policy own on orders using (tenant = 1);
     drop role if exists clerk; create role clerk login password 'x'; grant all on orders to clerk;
     grant all on schema public to clerk`,
  );
  const url = new URL(postgres.url);
  [url.username, url.password] = ['clerk', 'x'];
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: url.href };
  const folder = toolFolder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const where = `"status not in ('placed', 'paid')"`;
  const rules = file(
    'written.yaml',
    `walkback_written: 1\ndetectors: [{ id: odd, class: blocking, table: orders, sql: ${where} }]\n`,
  );
  const plan = file(
    'transform.yaml',
    `walkback_transform: 1\ntables: [{ table: orders, where: ${where}, set: { status: "'paid'" } }]\n`,
  );
  const kept = file('retain.yaml', 'walkback_retain: 1\nkeep: [{ id: orders, table: orders, until: 1d }]\n');
  const vault = join(folder, 'vault');

  const written = await walkback(env, 'data', 'written', rules, '--since', '2026-03-01T10:00:00Z', '--json');
  const converted = await walkback(env, 'data', 'transform', plan, '--session', 's1');
  const archived = await walkback(env, 'data', 'retain', kept, '--vault', vault, '--session', 's1');

  expect([written.code, written.json()]).toMatchObject([30, { verdict: 'blocking', unknown: true }]);
  expect([converted.code, archived.code]).toEqual([3, 3]);
  expect(converted.warned + archived.warned).toMatch(
    /row-level security policy[^]*row-level security policy/,
  );
});

describe.each(['sqlite', 'postgres'] as const)('rows that a command converts, on %s', (dialect) => {
  test('keep keys of bytes, and numbers and bytes that JSON does not have', async () => {
    const database = await connect(await places[dialect]());
    const [type, key, raw] =
      dialect === 'sqlite' ? ['', "x'01'", "x'0aff'"] : ['bytea', String.raw`'\x01'`, String.raw`'\x0aff'`];
    await database.script(
      `create table orders (id ${type} primary key, raw ${type}, big bigint, many ${dialect === 'sqlite' ? '' : 'int'}, note text);
       insert into orders values (${key}, ${raw}, 9007199254740993, 7, null)`,
    );
    const program = join(toolFolder(), 'convert.mjs');
    writeFileSync(
      program,
      `#!${process.execPath}
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { id, raw } = JSON.parse(line);
  console.log(\`{"id":\${JSON.stringify(id)},"raw":\${JSON.stringify(raw + '00')},"big":9007199254740995,"many":8,"note":"x"}\`);
}
`,
    );
    chmodSync(program, 0o755);
    await transform(
      database,
      request(`walkback_transform: 1\ntables: [{ table: orders, where: note is null, run: [${program}] }]\n`),
    );

    const kinds = dialect === 'sqlite' ? ', typeof(raw) as r, typeof(many) as m' : '';
    expect(await database.query(`select raw, big, many${kinds} from orders`)).toEqual([
      {
        raw: Buffer.from([0x0a, 0xff, 0]),
        big: 9007199254740995n,
        many: 8,
        ...(dialect === 'sqlite' ? { r: 'blob', m: 'integer' } : {}),
      },
    ]);
  });
});
