import type { Migration } from './migration.ts';

/** Expand: room for the split name. The previous release reads this schema without noticing. */
export const expandCustomerName: Migration = {
  id: 3,
  name: 'expand_customer_name',
  archive: false,
  up: `
    alter table customers add column first_name text;
    alter table customers add column last_name text;
  `,
  down: `
    alter table customers drop column last_name;
    alter table customers drop column first_name;
  `,
  verify: `select count(*) = 2 from pragma_table_info('customers') where name in ('first_name', 'last_name')`,
};
