import type { Migration } from './migration.ts';

/**
 * A new status and coupons. Going down is refused by the data itself while an order still has that status (its CHECK)
 * or a coupon (the guard), so such rows must be transformed first.
 */
export const partialRefundsAndCoupons: Migration = {
  id: 5,
  name: 'partial_refunds_and_coupons',
  archive: false,
  up: `
    create table coupons (code text primary key, percent integer not null, used integer not null default 0) strict;
    insert into coupons (code, percent) values ('WELCOME10', 10), ('SPRING15', 15), ('STAFF30', 30);
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
    insert into orders_new (id, customer_id, status, total_cents, placed_at, receipt)
      select id, customer_id, status, total_cents, placed_at, receipt from orders;
    drop table orders;
    alter table orders_new rename to orders;
  `,
  down: `
    create temp table no_order_has_a_coupon (orders integer check (orders = 0));
    insert into no_order_has_a_coupon select count(*) from orders where coupon_code is not null;
    drop table no_order_has_a_coupon;
    create table orders_new (
      id integer primary key,
      customer_id integer not null references customers (id),
      status text not null check (status in ('placed', 'paid', 'refunded')),
      total_cents integer not null,
      placed_at integer not null,
      receipt text
    ) strict;
    insert into orders_new select id, customer_id, status, total_cents, placed_at, receipt from orders;
    drop table orders;
    alter table orders_new rename to orders;
    drop table coupons;
  `,
  verify: `select count(*) = 1 from sqlite_master where name = 'orders' and sql like '%partially_refunded%'
    and exists (select 1 from sqlite_master where name = 'coupons')`,
};
