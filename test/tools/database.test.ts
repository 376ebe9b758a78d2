import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, DatabaseOptions, DatabasePlace } from '../../src/tools/database/model.ts';
import {
  databaseCode,
  databasePlace,
  openDatabase,
  quoteName,
  quotePath,
  quoteText,
  withDatabase,
} from '../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';

let postgres: TestPostgres;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-database-'));
  new Sqlite(path.join(folder, 'shop.db')).exec('create table t (id integer primary key, note text)').close();
  postgres = await openPostgres();
  await postgres.run('create table t (id bigint primary key, note text)');
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

const placeOf = (dialect: 'postgres' | 'sqlite'): DatabasePlace =>
  dialect === 'sqlite'
    ? { kind: 'sqlite', file: path.join(folder, 'shop.db') }
    : { kind: 'postgres', env: { DATABASE_URL: postgres.url } };

const failure = async (work: Promise<unknown>): Promise<Error & { exitCode?: number }> => {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
};

describe.each(['postgres', 'sqlite'] as const)('%s', (dialect) => {
  const use = <T>(work: (database: Database) => Promise<T>, options: DatabaseOptions = {}): Promise<T> =>
    withDatabase(placeOf(dialect), options, work);

  test('takes values by number, answers rows, and loses nothing of a large number or a strange text', async () => {
    await use(async (database) => {
      await database.query('delete from t');
      const strange = `it's "quoted" $1 \\ \u0001 é`;
      expect(await database.change('insert into t values ($1, $2)', [9007199254740993n, strange])).toBe(1);
      expect(await database.query('select id, note from t where id = $1', [9007199254740993n])).toEqual([
        { id: 9007199254740993n, note: strange },
      ]);
      await database.query(`insert into t values (1, ${quoteText(strange)})`);
      expect(await database.query('select note from t where id = $1', [1])).toEqual([{ note: strange }]);
    });
  });

  test('keeps what a transaction did, and nothing of one that failed or was a rehearsal', async () => {
    await use(async (database) => {
      await database.query('delete from t');
      await database.transaction(async () => database.query("insert into t values (1, 'kept')"));
      await failure(
        database.transaction(async () => {
          await database.query("insert into t values (2, 'lost')");
          await database.query('insert into t values (1, null)');
        }),
      );
      const seen = await database.transaction(
        async () => {
          await database.query("insert into t values (3, 'tried')");
          return database.query('select id from t order by id');
        },
        { keep: false },
      );
      expect(seen).toEqual([{ id: 1 }, { id: 3 }]);
      expect(await database.query('select id from t')).toEqual([{ id: 1 }]);
    });
  });

  test('lets nothing be written through a connection that only reads', async () => {
    const error = await use(async (database) => failure(database.query("insert into t values (7, 'x')")), {
      readOnly: true,
    });
    expect(databaseCode(error)).toBe(dialect === 'postgres' ? '25006' : 'SQLITE_READONLY');
  });

  test('waits for a lock only as long as it is told', async () => {
    const holder = await openDatabase(placeOf(dialect));
    try {
      await holder.transaction(
        async () => {
          await holder.query(dialect === 'postgres' ? 'lock table t' : "insert into t values (99, 'held')");
          const error = await use(
            async (database) => failure(database.query("insert into t values (8, 'x')")),
            { lockTimeoutMs: 50 },
          );
          expect(databaseCode(error)).toBe(dialect === 'postgres' ? '55P03' : 'SQLITE_BUSY');
          expect(error.exitCode).toBe(3);
        },
        { keep: false },
      );
    } finally {
      await holder.close();
    }
  });

  test('says where and at which statement it failed, and never a password', async () => {
    const error = await use(async (database) => failure(database.query('select  nothing\n from t')));
    expect(error.message).toContain(dialect === 'postgres' ? 'PostgreSQL postgres at 127.0.0.1:' : 'SQLite ');
    expect(error.message).toContain('at: select nothing from t');
    expect(error.message).not.toContain('k3yb0ard');
  });
});

test('a statement that takes too long is ended by the server', async () => {
  const error = await withDatabase(placeOf('postgres'), { statementTimeoutMs: 50 }, async (database) =>
    failure(database.query('select pg_sleep(20)')),
  );
  expect(databaseCode(error)).toBe('57014');
});

test('takes PG* where there is no DATABASE_URL, and another variable where it is told', async () => {
  const { hostname, port, username, password } = new URL(postgres.url);
  const byVariables = {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: 'postgres',
  };
  for (const place of [
    { kind: 'postgres', env: byVariables },
    { kind: 'postgres', env: { APP_DATABASE_URL: postgres.url }, variable: 'APP_DATABASE_URL' },
    {
      kind: 'postgres',
      env: { DATABASE_URL: postgres.url.replace(`:${password}`, ''), PGPASSWORD: password },
    },
  ] as const)
    expect(await withDatabase(place, {}, async (database) => database.query('select 1 as one'))).toEqual([
      { one: 1 },
    ]);
});

test.each([
  ['nothing says which server', { kind: 'postgres', env: {} }, 2],
  ['the variable is not set', { kind: 'postgres', env: { PGHOST: 'x' }, variable: 'APP_URL' }, 2],
  ['the variable is no address', { kind: 'postgres', env: { DATABASE_URL: 'shop' } }, 2],
  ['nobody answers', { kind: 'postgres', env: { DATABASE_URL: 'postgres://u@127.0.0.1:1/shop' } }, 30],
  ['there is no file', { kind: 'sqlite', file: '/nonexistent/shop.db' }, 30],
] as const)('refuses where %s', async (_why, place, code) => {
  expect((await failure(openDatabase(place))).exitCode).toBe(code);
});

test('an address may say where by its parameters, and is called by that', async () => {
  const { hostname, port, username, password } = new URL(postgres.url);
  const url = `postgres:///postgres?host=${hostname}&port=${port}&user=${username}&password=${password}`;
  await withDatabase({ kind: 'postgres', env: { DATABASE_URL: url } }, {}, async (database) => {
    expect(database.name).toBe(`PostgreSQL postgres at ${hostname}:${port}`);
    expect(await database.query('select inet_server_port() as port')).toEqual([{ port: Number(port) }]);
  });
});

test('a file that is no database is no answer', async () => {
  const file = path.join(folder, 'text.db');
  writeFileSync(file, 'not a database at all, only a longer text that fills more than a header');
  expect((await failure(openDatabase({ kind: 'sqlite', file }))).exitCode).toBe(30);
});

test('flags name exactly one database', () => {
  expect(databasePlace({ sqlite: 'a.db' }, {})).toEqual({ kind: 'sqlite', file: 'a.db' });
  expect(databasePlace({ postgres: true }, { A: 'b' })).toEqual({ kind: 'postgres', env: { A: 'b' } });
  // without a flag the address says it
  const fromAddress = (DATABASE_URL: string) => databasePlace({}, { DATABASE_URL });
  expect(fromAddress('sqlite:data/a.db')).toEqual({ kind: 'sqlite', file: 'data/a.db' });
  expect(fromAddress('sqlite:///data/a.db')).toEqual({ kind: 'sqlite', file: '/data/a.db' });
  expect(fromAddress('postgres://u@h/shop')).toMatchObject({ kind: 'postgres' });
  expect(() => databasePlace({}, {})).toThrow('No database is named.');
  expect(() => databasePlace({}, { DATABASE_URL: 'mysql://shop' })).toThrow('No database is named.');
  expect(() => databasePlace({ sqlite: 'a', postgres: true }, {})).toThrow('Two databases are named.');
});

test('names are quoted whatever stands in them', () => {
  expect(quoteName('a"b')).toBe('"a""b"');
  expect(quotePath('public', 'Order')).toBe('"public"."Order"');
});
