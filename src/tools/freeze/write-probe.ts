import { OperatorError } from '../../errors.ts';
import { databaseCode, quotePath, quoteName } from '../database.ts';
import type { Database } from '../database/model.ts';
import { ofTheApplication } from './grants.ts';

/** A table of the application, and a column of it that can be written. */
export interface Writable {
  readonly path: readonly [schema: string, table: string];
  readonly column: string;
}

export async function writableTables(database: Database): Promise<readonly Writable[]> {
  const rows = await database.query(
    `select n.nspname as schema, c.relname as name,
            (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                and a.attgenerated = '' and a.attidentity <> 'a' order by a.attnum limit 1) as col
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and ${ofTheApplication('n.nspname')} order by 1, 2`,
  );
  return rows.flatMap((row) =>
    row['col'] === null
      ? []
      : [{ path: [String(row['schema']), String(row['name'])] as const, column: String(row['col']) }],
  );
}

/**
 * Tries to write to every table as the application does. Each statement touches no row, and is rolled back besides; whether
 * it is allowed, the server says before it looks at rows.
 * @returns the statements that the server would have let through
 */
export async function leaksOf(
  application: Database,
  tables: readonly Writable[],
): Promise<readonly string[]> {
  const leaks: string[] = [];
  for (const { path, column } of tables) {
    const [table, col] = [quotePath(...path), quoteName(column)];
    const tries = [
      ['INSERT', `insert into ${table} (${col}) select null where false`],
      ['UPDATE', `update ${table} set ${col} = null where false`],
      ['DELETE', `delete from ${table} where false`],
    ] as const;
    for (const [verb, sql] of tries) {
      try {
        await application.transaction(() => application.query(sql), { keep: false });
        leaks.push(`${verb} on ${path.join('.')}`);
      } catch (error) {
        const code = databaseCode(error);
        // a missing right, or a server that only reads; everything else would be no refusal of a write
        if (code === '42501' || code === '25006') continue;
        if (!(error instanceof OperatorError)) throw error;
        leaks.push(`${verb} on ${path.join('.')} (${error.message.split('\n')[0] ?? ''})`);
      }
    }
  }
  return leaks;
}

/** Who is connected as whom: a probe counts only as the application that it stands for. */
export async function whoIs(application: Database): Promise<{
  readonly role: string;
  readonly superuser: boolean;
  readonly server: string;
}> {
  const [row] = await application.query(
    `select current_user as role, (select rolsuper from pg_roles where rolname = current_user) as super,
            ${serverIdentity} as server`,
  );
  return { role: String(row?.['role']), superuser: row?.['super'] === true, server: String(row?.['server']) };
}

/** The same for two connections only where they lead to the same database of the same server. */
export const serverIdentity =
  "(select oid::text from pg_database where datname = current_database()) || ' ' || pg_postmaster_start_time()::text";
