import { OperatorError } from '../../errors.ts';
import { databaseCode, quoteName } from '../database.ts';
import type { Database, Row } from '../database/model.ts';
import type { TableShape } from '../table-shape.ts';
import type { WrittenRules } from './rules.ts';

export type RowsRead =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** Reads with a limit in time; what does not answer in time is unknown. */
export type ReadSql = (sql: string, limitMs: number) => Promise<RowsRead>;

/** What is asked, and where the rows are. */
export interface Written {
  readonly rules: WrittenRules;
  readonly since: string;
  /** Null where no detector and no reader needs one. */
  readonly source: { readonly database: Database; readonly readSql: ReadSql } | null;
}

/** On PostgreSQL, whose server ends the statement itself. */
export const readPostgres =
  (database: Database): ReadSql =>
  async (sql, limitMs) => {
    try {
      await database.script(`set statement_timeout = ${String(Math.max(1, Math.round(limitMs)))}`);
      return { ok: true, rows: await database.query(sql) };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const code = databaseCode(error) ?? 'query';
      return { ok: false, code: code === '57014' ? 'timeout' : code, detail: error.message };
    }
  };

export type Count = { readonly ok: true; readonly count: number } | Extract<RowsRead, { ok: false }>;

export const countSql = (path: string, where: string): string =>
  `select count(*) as n from ${path} where ${where}`;

export async function countWith(readSql: ReadSql, sql: string, limitMs: number): Promise<Count> {
  const counted = await readSql(sql, limitMs);
  return counted.ok ? { ok: true, count: Number(counted.rows[0]?.['n'] ?? 0) } : counted;
}

/** Rows of a table, those with the highest key first. */
export function newestRows(
  readSql: ReadSql,
  { path, key }: TableShape,
  where: string,
  most: number,
  limitMs: number,
): Promise<RowsRead> {
  const sort = key.map((name) => `${quoteName(name)} desc`).join(', ');
  return readSql(`select * from ${path} where ${where} order by ${sort} limit ${String(most)}`, limitMs);
}
