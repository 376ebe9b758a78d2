import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withDatabase } from '../../src/tools/database.ts';
import { everyProcess, killEverything } from '../cli/every-process.ts';
import { say } from '../cli/person.ts';
import { openMachine, type Machine } from '../cli/walkback.ts';
import type { TestTerminal } from '../tty-lib/terminal.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { putSql, runSqitch, writeSqitchProject } from './sqitch-project.ts';

/* Debian's sqitch on a real PostgreSQL, in a session. The second of three reverts waits in its transaction until it is killed. */

let machine: Machine;
let postgres: TestPostgres;
beforeEach(async () => {
  [machine, postgres] = await Promise.all([openMachine(), openPostgres()]);
}, 180_000);
afterEach(async () => {
  killEverything(machine);
  await machine.remove();
  await postgres.stop();
});

const query = (sql: string) =>
  withDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } }, {}, (database) =>
    database.query(sql),
  );
const tables = async (): Promise<string> =>
  (await query("select tablename as name from pg_tables where schemaname = 'public' order by 1"))
    .map(({ name }) => String(name))
    .join('');
const atWork = async (): Promise<number> =>
  (
    await query(
      "select 1 from pg_stat_activity where query ilike '%pg_sleep%' and pid <> pg_backend_pid() and state = 'active'",
    )
  ).length;

const book = (folder: string, database: string): string => `walkback: 1
id: reverted
title: Take the schema back
service: shop
objective: 10m
environments: { staging: {} }
phases:
  - id: main
    title: Main
    steps:
      - { id: down, use: steps/schema_down.yaml, with: { database: '${database}', folder: '${folder}', to: '@v1.8', version: b } }
      - { id: done, end: rolled_back }
`;

async function runRevert(terminal: TestTerminal, attempt: number): Promise<void> {
  await say(
    terminal,
    new RegExp(`\\(down_revert, attempt ${attempt}\\) is ready[^]*you can type: run`),
    'run',
  );
  await say(terminal, /Type the name shop@staging to run it/, 'shop@staging');
}

test(
  'a session that is killed with everything in the middle of a revert: resume names the change that the database is at, and each revert runs once',
  { timeout: 180_000 },
  async () => {
    const folder = join(machine.folder, 'schema');
    mkdirSync(folder);
    writeSqitchProject(folder);
    // what each revert did is counted where none of them drops it; the second waits as long as it is told to
    await postgres.run('create schema kept; create table kept.took (name text); create table kept.hold ()');
    await postgres.run('insert into kept.hold default values');
    for (const name of ['c', 'd', 'e'])
      putSql(
        folder,
        'revert',
        name,
        `BEGIN;\nDROP TABLE ${name};\nINSERT INTO kept.took VALUES ('${name}');\n${name === 'd' ? 'SELECT pg_sleep(120) FROM kept.hold;\n' : ''}COMMIT;\n`,
      );
    const url = new URL(postgres.url);
    const env = { PGPASSWORD: url.password };
    await runSqitch({ command: 'deploy', url: postgres.url, folder, env: machine.env });
    url.password = '';
    mkdirSync(join(machine.folder, 'steps'));
    cpSync(
      resolve(import.meta.dirname, '../../runbooks/steps/schema_down.yaml'),
      join(machine.folder, 'steps/schema_down.yaml'),
    );
    machine.file('book.yaml', book(folder, url.href));

    const first = machine.person(['run', 'book.yaml', '--env', 'staging'], { env });
    await runRevert(first, 1);
    await expect.poll(atWork, { timeout: 60_000 }).toBe(1);
    killEverything(machine);
    await expect.poll(() => everyProcess(machine).length, { timeout: 30_000 }).toBe(0);
    // PostgreSQL sees only when it answers that nobody is there: it is told
    await query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query ilike '%pg_sleep%' and pid <> pg_backend_pid()",
    );
    await expect.poll(atWork, { timeout: 30_000 }).toBe(0);
    expect(await tables()).toBe('abcd'); // nothing of the second revert was kept

    await postgres.run('delete from kept.hold');
    const second = machine.person(['resume'], { env });
    await second.waitFor(/probe: down_version_now "d"/, 60_000); // the change that it is at, by the database
    await say(second, /in doubt[^]*you can type: doubt/, 'doubt run_again it is at d');
    await runRevert(second, 2);
    expect(await second.exited).toBe(0);
    expect(await tables()).toBe('ab');
    expect((await query('select name from kept.took order by 1')).map(({ name }) => name)).toEqual([
      'c',
      'd',
      'e',
    ]);
  },
);
