import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrateTo, verifySchema } from '../../src/sandbox/database/migrate.ts';
import { migrations } from '../../src/sandbox/database/migrations/list.ts';
import {
  archiveFile,
  openShopDatabase,
  schemaVersion,
  type ShopDatabase,
} from '../../src/sandbox/database/open.ts';
import { seedDatabase } from '../../src/sandbox/database/seed.ts';
import { findNewerRows, transformRows, untransformRows } from '../../src/sandbox/database/transform.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { UnknownStatus } from '../../src/sandbox/shop/release-code.ts';

const at = 1_800_000_000_000;
let folder = '';
let database: ShopDatabase;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-migrations-'));
  mkdirSync(path.join(folder, 'data'));
  seedDatabase(folder, seededRandom(3), '2.0.0', at);
  database = openShopDatabase(folder);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything in the database but the bookkeeping of the migrations themselves, as text. */
function dump(): string {
  const tables = database
    .prepare(
      `select name, sql from sqlite_master where type = 'table' and name <> 'migrations' order by name`,
    )
    .all() as readonly {
    readonly name: string;
    readonly sql: string;
  }[];
  return tables
    .map(({ name, sql }) =>
      JSON.stringify([name, sql, database.prepare(`select * from "${name}" order by 1, 2`).raw().all()]),
    )
    .join('\n');
}

function writeNewerRows(): void {
  database.exec(`
    update orders set status = 'partially_refunded' where id % 40 = 0;
    update orders set coupon_code = 'SPRING15', discount_cents = id where id % 25 = 0;
    update coupons set used = 12 where code = 'SPRING15';
    insert into customers (id, email, first_name, last_name) values (900, 'new@shop.example', 'Katherine', 'Johnson van der Berg');
  `);
}

test.each(migrations)('$name goes up, down and up again, and its check knows the difference', ({ id }) => {
  const before = id === 6 ? 5 : id - 1;
  expect(migrateTo(database, folder, before, at)).toMatchObject({ reached: before, failed: null });
  expect(verifySchema(database)).toEqual([]);
  const empty = dump();
  expect(migrateTo(database, folder, id, at)).toMatchObject({ reached: id, failed: null });
  expect(verifySchema(database)).toEqual([]);
  expect(dump()).not.toBe(empty);
  expect(migrateTo(database, folder, before, at)).toMatchObject({ reached: before, failed: null });
  expect(verifySchema(database)).toEqual([]);
});

test('down for the previous release, up again and the originals back leaves every byte as it was', () => {
  writeNewerRows();
  const before = dump();
  const found = findNewerRows(database);
  expect(found).toEqual({ partiallyRefunded: 7, withCoupon: 12 });

  expect(transformRows(database)).toBe(18); // one order has both
  expect(findNewerRows(database)).toEqual({ partiallyRefunded: 0, withCoupon: 0 });
  expect(migrateTo(database, folder, 2, at)).toMatchObject({ reached: 2, failed: null });
  expect(database.prepare('select name from customers where id = 9').pluck().get()).toMatch(/\S {2}\S/); // the doubled space came back
  expect(database.prepare('select name from customers where id = 900').pluck().get()).toBe(
    'Katherine Johnson van der Berg',
  );

  expect(untransformRows(database)).toBeNull(); // this schema cannot hold them
  expect(migrateTo(database, folder, 5, at)).toMatchObject({ reached: 5, failed: null });
  expect(untransformRows(database)).toBe(18);
  expect(dump()).toBe(before);
});

test('transforming twice keeps the first originals', () => {
  writeNewerRows();
  const before = dump();
  transformRows(database);
  expect(transformRows(database)).toBe(0);
  untransformRows(database);
  expect(dump()).toBe(before);
});

test.each([
  [`update orders set status = 'partially_refunded' where id = 5`, /CHECK constraint failed/],
  [`update orders set coupon_code = 'STAFF30' where id = 5`, /CHECK constraint failed/],
])('the schema does not go down while a row needs it: %s', (sql, why) => {
  database.exec(sql);
  const run = migrateTo(database, folder, 2, at);
  expect(run).toMatchObject({
    reached: 5,
    applied: [],
    failed: { migration: '005_partial_refunds_and_coupons' },
  });
  expect(run.failed?.why).toMatch(why);
  expect(verifySchema(database)).toEqual([]);
});

test('a lock on the archive stops the second migration down, and the first one stays done', () => {
  const report = new Database(archiveFile(folder));
  report.exec('begin immediate');
  const run = migrateTo(database, folder, 2, at);
  expect(run).toMatchObject({
    from: 5,
    reached: 4,
    applied: ['005_partial_refunds_and_coupons'],
    failed: { migration: '004_split_customer_name' },
  });
  expect(run.failed?.why).toMatch(/locked/);
  expect(schemaVersion(database)).toBe(4);
  expect(verifySchema(database)).toEqual([]);

  report.close();
  expect(migrateTo(database, folder, 2, at)).toMatchObject({ from: 4, reached: 2, failed: null });
});

test('the contract migration is destructive: its way back has the column and not the values', () => {
  const receipts = database.prepare('select count(receipt) from orders').pluck();
  expect(receipts.get()).toBe(300);
  migrateTo(database, folder, 6, at);
  migrateTo(database, folder, 5, at);
  expect(receipts.get()).toBe(0);
});

test('the previous release reads what is left after the way down, and not before', async () => {
  const { v1 } = await import('../../src/sandbox/shop/v1.ts');
  expect(() => v1.customerName(database, 1)).toThrow(/no such column/);
  expect(v1.statuses).not.toContain('partially_refunded');
  migrateTo(database, folder, 2, at);
  expect(v1.customerName(database, 1)).toMatch(/\S/);
  expect(new UnknownStatus('x').name).toBe('UnknownStatus');
});

test('the same seed makes the same shop', () => {
  const first = dump();
  const other = mkdtempSync(path.join(tmpdir(), 'sandbox-migrations-'));
  try {
    mkdirSync(path.join(other, 'data'));
    seedDatabase(other, seededRandom(3), '2.0.0', at);
    database.close();
    database = openShopDatabase(other);
    expect(dump()).toBe(first);
  } finally {
    database.close();
    rmSync(other, { recursive: true, force: true });
    database = openShopDatabase(folder);
  }
});
