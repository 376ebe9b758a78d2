import type { OperatorError } from '../../errors.ts';

/**
 * A value as it is stored, without loss. Whole numbers that JavaScript cannot hold exactly are `bigint`; PostgreSQL's
 * decimals, times, JSON and arrays are the server's own text, so that they can be written back as they were.
 */
export type Cell = null | boolean | number | bigint | string | Buffer;

export type Row = Readonly<Record<string, Cell>>;

export type Dialect = 'postgres' | 'sqlite';

export interface DatabaseOptions {
  /** The database itself refuses every write. */
  readonly readOnly?: boolean;
  /** How long a statement may wait for a lock; 5 s unless given. PostgreSQL and SQLite. */
  readonly lockTimeoutMs?: number;
  /** How long one statement may run; no limit unless given. PostgreSQL only: SQLite runs in this process. */
  readonly statementTimeoutMs?: number;
  /** Rows that a policy hides from this role make a statement fail, instead of not being there. PostgreSQL only. */
  readonly allRows?: boolean;
  /** How long the connection may take; 10 s unless given. */
  readonly connectTimeoutMs?: number;
}

export interface TransactionOptions {
  /** Reads only, on one unchanging picture of the data. */
  readonly readOnly?: boolean;
  /** False: everything is rolled back in the end, and what `work` answered is still handed over. */
  readonly keep?: boolean;
}

/** One connection to PostgreSQL or SQLite. Every failure is an `OperatorError` whose cause carries the database's code. */
export interface Database {
  readonly dialect: Dialect;
  /** For people, never with a password: `PostgreSQL shop at db.example:5432`, `SQLite data/shop.db`. */
  readonly name: string;
  /** One statement with its values as `$1`, `$2`, … in both dialects; answers its rows. */
  query(sql: string, values?: readonly Cell[]): Promise<readonly Row[]>;
  /** One statement that answers how many rows it changed. */
  change(sql: string, values?: readonly Cell[]): Promise<number>;
  /** A text of several statements without values, as a script has them. */
  script(sql: string): Promise<void>;
  /** Begins, works, commits; rolls back where `work` fails. They do not nest. */
  transaction<T>(work: () => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Something that PostgreSQL says beside its answer: `RAISE NOTICE`, warnings. */
  onNotice(listener: (text: string) => void): void;
  close(): Promise<void>;
}

/** Where a database is: a file, or a server that environment variables name (`DATABASE_URL`, or PG*). */
export type DatabasePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'postgres';
      readonly env: Readonly<Record<string, string | undefined>>;
      /** The variable that holds the URL, where it is another than `DATABASE_URL`; then PG* is not asked. */
      readonly variable?: string;
    };

/** Makes the error of one statement or connection. */
export type DatabaseFailure = (cause: unknown, sql: string | null) => OperatorError;
