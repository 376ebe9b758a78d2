import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/tools/database.ts';
import type { Database, DatabasePlace } from '../../src/tools/database/model.ts';
import { readTransformPlan } from '../../src/tools/transform/plan.ts';
import { reverse } from '../../src/tools/transform/reverse.ts';
import { transform } from '../../src/tools/transform/transform.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
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
    const theirs: Promise<unknown>[] = [];
    const back = reverse(database, {
      ...one,
      overwrite: false,
      onBatch: () => {
        if (theirs.length === 0) theirs.push(other.change("update orders set note = 'theirs'"));
      },
    });

    expect(await refusal(back)).toContain('10 rows were changed since they were converted');
    await Promise.all(theirs);
    expect(await numbers(other, "select count(*) as n from orders where note = 'theirs'")).toEqual([40]);
  });

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
