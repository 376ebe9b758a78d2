import { existsSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Cell, Database, DatabaseFailure, DatabaseOptions, Row } from './model.ts';
import { givePassBack, takePass } from './pass.ts';
import { shortSql } from './short-sql.ts';

const anHour = 3_600_000;

/** Opens a file that is there. Foreign keys are held, as PostgreSQL holds them. */
export function openSqlite(file: string, options: DatabaseOptions): Database {
  const name = `SQLite ${file}`;
  const failed = failureOf(name);
  if (!existsSync(file))
    throw new OperatorError(`There is no database ${file}.`, ['Name the file that the application uses.'], {
      exitCode: exitCode.unknown,
    });
  let raw: Sqlite.Database;
  try {
    raw = new Sqlite(file, {
      readonly: options.readOnly === true,
      fileMustExist: true,
      timeout: Math.min(options.lockTimeoutMs ?? 5000, anHour),
    });
    raw.defaultSafeIntegers(true);
    raw.pragma('foreign_keys = ON'); // the first access: a file that is no database is found here
    raw.prepare('select count(*) from sqlite_schema').get();
  } catch (cause) {
    throw failed(cause, null);
  }

  const attempt = <T>(sql: string, work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw failed(cause, sql);
    }
  };

  return {
    dialect: 'sqlite',
    name,
    query: async (sql, values = []) =>
      attempt(sql, () => {
        const statement = raw.prepare(sql);
        if (statement.reader) return statement.all(named(values)).map((row) => rowOf(row));
        statement.run(named(values));
        return [];
      }),
    change: async (sql, values = []) => attempt(sql, () => raw.prepare(sql).run(named(values)).changes),
    script: async (sql) => attempt(sql, () => void raw.exec(sql)),
    async transaction(work, { readOnly = false, keep = true } = {}) {
      attempt('BEGIN', () => raw.exec(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE'));
      try {
        if (!readOnly) attempt('INSERT', () => takePass(raw));
        const result = await work();
        attempt('COMMIT', () => {
          if (keep && !readOnly) givePassBack(raw);
          raw.exec(keep ? 'COMMIT' : 'ROLLBACK');
        });
        return result;
      } catch (error) {
        if (raw.inTransaction) raw.exec('ROLLBACK');
        throw error;
      }
    },
    onNotice: () => undefined,
    close: async () => {
      raw.close();
    },
  };
}

/** `$1` is the name “1” here. */
const named = (values: readonly Cell[]): Record<string, unknown> =>
  Object.fromEntries(values.map((value, index) => [String(index + 1), bound(value)]));

/** A whole number is bound as one: as a JavaScript number it would be a REAL where the column has no type. */
function bound(value: Cell): unknown {
  if (typeof value === 'boolean') return BigInt(value);
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? BigInt(value)
    : value;
}

function rowOf(row: unknown): Row {
  const entries = Object.entries(row as Record<string, Cell>);
  return Object.fromEntries(entries.map(([key, value]) => [key, cellOf(value)]));
}

function cellOf(value: Cell): Cell {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const failureOf =
  (name: string): DatabaseFailure =>
  (cause, sql) => {
    const said = cause instanceof Error ? cause.message : String(cause);
    const { code } = cause as { readonly code?: unknown };
    const at = sql === null ? '' : `\n  at: ${shortSql(sql)}`;
    const busy = typeof code === 'string' && /^SQLITE_(?:BUSY|LOCKED)/.test(code);
    const [step, exit] = busy
      ? ([
          'Another process holds a lock on the file: find it (fuser FILE), then try again.',
          exitCode.failed,
        ] as const)
      : code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT' || code === 'SQLITE_CANTOPEN'
        ? (['Check that it is the right file, and that it is whole.', exitCode.unknown] as const)
        : (['Check the statement against the schema of this file.', exitCode.failed] as const);
    return new OperatorError(`${name}: ${said}${at}`, [step], { cause, exitCode: exit });
  };
