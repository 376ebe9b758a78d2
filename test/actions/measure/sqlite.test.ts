import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/runbook/model/values.ts';
import { fill, measure, probe, template, testFolder, testMeasurer } from './probe-kit.ts';

let folder = '';
let file = '';
const connections = { shop: { kind: 'sqlite', path: template('shop.db') } } as const;
const sql = (query: string, more: Partial<Probe> = {}) =>
  probe({ kind: 'sql', connection: 'shop', query: template(query) }, { timeoutMs: 20_000, ...more });
const ask = (query: string, more: Partial<Probe> = {}) =>
  measure(sql(query, more), { connections, cwd: folder });
const endless = 'with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n';

beforeEach(() => {
  folder = testFolder();
  file = join(folder, 'shop.db');
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.exec(
    "create table orders (id integer primary key, state text); insert into orders (state) values ('paid'), ('new'), ('paid');",
  );
  database.close();
});

describe('A query of a SQLite file', () => {
  test.each([
    ['one cell', 'select count(*) from orders', {}, 3],
    ['one cell that is null', 'select max(id) from orders where id > 99', {}, null],
    ['no row, which is absent', 'select state from orders where id = 99', {}, null],
    ['one column', 'select state from orders order by id', {}, ['paid', 'new', 'paid']],
    ['one row', 'select id, state from orders where id = 2', {}, { id: 2, state: 'new' }],
    [
      'many rows',
      'select id, state from orders where id < 3 order by id',
      {},
      [
        { id: 1, state: 'paid' },
        { id: 2, state: 'new' },
      ],
    ],
    ['a part by its path', 'select id, state from orders order by id', { json: '$[1].state' }, 'new'],
    ['a census of a column', 'select state from orders', { reduce: 'census' }, { paid: 2, new: 1 }],
    ['numbers that are too large to be exact', 'select 9007199254740993', {}, '9007199254740993'],
    ['bytes', "select x'00ff'", {}, '00ff'],
    ['a fraction', 'select 0.5', {}, 0.5],
  ] as const)('Gives %s', async (_name, query, more, value) => {
    expect(await ask(query, more)).toMatchObject({ ok: true, value });
  });

  test.each([
    'insert into orders (state) values (1)',
    'update orders set state = 1',
    'delete from orders returning id',
    'drop table orders',
    'create table other (x)',
    'begin immediate',
    'vacuum',
    "vacuum into 'copy.db'",
    "attach 'other.db' as other",
    'pragma journal_mode = delete',
    'pragma user_version = 7',
  ])('Is refused where it writes: %s', async (query) => {
    const before = readFileSync(file);
    expect(await ask(query)).toMatchObject({ ok: false, code: 'writes' });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(join(folder, 'copy.db')) || existsSync(join(folder, 'other.db'))).toBe(false);
  });

  test.each([
    ['query', 'select nothing from orders'],
    ['query', 'select 1; select 2'],
    ['query', ''],
    [
      'too_large',
      'with recursive n(x) as (select 1 union all select x + 1 from n limit 2000) select x from n',
    ],
    ['too_large', 'select hex(zeroblob(2000000))'],
  ])('Has no value: %s for %s', async (code, query) => {
    expect(await ask(query)).toMatchObject({ ok: false, code });
  });

  test('Ends in time where it would run for ever, and the next one is answered', async () => {
    const measurer = testMeasurer({ connections, cwd: folder });
    const calling = new AbortController();
    const one = (query: string, timeoutMs: number, signal = new AbortController().signal) =>
      measurer.measure(sql(query, { timeoutMs }), fill, signal);
    expect(await one('select 1', 20_000)).toMatchObject({ ok: true });
    expect(await one(endless, 300)).toMatchObject({ ok: false, code: 'timeout' });
    const called = one(endless, 60_000, calling.signal);
    const meanwhile = one('select count(*) from orders', 20_000);
    expect(await meanwhile).toMatchObject({ ok: true, value: 3 });
    calling.abort();
    expect(await called).toMatchObject({ ok: false, code: 'stopped' });
  });

  test('Does not block this process while it runs', async () => {
    const measurer = testMeasurer({ connections, cwd: folder });
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 10);
    await measurer.measure(sql(endless, { timeoutMs: 1_000 }), fill, new AbortController().signal);
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
  });

  test('Reads while another process writes, and says where the file is locked', async () => {
    // one measurer for both: starting a process is no part of the time that the second one has
    const measurer = testMeasurer({ connections, cwd: folder });
    const asked = (more: Partial<Probe> = {}) =>
      measurer.measure(sql('select count(*) from orders', more), fill, new AbortController().signal);
    const writer = new Database(file);
    writer.exec('begin immediate; delete from orders');
    expect(await asked()).toMatchObject({ ok: true, value: 3 });
    writer.exec('rollback');
    writer.pragma('journal_mode = DELETE');
    writer.exec('begin exclusive');
    expect(await asked({ timeoutMs: 2_000 })).toMatchObject({ ok: false, code: 'busy' });
    writer.close();
  });

  test('Needs a database that is there, and does not make one', async () => {
    const gone = { shop: { kind: 'sqlite', path: template('gone.db') } } as const;
    expect(await measure(sql('select 1'), { connections: gone, cwd: folder })).toMatchObject({
      ok: false,
      code: 'connection',
    });
    expect(existsSync(join(folder, 'gone.db'))).toBe(false);
    writeFileSync(
      join(folder, 'text.db'),
      'this is not a database at all, whatever it is called\n'.repeat(100),
    );
    const text = { shop: { kind: 'sqlite', path: template('text.db') } } as const;
    expect(
      await measure(sql('select * from sqlite_schema'), { connections: text, cwd: folder }),
    ).toMatchObject({ ok: false, code: 'connection' });
  });

  test('Needs a connection that the runbook has', async () => {
    expect(await measure(sql('select 1'))).toMatchObject({ ok: false, code: 'no_connection' });
  });
});

test('readers that are being ended keep their program until they have ended, channel and all', async () => {
  const program = join(import.meta.dirname, '../../fixtures/tools/sqlite-readers.ts');
  const { stdout, exitCode } = await execa(process.execPath, [program, file, '10'], { reject: false });
  expect([stdout, exitCode]).toEqual(['closed', 0]);
});
