import type { ShopDatabase } from './open.ts';

/** How many rows only the newer release understands. */
export interface NewerRows {
  readonly partiallyRefunded: number;
  readonly withCoupon: number;
}

const hasColumn = (database: ShopDatabase, table: string, column: string): boolean =>
  database.prepare('select 1 from pragma_table_info(?) where name = ?').get(table, column) !== undefined;

const hasTable = (database: ShopDatabase, table: string): boolean =>
  database.prepare(`select 1 from sqlite_master where type = 'table' and name = ?`).get(table) !== undefined;

export function findNewerRows(database: ShopDatabase): NewerRows {
  const count = (sql: string): number => Number(database.prepare(sql).pluck().get());
  return {
    partiallyRefunded: count(`select count(*) from orders where status = 'partially_refunded'`),
    withCoupon: hasColumn(database, 'orders', 'coupon_code')
      ? count('select count(*) from orders where coupon_code is not null')
      : 0,
  };
}

/** Refunds a part of so many paid orders, as the newer release does. */
export function writeNewerRows(database: ShopDatabase, orders: number): void {
  database
    .prepare(
      `update orders set status = 'partially_refunded'
         where id in (select id from orders where status = 'paid' order by id desc limit ?)`,
    )
    .run(orders);
}

const sideTables = `
  create table if not exists rollback_orders (
    order_id integer primary key, status text not null, coupon_code text, discount_cents integer not null
  ) strict;
  create table if not exists rollback_coupons (code text primary key, percent integer not null, used integer not null) strict;
`;

/** Makes every row readable for the previous release; the originals go to side tables. Answers how many orders changed. */
export function transformRows(database: ShopDatabase): number {
  if (!hasColumn(database, 'orders', 'coupon_code')) return 0;
  return database
    .transaction(() => {
      database.exec(sideTables);
      const newer = `status = 'partially_refunded' or coupon_code is not null`;
      database.exec(
        `insert or replace into rollback_orders select id, status, coupon_code, discount_cents from orders where ${newer}`,
      );
      database.exec('insert or replace into rollback_coupons select code, percent, used from coupons');
      return database
        .prepare(
          `update orders set status = iif(status = 'partially_refunded', 'refunded', status), coupon_code = null, discount_cents = 0 where ${newer}`,
        )
        .run().changes;
    })
    .immediate();
}

/** Puts the originals back and drops the side tables; needs the newer schema. Answers how many orders came back, null where it cannot. */
export function untransformRows(database: ShopDatabase): number | null {
  if (!hasTable(database, 'rollback_orders')) return 0;
  if (!hasColumn(database, 'orders', 'coupon_code')) return null;
  return database
    .transaction(() => {
      database.exec('insert or replace into coupons select code, percent, used from rollback_coupons');
      const { changes } = database
        .prepare(
          `update orders set status = r.status, coupon_code = r.coupon_code, discount_cents = r.discount_cents
             from rollback_orders r where r.order_id = orders.id`,
        )
        .run();
      database.exec('drop table rollback_orders; drop table rollback_coupons;');
      return changes;
    })
    .immediate();
}
