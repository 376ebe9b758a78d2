import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { waitUntil } from '../sandbox/support.ts';
import { walkback } from '../tools/cli.ts';
import { dropOf, putSql, runSqitch, writeSqitchProject, type SqlKind } from './sqitch-project.ts';

/* Debian's sqitch with its psql, against a real PostgreSQL: five changes, the tag @v1.8 after the second. */

let postgres: TestPostgres;
let folder: string;
let env: Readonly<Record<string, string>>;
let deployed = false;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const put = (kind: SqlKind, name: string, sql: string): void => putSql(folder, kind, name, sql);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-sqitch-'));
  writeSqitchProject(folder);
  mkdirSync(path.join(folder, 'home'));
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: path.join(folder, 'home'),
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    DATABASE_URL: databaseOf('shop'),
  };
  // deployed once; every test works on a copy of that database
  if (!deployed) {
    await postgres.run('create database deployed');
    await sqitch('deploy', databaseOf('deployed'));
    deployed = true;
  }
  await postgres.run('drop database if exists shop with (force)');
  await postgres.run('create database shop template deployed');
  return () => rmSync(folder, { recursive: true });
}, 60_000);

const databaseOf = (name: string): string => postgres.url.replace(/\/[^/]*$/, `/${name}`);

const sqitch = (command: string, url: string): Promise<string> => runSqitch({ command, url, folder, env });

const inShop = async (sql: string): Promise<void> => {
  const database = await openDatabase({ kind: 'postgres', env });
  await database.script(sql);
  await database.close();
};

interface Result {
  readonly code: string;
  readonly at: string;
  readonly version: string;
  readonly done: readonly string[];
  readonly left: readonly string[];
  readonly why: string | null;
  readonly hash: string;
  readonly holders: readonly string[];
  readonly reverts: readonly {
    readonly name: string;
    readonly class: string;
    readonly transactional: boolean;
  }[];
}

const argvOf = (command: string, flags: readonly string[]) => [
  'schema',
  command,
  '--postgres',
  '--dir',
  folder,
  '--json',
  ...flags,
];
async function call(
  command: string,
  ...flags: readonly string[]
): Promise<Result & { readonly exit: number }> {
  const said = await walkback(env, ...argvOf(command, flags));
  expect(said.warned).toBe('');
  return { exit: said.code, ...(said.json() as Result) };
}

const query = async (sql: string) => {
  const database = await openDatabase({ kind: 'postgres', env });
  const rows = await database.query(sql);
  await database.close();
  return rows;
};
const tables = async (): Promise<string> => {
  const rows = await query("select tablename as name from pg_tables where schemaname = 'public' order by 1");
  return rows.map(({ name }) => String(name)).join('');
};

/** The command as a process of its own, as a session starts it. */
function start(...flags: readonly string[]) {
  const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
  const child = spawn(process.execPath, [main, ...argvOf('down', flags)], {
    env,
    detached: true,
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { pid: child.pid ?? 0, ended };
}

const sleeping = (): Promise<unknown> =>
  waitUntil(
    'the revert is at work',
    () =>
      query(
        "select 1 from pg_stat_activity where query ilike '%pg_sleep%' and pid <> pg_backend_pid() and state = 'active'",
      ),
    (rows) => rows.length > 0,
  );

const asParameters = (address: string): string => {
  const { hostname, port, username, password, pathname } = new URL(address);
  return `postgres://${pathname}?host=${hostname}&port=${port}&user=${username}&password=${password}`;
};

test('three reverts to a tag: the plan names them with their class, then they run, each verified', async () => {
  env = { ...env, DATABASE_URL: asParameters(databaseOf('shop')) }; // where it is, said by parameters
  const plan = await call('plan', '--to', '@v1.8');
  expect(plan).toMatchObject({ exit: 0, from: 'e', to: '@v1.8', refused: null });
  expect(plan.reverts).toMatchObject(
    ['e', 'd', 'c'].map((name) => ({
      name,
      class: 'destructive',
      transactional: true,
      why: [`DROP TABLE ${name}`],
    })),
  );

  expect(await call('down', '--to', '@v1.8', '--plan-hash', plan.hash)).toMatchObject({
    exit: 0,
    code: 'done',
    at: 'b',
    done: ['e', 'd', 'c'],
  });
  expect(await tables()).toBe('ab');
  expect(await sqitch('status', databaseOf('shop'))).toContain('# Name:     b');
});

test('the second of three reverts is broken: the state is named by the database, and the mended chain ends at the target', async () => {
  put('revert', 'd', 'BEGIN;\nDROP TABLE d;\nDROP TABLE nowhere;\nCOMMIT;\n');

  const stopped = await call('down', '--to', '@v1.8');
  expect(stopped).toMatchObject({ exit: 3, code: 'script_failed', at: 'd', done: ['e'], left: ['d', 'c'] });
  expect(stopped.why).toContain('table "nowhere" does not exist');
  expect(await tables()).toBe('abcd');
  expect((await call('state')).version).toBe('d');

  put('revert', 'd', dropOf('d'));
  expect(await call('down', '--to', '@v1.8')).toMatchObject({ exit: 0, at: 'b', done: ['d', 'c'] });
  expect(await tables()).toBe('ab');
});

test('a session that blocks makes it fail at lock_timeout instead of queueing behind it', async () => {
  const holder = await openDatabase({ kind: 'postgres', env });
  try {
    await holder.transaction(
      async () => {
        await holder.query('select * from e');
        const stopped = await call('down', '--to', '@v1.8', '--lock-timeout', '300ms', '--tries', '2');
        expect(stopped).toMatchObject({ exit: 3, code: 'lock_timeout', at: 'e', done: [] });
        expect(stopped.holders).toEqual([expect.stringContaining(': e')]);
        const reader = await openDatabase({ kind: 'postgres', env }, { lockTimeoutMs: 200 });
        expect(await reader.query('select * from e')).toEqual([]);
        await reader.close();
      },
      { keep: false },
    );
  } finally {
    await holder.close();
  }
  expect(await call('down', '--to', '@v1.8')).toMatchObject({ exit: 0, at: 'b' });
});

test.each([
  ['noop_revert', () => put('revert', 'd', 'BEGIN;\nSELECT 1;\nCOMMIT;\n')],
  // the line that `sqitch add` leaves in every new script
  ['empty_revert', () => put('revert', 'd', '-- XXX Add DDLs here.\n')],
  ['missing_revert', () => rmSync(path.join(folder, 'revert', 'd.sql'))],
  ['edited_script', () => appendFileSync(path.join(folder, 'deploy', 'd.sql'), 'CREATE INDEX ON d (id);\n')],
  ['unknown_target', () => inShop("delete from sqitch.tags where tag = '@v1.8'")],
] as const)('%s is refused before anything runs', async (code, spoil) => {
  await spoil();
  expect(await call('down', '--to', '@v1.8')).toMatchObject({ exit: 3, code, at: 'e', done: [] });
  expect(await tables()).toBe('abcde');
});

test('a tag that was moved in the plan is refused', async () => {
  const [row] = await query("select change_id as id from sqitch.changes where change = 'a'");
  await inShop(`update sqitch.tags set change_id = '${String(row?.['id'])}' where tag = '@v1.8'`);
  expect(await call('down', '--to', '@v1.8')).toMatchObject({
    exit: 3,
    code: 'moved_tag',
    at: 'e',
    done: [],
  });
});

test('a revert that was edited after the plan was agreed to is refused', async () => {
  const { hash } = await call('plan', '--to', '@v1.8');
  put('revert', 'd', `${dropOf('d')}DROP TABLE a;\n`);
  expect(await call('down', '--to', '@v1.8', '--plan-hash', hash)).toMatchObject({
    exit: 3,
    code: 'plan_changed',
    at: 'e',
  });
});

test('a plan in another order than what is deployed is refused', async () => {
  await inShop("update sqitch.changes set committed_at = now() where change = 'a'");
  expect(await call('plan', '--to', '@v1.8')).toMatchObject({ exit: 3, refused: { code: 'out_of_order' } });
});

test('a schema that is not as it was deployed is not taken further apart', async () => {
  await inShop('drop table e');
  expect(await call('down', '--to', '@v1.8')).toMatchObject({
    exit: 3,
    code: 'verify_failed',
    at: 'e',
    done: [],
  });
});

test('killed with sqitch and psql in the middle of a revert: nothing of it is kept, and the next run ends at the target', async () => {
  put('revert', 'd', 'BEGIN;\nDROP TABLE d;\nSELECT pg_sleep(4);\nCOMMIT;\n');
  const { hash } = await call('plan', '--to', '@v1.8');
  const { pid, ended } = start('--to', '@v1.8', '--plan-hash', hash);
  await sleeping();
  process.kill(-pid, 'SIGKILL');
  await ended;
  await inShop(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()",
  );

  expect((await call('state')).version).toBe('d');
  expect(await call('down', '--to', '@v1.8', '--plan-hash', hash)).toMatchObject({
    exit: 0,
    at: 'b',
    done: ['d', 'c'],
  });
  expect(await tables()).toBe('ab');
});

test('killed alone in the middle of a revert: sqitch goes on, the next run says so and ends at the target after it', async () => {
  put('revert', 'd', 'BEGIN;\nDROP TABLE d;\nSELECT pg_sleep(4);\nCOMMIT;\n');
  const { pid, ended } = start('--to', '@v1.8');
  await sleeping();
  process.kill(pid, 'SIGKILL');
  await ended;

  expect(await call('down', '--to', '@v1.8')).toMatchObject({ exit: 30, code: 'busy' });
  const outcome = await waitUntil(
    'sqitch is done',
    () => call('down', '--to', '@v1.8'),
    ({ code }) => code !== 'busy',
  );
  expect(outcome).toMatchObject({ exit: 0, at: 'b' });
  expect(await tables()).toBe('ab');
});

test('killed between the script and its record: the next run mends the record and doubles nothing', async () => {
  const client = path.join(folder, 'psql-that-dies');
  writeFileSync(
    client,
    `#!/bin/sh
psql "$@"
code=$?
case "$*" in *revert/d.sql*) kill -9 $PPID "$(cat ${folder}/pid)" ;; esac
exit $code
`,
  );
  chmodSync(client, 0o755);
  await execa('sqitch', ['config', 'engine.pg.client', client], { cwd: folder, env, extendEnv: false });
  const { pid, ended } = start('--to', '@v1.8');
  writeFileSync(path.join(folder, 'pid'), String(pid));
  await ended;
  expect((await call('state')).version).toBe('d');
  expect(await tables()).toBe('abc');

  await execa('sqitch', ['config', '--unset', 'engine.pg.client'], { cwd: folder, env, extendEnv: false });
  expect(await call('down', '--to', '@v1.8')).toMatchObject({ exit: 0, at: 'b', done: ['c'] });
  expect(await tables()).toBe('ab');
});
