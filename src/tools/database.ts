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

interface DatabaseFlags {
  readonly sqlite?: string;
  readonly postgres?: true;
}
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The database that a command is told of: by `--sqlite FILE` or `--postgres`, and without either by `DATABASE_URL`
 * (`sqlite:FILE` or `postgres://…`), so that one step of a runbook takes both. Null where nothing names one.
 * @throws OperatorError where both flags are given
 */
export function namedDatabase({ sqlite, postgres }: DatabaseFlags, env: Environment): DatabasePlace | null {
  if (sqlite !== undefined && postgres !== undefined)
    throw new OperatorError('Two databases are named.', ['Give one of --sqlite FILE and --postgres.']);
  if (sqlite !== undefined) return { kind: 'sqlite', file: sqlite };
  if (postgres === true) return { kind: 'postgres', env };
  const url = env['DATABASE_URL'] ?? '';
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/s.exec(url)?.[1];
  if (file !== undefined) return { kind: 'sqlite', file };
  return /^postgres(?:ql)?:\/\//.test(url) ? { kind: 'postgres', env } : null;
}

/** The same where a database is needed. @throws OperatorError also where nothing names one */
export function databasePlace(flags: DatabaseFlags, env: Environment): DatabasePlace {
  const place = namedDatabase(flags, env);
  if (place !== null) return place;
  throw new OperatorError('No database is named.', [
    'Give --sqlite FILE or --postgres (which takes DATABASE_URL or PG* from the environment), or set DATABASE_URL to postgres://… or sqlite:FILE.',
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
