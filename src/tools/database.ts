import { OperatorError } from '../errors.ts';
import type { Database, DatabaseOptions, DatabasePlace } from './database/model.ts';

/**
 * Opens a database. PostgreSQL is reached by `DATABASE_URL` or PG* of the environment given, never by an argument:
 * those stand in the process table.
 * @throws OperatorError exit code 2 where nothing says which database, 30 where it does not answer
 */
export async function openDatabase(place: DatabasePlace, options: DatabaseOptions = {}): Promise<Database> {
  if (place.kind === 'sqlite') {
    const { openSqlite } = await import('./database/sqlite.ts');
    return openSqlite(place.file, options);
  }
  const { openPostgres } = await import('./database/postgres.ts');
  return openPostgres(place, options);
}

/** Opens a database, works on it and closes it, whatever becomes of the work. */
export async function withDatabase<T>(
  place: DatabasePlace,
  options: DatabaseOptions,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(place, options);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/**
 * The database that a command's flags name: `--sqlite FILE` or `--postgres`.
 * @throws OperatorError where they name none or both
 */
export function databasePlace(
  flags: { readonly sqlite?: string; readonly postgres?: true },
  env: Readonly<Record<string, string | undefined>>,
): DatabasePlace {
  if (flags.sqlite !== undefined && flags.postgres === undefined)
    return { kind: 'sqlite', file: flags.sqlite };
  if (flags.postgres === true && flags.sqlite === undefined) return { kind: 'postgres', env };
  throw new OperatorError(flags.postgres === true ? 'Two databases are named.' : 'No database is named.', [
    'Give one of --sqlite FILE and --postgres (which takes DATABASE_URL or PG* from the environment).',
  ]);
}

/** An identifier for a statement, quoted. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `schema.table` (or only the table), each part quoted. */
export const quotePath = (...names: readonly string[]): string => names.map(quoteName).join('.');

/** A text for a statement that takes no values, quoted. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The database's own code of a failure: an SQLSTATE like `55P03`, or `SQLITE_BUSY`; null for any other failure. */
export function databaseCode(error: unknown): string | null {
  const cause = error instanceof OperatorError ? error.cause : error;
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : null;
}
