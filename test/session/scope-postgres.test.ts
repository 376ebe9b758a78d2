import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { testFolder, testMeasurer } from '../actions/measure/probe-kit.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { runbookOf } from '../runbook/memory-files.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

/*
 * A database that really is at schema 42, a release that took the api from 1 to 2, and an api that at 1 knows no
 * schema above 41.
 */

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await openPostgres();
  await postgres.run(
    'create table migrations (id int primary key); insert into migrations values (41), (42);',
  );
}, 120_000);

afterAll(() => postgres.stop());

const manifest = 'id: shop-2\nchanged:\n  - { component: api, from: 2, to: 1 }\n';

const book = (need: string) => `walkback: 1
id: shop_rollback
title: Roll the shop back
service: shop
objective: 10m
maturity: production
connections: { shop: { postgres: '\${{ env.database }}' } }
environments: { staging: { values: { database: postgres } } }
scope:
  manifest: release.yaml
  components:
    - { id: api, type: app, live: { file: running.txt } }
    - { id: db, type: database, live: { sql: shop, query: select max(id) from migrations }, to: '41' }
  needs:
    - ${need}
phases:
  - id: execute
    title: Execute
    steps:
      - { id: swap, run: [deploy, '1'], undo: { run: [deploy, '2'] }, on: { fail: done } }
      - { id: done, end: rolled_back }
`;

const need = '{ from: api, to: db, when: target.api < 2, requires: live.db <= 41 }';

function folderWith(text: string): string {
  const folder = testFolder();
  writeFileSync(join(folder, 'shop.yaml'), text);
  writeFileSync(join(folder, 'release.yaml'), manifest);
  writeFileSync(join(folder, 'running.txt'), '2\n');
  return folder;
}

async function openShop() {
  const folder = folderWith(book(need));
  const runbook = runbookOf(loadRunbook('shop.yaml', runbookFiles(folder)));
  const measurer = testMeasurer({ connections: runbook.connections, cwd: folder });
  const session = await openTestSession({
    runbook,
    world: Object.assign(openWorld(), { measurer }),
    env: { database: postgres.url },
  });
  await vi.waitFor(() => expect(session.facts('scope.decided')).toHaveLength(1), { timeout: 20_000 });
  await session.session.idle();
  return session;
}

const exportOf = (session: Awaited<ReturnType<typeof openShop>>): string =>
  postmortemMarkdown({
    session: { id: 'session', outcome: null },
    events: session.log.facts(),
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback',
  });

describe('the manifest says api 2 to 1, the database is at 42, and the api needs at most 41', () => {
  test('the database is pulled in unasked', async () => {
    const session = await openShop();

    expect(session.session.view().scope).toMatchObject({
      source: 'release.yaml',
      open: [],
      order: [['api'], ['db']],
      rows: [
        { component: 'api', state: 'in', live: '2', from: '2', to: '1' },
        { component: 'db', state: 'in', live: '42', to: '41', reason: 'api needs live.db <= 41 (db is 42)' },
      ],
    });
    expect(session.facts('drift.added')).toEqual([]);
    expect(session.at('swap').offers.map(({ intent }) => intent)).toContain('run');
  });

  test('removing it demands a reason and leaves a red edge in the export', async () => {
    const session = await openShop();

    expect(await session.say('scope_exclude', { component: 'db', reason: '' })).toMatchObject({
      code: 'E_REASON',
    });
    expect(session.facts('scope.overridden')).toEqual([]);
    await session.say('scope_exclude', { component: 'db', reason: 'the migration only added a table' });

    const text = exportOf(session);
    const scope = text.slice(text.indexOf('\n## Scope\n'), text.indexOf('\n## Decision log\n'));
    expect(scope).toMatch(/Red edges[^\n]*\n\n- api → db: live\.db &lt;= 41 \(fail: db is 42\)\n/);
    expect(scope).toMatch(/\| OUT by override \| 42 \| stays \| the migration only added a table \|/);
    expect(scope).toMatch(/\| db \| IN \| OUT \| the migration only added a table \|/);
  });

  test('a database that is gone is asked about, and the first change waits for the answer', async () => {
    const session = await openShop();

    await postgres.run('alter table migrations rename to gone');
    try {
      await session.say('scope_refresh');
    } finally {
      await postgres.run('alter table gone rename to migrations');
    }
    expect(session.session.view().scope).toMatchObject({ open: ['db'], blocks: true });
    expect(await session.say('run', {}, 'swap')).toMatchObject({ ok: false, code: 'E_SCOPE' });
    expect(session.world.ran).toEqual([]);
  });
});

test('a typo in an edge fails walkback lint at the right line', async () => {
  const folder = folderWith(book(need.replace('to: db', 'to: bd')));

  const lint = await execa(process.execPath, [resolve('src/cli/main.ts'), 'lint', 'shop.yaml'], {
    cwd: folder,
    reject: false,
  });

  expect(lint.exitCode).toBe(2);
  expect(lint.stdout).toContain('shop.yaml:15:24: There is no component `bd`. There are: api, db. [WB901]');
});
