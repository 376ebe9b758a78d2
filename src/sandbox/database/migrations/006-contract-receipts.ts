import type { Migration } from './migration.ts';

/** Contract: the previous release's receipt numbers go. The way back has the column again, but not what stood in it. */
export const contractReceipts: Migration = {
  id: 6,
  name: 'contract_receipts',
  archive: false,
  up: `alter table orders drop column receipt;`,
  down: `
    create table orders_new (
      id integer primary key,
      customer_id integer not null references customers (id),
      status text not null check (status in ('placed', 'paid', 'refunded', 'partially_refunded')),
      total_cents integer not null,
      placed_at integer not null,
      receipt text,
      coupon_code text references coupons (code),
      discount_cents integer not null default 0
    ) strict;
    insert into orders_new (id, customer_id, status, total_cents, placed_at, coupon_code, discount_cents)
      select id, customer_id, status, total_cents, placed_at, coupon_code, discount_cents from orders;
    drop table orders;
    alter table orders_new rename to orders;
  `,
  verify: `select not exists (select 1 from pragma_table_info('orders') where name = 'receipt')`,
};
