import { Buffer } from 'node:buffer';
import Database from 'better-sqlite3';
import type { Json } from '../../runbook/model/values.ts';
import { errorCode, errorText, unknown, type Unknown } from './answer.ts';
import { tooLarge, tooMany, type Rows } from './rows.ts';

export interface SqliteRequest {
  readonly path: string;
  readonly query: string;
  readonly busyMs: number;
  readonly mostBytes: number;
  readonly mostRows: number;
}

export type SqliteAnswer = Rows | Unknown;

/** Runs one reading statement on a database that is opened read-only. Blocks until SQLite answers. */
export function querySqlite({ path, query, busyMs, mostBytes, mostRows }: SqliteRequest): SqliteAnswer {
  let database: Database.Database;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMs });
  } catch (cause) {
    return unknown('connection', `${path}: ${errorText(cause)}`);
  }
  try {
    database.pragma('query_only = ON');
    const statement = database.prepare<unknown[], unknown[]>(query);
    if (!statement.readonly || !statement.reader) return refusedWrite(database, query);
    statement.raw(true).safeIntegers(true);
    const columns = statement.columns().map(({ name }) => name);
    const rows: (readonly Json[])[] = [];
    let bytes = 0;
    for (const row of statement.iterate()) {
      const cells = row.map(asJson);
      bytes += JSON.stringify(cells).length;
      if (rows.length >= mostRows) return { ok: true, columns, rows, cut: tooMany(mostRows) };
      if (bytes > mostBytes) return { ok: true, columns, rows, cut: tooLarge(mostBytes) };
      rows.push(cells);
    }
    return { ok: true, columns, rows, cut: null };
  } catch (cause) {
    return whyRefused(cause);
  } finally {
    database.close();
  }
}

/**
 * A statement that would write: SQLite itself says no, for the file is open to read only. Only what it surely refuses
 * is given to it; VACUUM INTO, for one, would write another file.
 */
function refusedWrite(database: Database.Database, query: string): Unknown {
  if (writingStatement.test(query)) database.prepare(query).run();
  return unknown('writes', '');
}

const writingStatement =
  /^(?:\s|\(|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:insert|update|delete|replace)\b/i;

function asJson(value: unknown): Json {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' ? value : null;
}

function whyRefused(cause: unknown): Unknown {
  const code = errorCode(cause) ?? '';
  const detail = errorText(cause);
  if (code.startsWith('SQLITE_READONLY')) return unknown('writes', detail);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return unknown('busy', detail);
  if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_NOTADB') return unknown('connection', detail);
  return unknown('query', detail);
}
