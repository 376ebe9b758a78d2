import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { withDatabase } from '../../../src/tools/database.ts';
import { walkback } from '../cli.ts';
import { sqliteShop, toolFolder } from '../shop-tables.ts';

interface Result {
  readonly state: string;
  readonly leaks: readonly string[];
  readonly refused: readonly { readonly code: string }[];
}

async function shop() {
  const { file } = await sqliteShop(toolFolder());
  const call = async (...argv: readonly string[]) => {
    const said = await walkback({}, 'freeze', ...argv, '--json');
    return { exit: said.code, ...(said.json() as Result & { readonly sameSchema?: boolean }) };
  };
  const application = new Sqlite(file);
  onTestFinished(() => void application.close());
  application.exec(
    "create table notes (id integer primary key, text text not null) strict; insert into notes values (1, 'a')",
  );
  const freeze = (...more: readonly string[]) => call('sqlite', file, '--quiet', '20ms', ...more);
  return {
    file,
    application,
    freeze,
    state: () => call('state', '--sqlite', file),
    thaw: () => call('thaw', '--sqlite', file),
    schema: () => application.prepare('select type, name, sql from sqlite_schema order by 1, 2').all(),
  };
}

const writes = [
  "insert into notes values (2, 'b')",
  "insert or replace into notes values (1, 'b')",
  "update notes set text = 'b'",
  'delete from notes',
];

test('a file is frozen for sessions that were there before and for new ones, and thaws to the same schema', async () => {
  const { file, application, freeze, state, thaw, schema } = await shop();
  const before = schema();
  const prepared = writes.map((sql) => application.prepare(sql));

  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen', leaks: [] });

  for (const statement of prepared) expect(() => statement.run()).toThrow('writes are frozen by walkback');
  const fresh = new Sqlite(file);
  for (const sql of writes) expect(() => fresh.exec(sql)).toThrow('writes are frozen by walkback');
  expect(fresh.prepare('select count(*) from orders').pluck().get()).toBe(100); // who reads is not held up
  fresh.close();
  expect(await state()).toMatchObject({ exit: 0, state: 'frozen' });
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });

  expect(await thaw()).toMatchObject({ exit: 0, sameSchema: true });
  expect(schema()).toEqual(before);
  expect(prepared[0]?.run().changes).toBe(1);
  expect(await thaw()).toMatchObject({ exit: 0, sameSchema: null });
});

test('walkback itself writes on in a frozen file, and nobody slips through beside it', async () => {
  const { file, application, freeze, state } = await shop();
  await freeze();

  await withDatabase({ kind: 'sqlite', file }, {}, (database) =>
    database.transaction(async () => {
      await database.change("update notes set text = 'converted'");
      expect(() => application.exec('pragma busy_timeout = 0; delete from notes')).toThrow(
        'database is locked',
      );
    }),
  );

  expect(application.prepare('select text from notes').pluck().get()).toBe('converted');
  expect(() => application.exec('delete from notes')).toThrow('writes are frozen by walkback');
  expect(await state()).toMatchObject({ state: 'frozen' });
});

test('a table that is made anew under the freeze is a leak, and freezing again closes it', async () => {
  const { application, freeze, state, thaw } = await shop();
  await freeze();
  application.exec('drop table notes; create table notes (id integer primary key, text text)');

  expect(await state()).toMatchObject({
    exit: 3,
    state: 'leaking',
    leaks: expect.arrayContaining(['INSERT on notes']),
  });
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });
  expect(() => application.exec("insert into notes values (2, 'b')")).toThrow('frozen');
  expect(await thaw()).toMatchObject({ exit: 0, sameSchema: false });
});

test('a trigger that somebody took away and a pass that was left behind are leaks', async () => {
  const { application, freeze, state } = await shop();
  await freeze();
  application.exec('drop trigger walkback_frozen_delete_notes');
  expect(await state()).toMatchObject({ exit: 3, leaks: ['DELETE on notes'] });
  await freeze();
  application.exec('insert into walkback_pass values (1)');
  expect(await state()).toMatchObject({
    exit: 3,
    leaks: ['a pass was left behind: every write gets through'],
  });
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' }); // which ends the pass too
  expect(() => application.exec('delete from notes')).toThrow('frozen');
});

test('tables that are named stay open; another list is refused, as is one that is not there', async () => {
  const { application, freeze } = await shop();
  expect(await freeze('--except', 'notes')).toMatchObject({ exit: 0, state: 'frozen' });
  application.exec('delete from notes');
  expect(() => application.exec('delete from orders')).toThrow('frozen');
  expect(await freeze()).toMatchObject({ exit: 3, refused: [{ code: 'frozen_otherwise' }] });
  const other = await shop();
  expect(await other.freeze('--except', 'nots')).toMatchObject({
    exit: 3,
    refused: [{ code: 'no_such_table' }],
  });
});

test('a virtual table takes no trigger: it is refused, and nothing is frozen', async () => {
  const { application, freeze, schema } = await shop();
  application.exec('create virtual table search using fts5(text)');
  const before = schema();
  expect(await freeze()).toMatchObject({ exit: 3, refused: [{ code: 'virtual_table' }] });
  expect(schema()).toEqual(before);
});

test('who freezes and is killed leaves the file frozen or open, never in between; another one thaws it', async () => {
  const { file, state, thaw, schema } = await shop();
  const before = schema();
  const folder = toolFolder();
  const script = join(folder, 'freeze.ts');
  const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../../src/tools', name));
  writeFileSync(
    script,
    `import { openDatabase } from ${source('database.ts')};
import { freezeSqlite } from ${source('freeze/sqlite.ts')};
const open = () => openDatabase({ kind: 'sqlite', file: ${JSON.stringify(file)} });
const database = await open();
const transaction = database.transaction;
database.transaction = (work, options) => transaction(async () => {
  await work();
  process.stdout.write('in the middle\\n');
  await new Promise((never) => setTimeout(never, 60_000));
}, options);
await freezeSqlite({ database, openApplication: open, except: [], quietMs: 1 });
`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  expect(await state()).toMatchObject({ exit: 0, state: 'open' });
  expect(schema()).toEqual(before);
  expect(await thaw()).toMatchObject({ exit: 0 });
});
