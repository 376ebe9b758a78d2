import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { migrations } from '../../src/ledger/schema.ts';
import { openStore, refuseOldSqlite } from '../../src/ledger/store.ts';
import { note } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, openTestLedger, startSession, temporaryFolder } from './temporary-ledger.ts';

const isRoot = process.geteuid?.() === 0;

test('refuses a folder that others can write to', () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  expect(() => openTestLedger(join(folder, 'ledger.db'))).toThrow(/can be written by others/u);
  expect(readdirSync(folder)).toEqual([]);
});

test('refuses a folder that is a symbolic link', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'), { mode: 0o700 });
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  expect(() => openTestLedger(join(folder, 'link', 'ledger.db'))).toThrow(/is a symbolic link/u);
});

test.each(['ledger.db'])('refuses %s as a symbolic link, and leaves what it points at alone', (name) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'target'), '');
  symlinkSync(join(folder, 'target'), join(folder, name));
  expect(() => openTestLedger(join(folder, name))).toThrow(/is a symbolic link/u);
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('');
});

test('refuses a ledger file that others can write to, a folder in its place, and a missing one for readers', () => {
  const ledger = freshLedger();
  chmodSync(ledger.path, 0o666);
  expect(() => openTestLedger(ledger.path)).toThrow(/can be written by others/u);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'ledger.db'));
  expect(() => openTestLedger(join(folder, 'ledger.db'))).toThrow(/not a regular file/u);
  expect(() => openTestLedger(join(folder, 'none', 'x.db'), { readOnly: true })).toThrow(
    /There is no ledger/u,
  );
  expect(readdirSync(folder)).toEqual(['ledger.db']);
});

test.skipIf(!isRoot)('refuses a folder of another user', () => {
  const folder = temporaryFolder();
  chownSync(folder, 65_534, 65_534);
  expect(() => openTestLedger(join(folder, 'ledger.db'))).toThrow(/belongs to another user/u);
  chownSync(folder, 0, 0);
});

test.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  // The same number as a signed 32-bit one, as some kernels give it.
  [0xff534d42 | 0, 'CIFS'],
  [0x01021997, '9p'],
])('refuses a network file system (%i)', (type, name) => {
  const statFs = () => ({ type, bsize: 4096, bavail: 1e9 });
  const path = join(temporaryFolder(), 'ledger.db');
  expect(() => openTestLedger(path, { statFs, platform: 'linux' })).toThrow(`network file system (${name})`);
});

test('warns where the kernel cannot tell whether a file system is remote', () => {
  const statFs = () => ({ type: 0x65735546, bsize: 4096, bavail: 1e9 });
  const ledger = freshLedger({ statFs, platform: 'linux' });
  expect(ledger.warnings().join()).toContain('FUSE');
});

test('refuses a ledger newer than the program, without changing a byte', () => {
  const ledger = freshLedger();
  startSession(ledger);
  ledger.store.emptyLog();
  const other = new Database(ledger.path);
  other.pragma(`user_version = ${migrations.length + 1}`);
  other.pragma('wal_checkpoint(TRUNCATE)');
  const before = readFileSync(ledger.path);
  for (const readOnly of [false, true]) {
    expect(() => openTestLedger(ledger.path, { readOnly })).toThrow(/newer walkback/u);
  }
  expect(readFileSync(ledger.path)).toEqual(before);
  other.close();
});

test('SAFETY case 14: a ledger of an older version is brought up to date by who may write, row by row as it was; a reader changes nothing', () => {
  const ledger = freshLedger();
  append(ledger, startSession(ledger), note('x'));
  const path = ledger.path;
  ledger.close();
  const rows = (): unknown => {
    const database = new Database(path, { readonly: true });
    const found = database.prepare('SELECT * FROM event ORDER BY session, seq').all();
    database.close();
    return found;
  };
  const recorded = rows();
  const before = readFileSync(path);
  const next = [...migrations, 'CREATE TABLE later (x INTEGER) STRICT;'];
  const opened = (readOnly: boolean) => openStore({ path, readOnly, migrations: next, busyMs: 1_000 });

  expect(() => opened(true)).toThrow(
    new RegExp(
      `older walkback \\(ledger version ${migrations.length}; this program reads ${next.length}\\)`,
      'u',
    ),
  );
  expect(readFileSync(path)).toEqual(before);
  opened(false).close();
  const reader = opened(true);
  expect(reader.sql('SELECT count(*) AS n FROM later').get()).toEqual({ n: 0 });
  reader.close();
  expect(rows()).toEqual(recorded);
});

test('sees a newer version that still stands in the log only', () => {
  const ledger = freshLedger();
  startSession(ledger);
  ledger.store.emptyLog();
  const before = readFileSync(ledger.path);
  const other = new Database(ledger.path);
  other.pragma(`user_version = ${migrations.length + 1}`);
  expect(() => openTestLedger(ledger.path)).toThrow(/newer walkback/u);
  expect(readFileSync(ledger.path)).toEqual(before);
  other.close();
});

test.each([
  [
    'a text file',
    () =>
      Buffer.from(
        'not a database at all, only some words that go on for more than a hundred bytes or so, to be sure',
      ),
  ],
  ['a short file', () => Buffer.from('SQLite format 3')],
])('refuses %s without changing a byte', (_name, bytes) => {
  const path = join(temporaryFolder(), 'ledger.db');
  writeFileSync(path, bytes(), { mode: 0o600 });
  expect(() => openTestLedger(path)).toThrow(OperatorError);
  expect(readFileSync(path)).toEqual(bytes());
});

test("refuses another program's SQLite file", () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const other = new Database(path);
  other.exec('CREATE TABLE mine (x); PRAGMA user_version = 1; PRAGMA application_id = 7;');
  other.close();
  const before = readFileSync(path);
  expect(() => openTestLedger(path)).toThrow(/another program/u);
  expect(readFileSync(path)).toEqual(before);
});

test('brings an older ledger to the newest version, and keeps what it holds', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, note('from before'));
  const rows = [...ledger.rows(log.session)];
  const newer = [...migrations, 'CREATE TABLE added (x TEXT) STRICT;'];
  const store = openStore({ path: ledger.path, readOnly: false, migrations: newer, busyMs: 1_000 });
  try {
    expect(store.sql('SELECT * FROM added').all()).toEqual([]);
    expect(store.sql('PRAGMA user_version').pluck().get()).toBe(newer.length);
    expect(store.sql('SELECT count(*) FROM event').pluck().get()).toBe(rows.length);
  } finally {
    store.close();
  }
  expect(() => openTestLedger(ledger.path)).toThrow(/newer walkback/u);
});

test('takes back a migration that fails half way', () => {
  const ledger = freshLedger();
  const broken = [...migrations, 'CREATE TABLE added (x TEXT) STRICT; CREATE TABLE added (x TEXT) STRICT;'];
  expect(() => openStore({ path: ledger.path, readOnly: false, migrations: broken, busyMs: 1_000 })).toThrow(
    'table added already exists',
  );
  const again = openTestLedger(ledger.path);
  expect(again.store.sql(`SELECT count(*) FROM sqlite_schema WHERE name = 'added'`).pluck().get()).toBe(0);
});

test.each(['3.51.2', '3.50.9', '2.99.99'])('refuses SQLite %s', (version) => {
  expect(() => refuseOldSqlite(version)).toThrow(/too old/u);
});

test.each(['3.51.3', '3.52.0', '4.0.0'])('takes SQLite %s', (version) => {
  expect(() => refuseOldSqlite(version)).not.toThrow();
});

test('syncs every commit and keeps its promises in each connection', () => {
  const ledger = freshLedger();
  for (const reopened of [false, true]) {
    if (reopened) ledger.store.reopen();
    const read = (name: string): unknown => ledger.store.connection().pragma(name, { simple: true });
    expect([read('synchronous'), read('journal_mode'), read('foreign_keys'), read('secure_delete')]).toEqual([
      2,
      'wal',
      1,
      1,
    ]);
  }
});

test('reads without writing, and refuses to write, when opened for reading', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const reader = openTestLedger(ledger.path, { readOnly: true });
  expect(reader.sessions({ limit: 5 }).map(({ id }) => id)).toEqual([log.session]);
  expect(() => reader.saveBlob(Buffer.from('x'))).toThrow(/No permission/u);
  append(ledger, log, note('seen at once'));
  expect([...reader.events(log.session)]).toHaveLength(2);
});

test('reads a ledger that nobody has open', () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const writer = openTestLedger(path);
  const log = startSession(writer);
  log.close();
  writer.close();
  expect(openTestLedger(path, { readOnly: true }).sessions({ limit: 1 })).toHaveLength(1);
});
