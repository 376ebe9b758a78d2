import type { Migration } from './migration.ts';

export const customersAndProducts: Migration = {
  id: 1,
  name: 'customers_and_products',
  archive: false,
  up: `
    create table "customers" (id integer primary key, email text not null unique, name text not null) strict;
    create table products (id integer primary key, title text not null, price_cents integer not null) strict;
  `,
  down: `
    drop table products;
    drop table customers;
  `,
  verify: `select count(*) = 2 from sqlite_master where type = 'table' and name in ('customers', 'products')`,
};
