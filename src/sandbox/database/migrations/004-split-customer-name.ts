import type { Migration } from './migration.ts';

/**
 * The one name becomes two. Splitting loses spaces, so the originals go to the archive and come back from there; a
 * customer who arrived since has none, and gets the two joined.
 */
export const splitCustomerName: Migration = {
  id: 4,
  name: 'split_customer_name',
  archive: true,
  up: `
    create table if not exists archive.full_names (customer_id integer primary key, name text not null) strict;
    insert into archive.full_names select id, name from customers;
    create table customers_new (
      id integer primary key,
      email text not null unique,
      first_name text not null,
      last_name text not null
    ) strict;
    insert into customers_new
      select id, email,
        trim(substr(trim(name) || ' ', 1, instr(trim(name) || ' ', ' '))),
        trim(substr(trim(name) || ' ', instr(trim(name) || ' ', ' ')))
      from customers;
    drop table customers;
    alter table customers_new rename to customers;
  `,
  down: `
    create table customers_new (
      id integer primary key,
      email text not null unique,
      name text not null,
      first_name text,
      last_name text
    ) strict;
    insert into customers_new
      select c.id, c.email, coalesce(a.name, trim(c.first_name || ' ' || c.last_name)), null, null
      from customers c left join archive.full_names a on a.customer_id = c.id;
    drop table customers;
    alter table customers_new rename to customers;
    delete from archive.full_names;
  `,
  verify: `select count(*) = 1 from pragma_table_info('customers') where name = 'first_name' and "notnull" = 1
    and not exists (select 1 from pragma_table_info('customers') where name = 'name')`,
};
