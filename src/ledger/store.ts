import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperatorError, exitCode } from '../errors.ts';
import { notALedger, readHeader, refuseStranger } from './header.ts';
import { applicationId } from './schema.ts';
import { explain, troubleOf } from './trouble.ts';

/** The oldest SQLite whose write-ahead log we trust. */
const oldestSqlite = [3, 51, 3] as const;
const fullSync = 2;
const retryMs = 20;

/** A ledger of an older version: who may write to it brings it up to date by opening it; a reader changes nothing. */
export class OlderLedger extends OperatorError {
  constructor(path: string, version: number, newest: number) {
    super(
      `${path} was written by an older walkback (ledger version ${version}; this program reads ${newest}), and it cannot be written to here.`,
      ['Run `walkback sessions` once as a user who may write to it: that brings it up to date.'],
      { exitCode: exitCode.failed },
    );
  }
}

/** One connection to the ledger's file, and its prepared statements. Everything in `ledger/` works through it. */
export interface Store {
  readonly path: string;
  readonly readOnly: boolean;
  /** A prepared statement, prepared once a connection. */
  sql<Row>(text: string): Database.Statement<unknown[], Row>;
  /** Runs `work` in one BEGIN IMMEDIATE transaction; on any error nothing of it is kept. Errors come out raw. */
  write<Result>(work: () => Result): Result;
  /** Closes and opens the file again, after an error that leaves the connection in doubt. */
  reopen(): void;
  /** Writes the write-ahead log to the file itself, with fsync; false where a reader still holds some of it. */
  checkpoint(): boolean;
  /** Empties the write-ahead log, waiting for readers; some of it stays where one does not let go. */
  emptyLog(): void;
  /** The raw connection, for the few things that are not SQL statements. */
  connection(): Database.Database;
  close(): void;
}

export interface StoreOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly migrations: readonly string[];
  readonly busyMs: number;
}

/** Opens the file, brings it to the newest version, and proves that commits reach the disk before they return. */
export function openStore(options: StoreOptions): Store {
  const { path, readOnly } = options;
  let database = connect(options);
  let statements = new Map<string, Database.Statement>();

  const sql = <Row>(text: string): Database.Statement<unknown[], Row> => {
    const known = statements.get(text);
    if (known !== undefined) return known as Database.Statement<unknown[], Row>;
    const made = database.prepare<unknown[], Row>(text);
    statements.set(text, made);
    return made;
  };

  return {
    path,
    readOnly,
    sql,
    connection: () => database,
    write(work) {
      sql('BEGIN IMMEDIATE').run();
      try {
        const result = work();
        sql('COMMIT').run();
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    },
    reopen() {
      statements = new Map();
      closeQuietly(database);
      database = connect(options);
    },
    checkpoint() {
      // Passive: it waits for nobody. What readers still need stays in the log.
      const [answer] = database.pragma('wal_checkpoint(PASSIVE)') as readonly {
        readonly log: number;
        readonly checkpointed: number;
      }[];
      return answer !== undefined && answer.log === answer.checkpointed;
    },
    emptyLog() {
      database.pragma('wal_checkpoint(TRUNCATE)');
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

/** Opening may meet a lock that SQLite does not wait for: another process making the same new ledger. */
function connect(options: StoreOptions): Database.Database {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      return connectOnce(options);
    } catch (error) {
      if (troubleOf(error) !== 'locked' || waitedMs >= options.busyMs) {
        throw explain(error, { path: options.path, doing: 'open the ledger' });
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}

function connectOnce({ path, readOnly, migrations, busyMs }: StoreOptions): Database.Database {
  refuseWithoutTouching(path, migrations.length, busyMs);
  const database = new Database(path, { readonly: readOnly, fileMustExist: true, timeout: busyMs });
  try {
    refuseOldSqlite(database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '0');
    if (readOnly) prepareReader(database, path, migrations.length);
    else prepareWriter(database, path, migrations);
    database.pragma('cell_size_check = ON');
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

function prepareReader(database: Database.Database, path: string, newest: number): void {
  database.pragma('query_only = ON');
  const version = versionOf(database);
  if (version === newest) return;
  throw new OlderLedger(path, version, newest);
}

function prepareWriter(database: Database.Database, path: string, migrations: readonly string[]): void {
  const mode: unknown = database.pragma('journal_mode = WAL', { simple: true });
  database.pragma('synchronous = FULL');
  database.pragma('fullfsync = ON');
  database.pragma('checkpoint_fullfsync = ON');
  database.pragma('foreign_keys = ON');
  database.pragma('recursive_triggers = ON');
  database.pragma('trusted_schema = OFF');
  // Deleted bytes are overwritten, so that a purge leaves nothing behind.
  database.pragma('secure_delete = ON');
  database.pragma(`journal_size_limit = ${64 * 1_048_576}`);
  migrate(database, path, migrations);
  // Read back after the first statement: the library's own default for WAL loses acknowledged events on power cut.
  const synchronous: unknown = database.pragma('synchronous', { simple: true });
  if (mode !== 'wal' || synchronous !== fullSync) {
    throw new OperatorError(
      `${path}: SQLite answers journal_mode ${String(mode)} and synchronous ${String(synchronous)}; recorded events might not survive a power cut.`,
      ['Put the ledger on a local disk, and run `walkback doctor`.'],
      { exitCode: exitCode.failed },
    );
  }
}

function migrate(database: Database.Database, path: string, migrations: readonly string[]): void {
  if (versionOf(database) === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have migrated while this one waited for the lock.
    const from = versionOf(database);
    refuseStranger(
      path,
      from,
      database.pragma('application_id', { simple: true }) as number,
      migrations.length,
    );
    for (const step of migrations.slice(from)) database.exec(step);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma(`user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Judges the file before a connection that could change a byte of it. */
function refuseWithoutTouching(path: string, newest: number, busyMs: number): void {
  const header = readHeader(path);
  if (header.kind === 'foreign') throw notALedger(path);
  if (header.kind === 'sqlite') refuseStranger(path, header.version, header.application, newest);
  // The newest version may still stand in the write-ahead log only.
  const log = `${path}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  const peek = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMs });
  try {
    refuseStranger(path, versionOf(peek), peek.pragma('application_id', { simple: true }) as number, newest);
  } finally {
    closeQuietly(peek);
  }
}

/** Throws where this SQLite may lose or damage what was recorded. */
export function refuseOldSqlite(version: string): void {
  const found = version.split('.').map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = found[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new OperatorError(
        `SQLite ${version} is too old: ${oldestSqlite.join('.')} or newer is needed to record safely.`,
        ['Install walkback again, so that it brings its own SQLite.'],
        { exitCode: exitCode.failed },
      );
    }
  }
}

const versionOf = (database: Database.Database): number =>
  database.pragma('user_version', { simple: true }) as number;

function rollBack(database: Database.Database): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // The error that led here says more; a connection that cannot roll back is opened again by whoever gets it.
  }
}

function closeQuietly(database: Database.Database): void {
  try {
    database.close();
  } catch {
    // It is given up either way.
  }
}
