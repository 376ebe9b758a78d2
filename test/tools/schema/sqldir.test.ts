import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';

let postgres: TestPostgres;
let folder: string;
let scripts: string;
let file: string;
beforeAll(async () => {
  postgres = await openPostgres();
});
afterAll(() => postgres.stop());

const names = ['001_a', '002_b', '003_c', '004_d'] as const;

const script = (name: string, kind: 'up' | 'down' | 'verify', sql: string): void =>
  writeFileSync(path.join(scripts, `${name}.${kind}.sql`), sql);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-sqldir-'));
  scripts = path.join(folder, 'migrations');
  mkdirSync(scripts);
  file = path.join(folder, 'shop.db');
  const up = [
    'create table schema_migrations (version bigint primary key)',
    ...names.map((name, index) => {
      const table = name.slice(4);
      script(name, 'up', `create table ${table} (id int)`);
      script(name, 'down', `drop table ${table};`);
      script(name, 'verify', `select id from ${table} limit 0;`);
      return `create table ${table} (id int); insert into schema_migrations values (${index + 1})`;
    }),
  ];
  await postgres.run(`drop schema public cascade; create schema public; drop schema if exists walkback cascade; ${up.join(';')}`);
  new Sqlite(file).exec(up.join(';')).close();
  return () => rmSync(folder, { recursive: true });
});

interface Result {
  readonly code: string;
  readonly at: string;
  readonly done: readonly string[];
  readonly left: readonly string[];
  readonly ways: readonly { readonly way: string; readonly loses: string }[];
  readonly holders: readonly string[];
  readonly hash: string;
  readonly reverts: readonly { readonly name: string; readonly class: string; readonly sha256: string }[];
}

const calling =
  (...where: readonly string[]) =>
  async (command: string, ...flags: readonly string[]) => {
    const said = await walkback(
      { DATABASE_URL: postgres.url },
      'schema',
      command,
      '--adapter',
      'sqldir',
      '--dir',
      scripts,
      '--json',
      ...where,
      ...flags,
    );
    return { exit: said.code, warned: said.warned, ...(said.out === '' ? ({} as Result) : (said.json() as Result)) };
  };

const tables = async (): Promise<readonly string[]> => {
  const database = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  const rows = await database.query("select tablename as name from pg_tables where schemaname = 'public' order by 1");
  await database.close();
  return rows.map((row) => String(row['name'])).filter((name) => name.length === 1);
};

describe.each(['postgres', 'sqlite'] as const)('%s', (dialect) => {
  const call = (command: string, ...flags: readonly string[]) =>
    calling(...(dialect === 'postgres' ? ['--postgres'] : ['--sqlite', file]))(command, ...flags);

  test('a plan names every revert with hash and class, and down runs exactly that', async () => {
    const plan = await call('plan', '--to', '1');
    expect(plan.exit).toBe(0);
    expect(plan.reverts.map((one) => [one.name, one.class])).toEqual([
      ['004_d', 'destructive'],
      ['003_c', 'destructive'],
      ['002_b', 'destructive'],
    ]);
    expect(plan.reverts[0]?.sha256).toMatch(/^sha256:[0-9a-f]{64}$/);

    const down = await call('down', '--to', '001_a', '--plan-hash', plan.hash);

    expect(down).toMatchObject({ exit: 0, code: 'done', at: '001_a', done: ['004_d', '003_c', '002_b'], left: [] });
    expect(await call('down', '--to', '1')).toMatchObject({ exit: 0, code: 'done', done: [] });
    expect((await call('down', '--to', 'nothing')).at).toBe('nothing');
  });

  test('a failure on the way names the real version; mended, it goes on to the target', async () => {
    script('003_c', 'down', 'drop table c; drop table nowhere;');
    const plan = await call('plan', '--to', '1');
    const stopped = await call('down', '--to', '1', '--plan-hash', plan.hash);

    expect(stopped).toMatchObject({
      exit: 3,
      code: 'script_failed',
      at: '003_c',
      done: ['004_d'],
      left: ['003_c', '002_b'],
    });
    expect(stopped.ways.map(({ way }) => way)).toEqual(['resume', 'forward', 'restore']);
    expect(stopped.ways[1]?.loses).toBe('drop table d');
    expect(await call('state')).toMatchObject({ version: '003_c' });

    script('003_c', 'down', 'drop table c;');
    expect(await call('down', '--to', '1', '--plan-hash', plan.hash)).toMatchObject({ exit: 3, code: 'plan_changed' });
    expect(await call('down', '--to', '1')).toMatchObject({ exit: 0, at: '001_a', done: ['003_c', '002_b'] });
  });

  test('what is left of an agreed plan needs no new agreement', async () => {
    const plan = await call('plan', '--to', '1');
    script('002_b', 'verify', 'select id from gone;');
    const stopped = await call('down', '--to', '1', '--plan-hash', plan.hash);
    expect(stopped).toMatchObject({ exit: 3, code: 'verify_failed', at: '002_b', left: ['002_b'] });

    expect(await call('down', '--to', '1', '--plan-hash', plan.hash)).toMatchObject({ exit: 0, at: '001_a' });
  });

  test.each([
    ['missing_revert', (name: string) => rmSync(path.join(scripts, `${name}.down.sql`))],
    ['empty_revert', (name: string) => script(name, 'down', '-- to do\n')],
    ['noop_revert', (name: string) => script(name, 'down', 'BEGIN; SELECT 1; COMMIT;')],
  ])('%s is refused before anything runs', async (code, spoil) => {
    spoil('002_b');
    expect(await call('plan', '--to', '1')).toMatchObject({ exit: 3, refused: { code } });
    const down = await call('down', '--to', '1');
    expect(down).toMatchObject({ exit: 3, code, at: '004_d', done: [] });
    expect(down.ways.map(({ way }) => way)).toEqual(['forward', 'restore']);
  });

  test('a script that was edited after the plan is refused', async () => {
    const { hash } = await call('plan', '--to', '1');
    script('003_c', 'down', 'drop table c; drop table a;');
    expect(await call('down', '--to', '1', '--plan-hash', hash)).toMatchObject({
      exit: 3,
      code: 'plan_changed',
      at: '004_d',
    });
  });

  test('a target that is not deployed is refused', async () => {
    expect(await call('down', '--to', '009_x')).toMatchObject({ exit: 3, code: 'unknown_target', at: '004_d' });
  });

  test('two changes of one number, a folder that is not there and a span that is none are wrong usage', async () => {
    expect((await call('plan', '--to', '1', '--dir', '/nonexistent')).warned).toContain('There is no folder');
    expect((await call('plan', '--to', '1', '--lock-timeout', 'soon')).warned).toContain('is no duration');
    expect((await call('plan')).warned).toContain('Give --to');
    script('1_other', 'down', 'drop table a');
    const said = await call('plan', '--to', '1');
    expect([said.exit, said.warned]).toEqual([2, expect.stringContaining('two changes of the number')]);
  });
});

const onPostgres = calling('--postgres');

test('a session that blocks makes it fail at lock_timeout, naming who, instead of queueing behind it', async () => {
  const holder = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  try {
    await holder.transaction(
      async () => {
        await holder.query('select * from d');
        const stopped = await onPostgres('down', '--to', '1', '--lock-timeout', '100ms', '--tries', '2');
        expect(stopped).toMatchObject({ exit: 3, code: 'lock_timeout', at: '004_d', done: [] });
        expect(stopped.holders).toEqual([expect.stringMatching(/^pid \d+, walker walkback, idle in transaction for .*: d$/)]);
        // nobody queues behind us: another reader is served at once
        const reader = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } }, { lockTimeoutMs: 100 });
        expect(await reader.query('select * from d')).toEqual([]);
        await reader.close();
      },
      { keep: false },
    );
  } finally {
    await holder.close();
  }
  expect(await onPostgres('down', '--to', '1')).toMatchObject({ exit: 0, at: '001_a' });
});

test('a revert that takes too long is ended by the server, and nothing of it is kept', async () => {
  script('004_d', 'down', 'drop table d; select pg_sleep(30);');
  expect(await onPostgres('down', '--to', '1', '--statement-timeout', '200ms')).toMatchObject({
    exit: 3,
    code: 'statement_timeout',
    at: '004_d',
  });
  expect(await tables()).toEqual(['a', 'b', 'c', 'd']);
});

test('a revert outside of a transaction that fails half way is half done, and says so until somebody looked', async () => {
  script('004_d', 'down', 'begin; drop table d; commit; drop table nowhere;');
  expect(await onPostgres('plan', '--to', '3')).toMatchObject({ reverts: [{ transactional: false }] });

  expect(await onPostgres('down', '--to', '3')).toMatchObject({ exit: 30, code: 'half_done', at: '004_d' });
  expect(await onPostgres('down', '--to', '3')).toMatchObject({ exit: 30, code: 'half_done', at: '004_d' });
  expect(await tables()).toEqual(['a', 'b', 'c']);
});

describe('any other tool', () => {
  const tool = (state: string, down: string) =>
    walkback(
      { PATH: '/usr/bin:/bin' },
      'schema', 'down', '--adapter', 'command', '--dir', folder, '--to', '2', '--json',
      '--state-command',
      JSON.stringify(['sh', '-c', state]),
      '--down-command',
      JSON.stringify(['sh', '-c', down]),
    );

  test('is called until its version is the target', async () => {
    writeFileSync(path.join(folder, 'v'), '4');
    const said = await tool('cat v', 'echo $(($(cat v) - 1)) > v');
    expect([said.code, said.json()]).toMatchObject([0, { code: 'done', from: '4', at: '2', done: ['4', '3'] }]);
  });

  test.each([
    ['a step that changes nothing', 'cat v', 'true', 3, 'not_reverted'],
    ['a step that fails', 'cat v', 'false', 3, 'script_failed'],
    ['a step that fails half way', 'cat v', 'echo 3 > v; exit 1', 30, 'half_done'],
    ['a way that leads in a circle', 'cat v', '[ $(cat v) = 4 ] && echo 5 > v || echo 4 > v', 3, 'not_reverted'],
  ])('%s is told', async (_why, state, down, exit, code) => {
    writeFileSync(path.join(folder, 'v'), '4');
    const said = await tool(state, down);
    expect([said.code, said.json()]).toMatchObject([exit, { code }]);
  });

  test('a version that nobody can read is unknown', async () => {
    expect((await tool('true', 'true')).code).toBe(30);
  });
});

describe('a revert of SQLite that builds a table anew, as its manual says', () => {
  const rebuild = `pragma foreign_keys = OFF; create table new_orders (id integer primary key);
    insert into new_orders select id from orders; drop table orders; alter table new_orders rename to orders;`;
  const shop = () =>
    new Sqlite(file)
      .exec(
        `create table orders (id integer primary key, coupon text); insert into orders values (1, 'x'), (2, 'y');
         create table lines (id integer primary key, order_id int references orders (id) on delete cascade);
         insert into lines values (10, 1), (20, 2)`,
      )
      .close();
  const count = (sql: string): unknown => {
    const database = new Sqlite(file);
    try {
      return database.prepare(sql).pluck().get();
    } finally {
      database.close();
    }
  };
  const down = () => calling('--sqlite', file)('down', '--to', '3');

  test('keeps the rows that point at it, although a drop of it would take them along', async () => {
    shop();
    script('004_d', 'down', rebuild);

    expect(await down()).toMatchObject({ exit: 0, code: 'done', at: '003_c' });

    expect(count('select count(*) from lines')).toBe(2);
  });

  test('is taken back whole where it leaves rows that point at nothing', async () => {
    shop();
    script('004_d', 'down', rebuild.replace('from orders;', 'from orders where id = 1;'));

    expect(await down()).toMatchObject({ exit: 3, at: '004_d' });

    expect([count('select count(*) from lines'), count('select count(coupon) from orders')]).toEqual([2, 2]);
  });
});

test('a version that is no number is named, and nothing is run', async () => {
  new Sqlite(file).exec("drop table schema_migrations; create table schema_migrations (version text); insert into schema_migrations values ('2026_03_01')").close();

  const said = await calling('--sqlite', file)('plan', '--to', 'nothing');

  expect([said.exit, said.warned]).toEqual([30, expect.stringContaining('“2026_03_01” is no number of a migration')]);
});
