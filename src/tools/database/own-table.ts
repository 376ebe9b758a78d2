import { quoteName, quotePath } from '../database.ts';
import type { Database } from './model.ts';

/** A table of ours inside the database that is worked on: in a schema of its own where there are schemas. */
export const ownTable = ({ dialect }: Database, name: string): string =>
  dialect === 'postgres' ? quotePath('walkback', name) : quoteName(`walkback_${name}`);

/** Makes the schema of our tables where it is missing; nobody else is let in. */
export async function ensureOwnSchema(database: Database): Promise<void> {
  if (database.dialect === 'sqlite') return;
  const [row] = await database.query("select to_regnamespace('walkback') is not null as there");
  if (row?.['there'] !== true) await database.script('create schema if not exists walkback');
}

/** Whether a table of ours is there. */
export async function hasOwnTable(database: Database, name: string): Promise<boolean> {
  const [row] =
    database.dialect === 'postgres'
      ? await database.query('select to_regclass($1) is not null as there', [ownTable(database, name)])
      : await database.query(
          "select count(*) = 1 as there from sqlite_schema where type = 'table' and name = $1",
          [`walkback_${name}`],
        );
  return row?.['there'] === true || row?.['there'] === 1;
}
