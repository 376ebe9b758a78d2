import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Random } from '../random.ts';
import { releases, type ReleaseVersion } from '../releases.ts';
import { takeBackup } from './backups.ts';
import { migrateTo } from './migrate.ts';
import { openShopDatabase, type ShopDatabase } from './open.ts';
import { layScripts } from './scripts.ts';

const products = [
  'Teapot', 'Kettle', 'Mug', 'Saucer', 'Spoon', 'Tray', 'Strainer', 'Caddy', 'Timer', 'Scale',
  'Honey', 'Biscuits', 'Green tea', 'Black tea', 'White tea', 'Oolong', 'Rooibos', 'Mint', 'Chai', 'Filter',
] as const; // prettier-ignore
const firstNames = [
  'Ada',
  'Grace',
  'Edsger',
  'Barbara',
  'Niklaus',
  'Frances',
  'Tony',
  'Jean',
  'Alan',
  'Radia',
] as const;
const lastNames = [
  'Lovelace',
  'Hopper',
  'van der Meer',
  'Liskov',
  'Wirth',
  'Allen',
  'de la Cruz',
  'Bartik',
  'Kay',
  'O\u2019Neil',
] as const;

const customerCount = 200;
const orderCount = 300;

/** How many of the orders were there when the backup of the night before was taken. */
const ordersInOlder = 220;

/** A shop with customers, products and paid orders, on the schema that the release needs. */
export function seedDatabase(
  folder: string,
  random: Random,
  release: ReleaseVersion,
  domainMs: number,
): void {
  mkdirSync(path.join(folder, 'data'), { recursive: true });
  layScripts(folder);
  const database = openShopDatabase(folder);
  try {
    migrateTo(database, folder, releases.previous.schema, domainMs - 30 * 86_400_000);
    database.transaction(() => seedCustomers(database, random))();
    const order = database.transaction((from: number, to: number) =>
      seedOrders(database, random, domainMs, from, to),
    );
    order(1, ordersInOlder);
    takeBackup(folder, database, { name: 'shop-1', volume: 'main', atMs: placedAt(ordersInOlder, domainMs) });
    order(ordersInOlder + 1, orderCount);
    takeBackup(folder, database, { name: 'shop-2', volume: 'main', atMs: placedAt(orderCount, domainMs) });
    const run = migrateTo(
      database,
      folder,
      release === releases.current.version ? releases.current.schema : releases.previous.schema,
      domainMs,
    );
    if (run.failed)
      throw new Error(`the sandbox's own schema does not apply: ${run.failed.migration}: ${run.failed.why}`);
  } finally {
    database.close();
  }
}

function seedCustomers(database: ShopDatabase, random: Random): void {
  const product = database.prepare('insert into products values (?, ?, ?)');
  for (const [index, title] of products.entries()) product.run(index + 1, title, 300 + random.below(60) * 50);
  const customer = database.prepare('insert into customers (id, email, name) values (?, ?, ?)');
  for (let id = 1; id <= customerCount; id += 1) {
    // Every ninth name has a doubled space: what a split loses, so that the archive has something to give back.
    const gap = id % 9 === 0 ? '  ' : ' ';
    customer.run(
      id,
      `customer${id}@shop.example`,
      `${random.pick(firstNames)}${gap}${random.pick(lastNames)}`,
    );
  }
}

/** Within the hour before the release. */
const placedAt = (order: number, domainMs: number): number =>
  domainMs - 3_600_000 + Math.floor((order / orderCount) * 3_500_000);

function seedOrders(
  database: ShopDatabase,
  random: Random,
  domainMs: number,
  from: number,
  to: number,
): void {
  const order = database.prepare(`insert into orders values (?, ?, ?, ?, ?, ?)`);
  const payment = database.prepare(
    'insert into payments (order_id, reference, amount_cents) values (?, ?, ?)',
  );
  for (let id = from; id <= to; id += 1) {
    const cents = 500 + random.below(9_000);
    const customer = 1 + random.below(customerCount);
    const status = random.next() < 0.04 ? 'refunded' : 'paid';
    order.run(id, customer, status, cents, placedAt(id, domainMs), `R-${id}`);
    payment.run(id, `seed-${id}`, cents);
  }
}
