import type { Database } from '../database/model.ts';
import { ensureOwnSchema, hasOwnTable, ownTable } from '../database/own-table.ts';
import type { GrantsOf } from './grants.ts';

/** A freeze on record, in the database that is frozen: whoever thaws it needs nothing else. */
export interface FreezeRecord {
  readonly roles: readonly string[];
  /** ISO 8601, by the server's clock. */
  readonly since: string;
  /** The place in the log of writes when it was frozen. */
  readonly lsn: string;
  /** Whether a session that was there before was seen to fail. */
  readonly existingProven: boolean;
  readonly grants: readonly GrantsOf[];
}

const table = (database: Database): string => ownTable(database, 'freeze');

/** What was taken by a freeze, as the database itself keeps it; null where it is not frozen. */
export async function readFreeze(database: Database): Promise<FreezeRecord | null> {
  if (!(await hasOwnTable(database, 'freeze'))) return null;
  const [row] = await database.query(
    `select roles, since, lsn, existing_proven, grants from ${table(database)}`,
  );
  if (row === undefined) return null;
  return {
    roles: JSON.parse(String(row['roles'])) as readonly string[],
    since: String(row['since']),
    lsn: String(row['lsn']),
    existingProven: row['existing_proven'] === true,
    grants: JSON.parse(String(row['grants'])) as readonly GrantsOf[],
  };
}

/** Makes the place for a freeze; before the transaction, since making a schema may be refused. */
export async function prepareFreezeTable(database: Database): Promise<void> {
  await ensureOwnSchema(database);
  // one row at most: two freezes of one database would each keep the other's revoked grants as the right ones
  await database.script(
    `create table if not exists ${table(database)} (one boolean primary key default true check (one), roles text not null,
       since text not null, lsn text not null, existing_proven boolean not null, grants text not null)`,
  );
}

export async function writeFreeze(
  database: Database,
  roles: readonly string[],
  grants: readonly GrantsOf[],
): Promise<void> {
  await database.query(
    `insert into ${table(database)} (roles, since, lsn, existing_proven, grants)
     values ($1, to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), pg_current_wal_insert_lsn()::text, false, $2)`,
    [JSON.stringify(roles), JSON.stringify(grants)],
  );
}

export const markProven = async (database: Database): Promise<void> =>
  void (await database.query(`update ${table(database)} set existing_proven = true`));

export const forgetFreeze = async (database: Database): Promise<void> =>
  void (await database.query(`delete from ${table(database)}`));
