import { existsSync } from 'node:fs';
import { pinnedBackup, readBackup } from './backups.ts';
import { archiveFile, openFile, type ShopDatabase } from './open.ts';

const hasName = (database: ShopDatabase): boolean =>
  database.prepare(`select 1 from pragma_table_info('customers') where name = 'name'`).get() !== undefined;

/**
 * Customers whose name is no longer what the archive remembers: somebody put the two halves together by hand. While
 * the names are split the archive holds the originals, and nothing is lost.
 */
export function changedNames(folder: string, database: ShopDatabase): number {
  if (!hasName(database) || !existsSync(archiveFile(folder))) return 0;
  const archive = openFile(archiveFile(folder));
  try {
    const kept =
      archive.prepare(`select 1 from sqlite_master where name = 'full_names'`).get() !== undefined
        ? (archive.prepare('select customer_id as id, name from full_names').all() as readonly {
            id: number;
            name: string;
          }[])
        : [];
    const now = database.prepare('select name from customers where id = ?').pluck();
    return kept.filter(({ id, name }) => ![undefined, name].includes(now.get(id) as string | undefined))
      .length;
  } finally {
    archive.close();
  }
}

/** Some customers with orders go, as by a clean-up that switches the constraints off. Answers how many. */
export function loseCustomers(database: ShopDatabase, most: number): number {
  database.pragma('foreign_keys = OFF');
  try {
    return database
      .prepare(
        'delete from customers where id in (select distinct customer_id from orders order by customer_id limit ?)',
      )
      .run(most).changes;
  } finally {
    database.pragma('foreign_keys = ON');
  }
}

/** Puts the customers back that orders point at, from the pinned backup. Answers how many, or why it cannot. */
export function mendCustomers(folder: string, database: ShopDatabase): number | string {
  const backup = pinnedBackup(folder);
  if (backup === null) return 'no backup is pinned';
  if (!hasName(database)) return 'the names are split: take the schema back first';
  const known = readBackup(folder, backup, (copy) =>
    copy.prepare('select id, email, name from customers').all(),
  ) as readonly { readonly id: number; readonly email: string; readonly name: string }[];
  return database
    .transaction(() => {
      database.exec('create table if not exists mended_customers (id integer primary key) strict');
      const missing = new Set(
        database
          .prepare(
            'select distinct customer_id from orders where customer_id not in (select id from customers)',
          )
          .pluck()
          .all() as number[],
      );
      const back = known.filter(({ id }) => missing.has(id));
      const customer = database.prepare('insert into customers (id, email, name) values (?, ?, ?)');
      const mended = database.prepare('insert or ignore into mended_customers values (?)');
      for (const { id, email, name } of back) {
        customer.run(id, email, name);
        mended.run(id);
      }
      return back.length;
    })
    .immediate();
}

/** Takes the customers away again that were put back. */
export function unmendCustomers(database: ShopDatabase): number {
  if (database.prepare(`select 1 from sqlite_master where name = 'mended_customers'`).get() === undefined)
    return 0;
  database.pragma('foreign_keys = OFF');
  try {
    const { changes } = database
      .prepare('delete from customers where id in (select id from mended_customers)')
      .run();
    database.exec('drop table mended_customers');
    return changes;
  } finally {
    database.pragma('foreign_keys = ON');
  }
}
