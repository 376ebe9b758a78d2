import { OperatorError } from '../../errors.ts';
import { databaseCode, quoteName } from '../database.ts';
import type { Database } from '../database/model.ts';

/**
 * Tries to write to every table as the application does, in transactions that are rolled back. Triggers are asked for each
 * row, so a table without rows says something about INSERT alone: there is nothing in it to change or to delete.
 * @returns the statements that got through, or failed for another reason
 */
export async function writesThatPass(
  application: Database,
  tables: readonly string[],
): Promise<readonly string[]> {
  const leaks: string[] = [];
  for (const table of tables) {
    const path = quoteName(table);
    const [column] = await application.query(
      `select name from pragma_table_info($1) order by pk desc, cid limit 1`,
      [table],
    );
    const name = quoteName(String(column?.['name']));
    const one = `where ${name} is (select ${name} from ${path} limit 1)`;
    const tries = [
      ['INSERT', `insert into ${path} default values`],
      ['UPDATE', `update ${path} set ${name} = ${name} ${one}`],
      ['DELETE', `delete from ${path} ${one}`],
    ] as const;
    const [filled] = await application.query(`select exists (select 1 from ${path}) as n`);
    for (const [verb, sql] of filled?.['n'] === 1 ? tries : tries.slice(0, 1)) {
      const why = await refusal(application, sql);
      if (why !== null) leaks.push(`${verb} on ${table}${why}`);
    }
  }
  return leaks;
}

/** Null where the trigger refused it. */
async function refusal(application: Database, sql: string): Promise<string | null> {
  await application.script('begin immediate'); // not by `transaction`, which holds the pass of our own commands
  try {
    await application.query(sql);
    return '';
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (databaseCode(error) === 'SQLITE_CONSTRAINT_TRIGGER') return null;
    return ` (${error.message.split('\n')[0] ?? ''})`;
  } finally {
    await application.script('rollback');
  }
}
