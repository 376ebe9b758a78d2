import type { Migration } from './migration.ts';

export const ordersAndPayments: Migration = {
  id: 2,
  name: 'orders_and_payments',
  archive: false,
  up: `
    create table carts (id integer primary key, made_at integer not null) strict;
    create table cart_items (
      cart_id integer not null references carts (id) on delete cascade,
      product_id integer not null references products (id),
      quantity integer not null check (quantity > 0),
      primary key (cart_id, product_id)
    ) strict;
    create table "orders" (
      id integer primary key,
      customer_id integer not null references customers (id),
      status text not null check (status in ('placed', 'paid', 'refunded')),
      total_cents integer not null,
      placed_at integer not null,
      receipt text
    ) strict;
    create table payments (
      id integer primary key,
      order_id integer not null references orders (id),
      reference text not null unique,
      amount_cents integer not null
    ) strict;
    create index payments_by_order on payments (order_id);
    create table exports (id integer primary key, made_at integer not null, orders integer not null) strict;
  `,
  down: `
    drop table exports;
    drop table payments;
    drop table orders;
    drop table cart_items;
    drop table carts;
  `,
  verify: `select count(*) = 5 from sqlite_master where type = 'table' and name in ('carts', 'cart_items', 'orders', 'payments', 'exports')`,
};
