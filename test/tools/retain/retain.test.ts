import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../../../src/tools/database.ts';
import type { Database, DatabasePlace } from '../../../src/tools/database/model.ts';
import { purge } from '../../../src/tools/retain/purge.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';
import { timesAt, toolFolder } from '../shop-tables.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const session = '20260301-0312';

async function fillAudit(database: Database): Promise<void> {
  await database.script(
    'create table audit (region text, id int, what text not null, reason text, primary key (region, id))',
  );
  await database.transaction(async () => {
    for (let id = 1; id <= 1205; id += 1)
      await database.change('insert into audit values ($1, $2, $3, $4)', [
        id % 2 === 0 ? 'eu' : 'us',
        id,
        `order ${String(id)} "paid"`,
        id % 3 === 0 ? null : 'by hand',
      ]);
  });
}

describe.each(['sqlite', 'postgres'] as const)('an audit table on %s', (dialect) => {
  async function stage() {
    const folder = toolFolder();
    const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: postgres.url };
    const file = join(folder, 'shop.db');
    if (dialect === 'sqlite') writeFileSync(file, '');
    else await postgres.run('drop schema public cascade; create schema public');
    const place: DatabasePlace = dialect === 'sqlite' ? { kind: 'sqlite', file } : { kind: 'postgres', env };
    await withDatabase(place, {}, fillAudit);
    const plan = join(folder, 'retain.yaml');
    const log = join(folder, 'app.log');
    writeFileSync(log, 'started\nfailed\n');
    writeFileSync(
      plan,
      `walkback_retain: 1
keep:
  - { id: audit, table: audit, until: 400d, class: compliance }
  - { id: app_log, file: ${log}, until: 30d }
  - { id: settings, run: [printf, 'a=1'], until: 30d }
`,
    );
    const vault = join(folder, 'vault');
    const data = (verb: string, ...more: readonly string[]) =>
      walkback(env, 'data', verb, plan, '--vault', vault, '--session', session,
        ...(dialect === 'sqlite' ? ['--sqlite', file] : ['--postgres']), ...more); // prettier-ignore
    const change = (sql: string) => withDatabase(place, {}, (database) => database.script(sql));
    return { folder, vault, data, change, env, log };
  }

  test('may be dropped only once it is archived; the archive verifies after that, and one changed byte is reported', async () => {
    const { vault, data, change, env } = await stage();

    const before = await data('retained', '--all');
    expect([before.code, before.out]).toEqual([
      3,
      expect.stringContaining('✘ 20260301-0312/audit: it is not archived'),
    ]);
    const archived = await data('retain');
    expect([archived.code, archived.out]).toEqual([0, expect.stringContaining('audit: archived, 1205 rows')]);
    expect((await data('retained', '--all')).code).toBe(0);

    await change("update audit set reason = 'changed' where id = 7");
    const stale = await data('retained', '--all');
    expect([stale.code, stale.out]).toEqual([
      3,
      expect.stringContaining('audit has changed since it was archived'),
    ]);
    expect((await data('retain')).out).toContain('audit: archived, 1205 rows');
    expect(readdirSync(join(vault, session)).toSorted()).toEqual(['app_log', 'audit', 'audit.2', 'settings']);
    expect((await data('retain')).out).toContain('audit: archived already');

    await change('drop table audit');
    expect((await data('retained', '--all')).out).toContain('whole; not signed; audit is gone');
    const verified = await walkback(env, 'data', 'verify', vault);
    expect([verified.code, verified.out.split('\n').filter((line) => line.startsWith('✔'))]).toEqual([
      0,
      expect.objectContaining({ length: 4 }),
    ]);

    const file = join(vault, session, 'audit.2', 'audit.jsonl');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect([lines.length, JSON.parse(lines[0] ?? '')]).toEqual([
      1205,
      { region: 'eu', id: 2, what: 'order 2 "paid"', reason: 'by hand' },
    ]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('order 2 ', 'order 3 '));
    const changed = await walkback(env, 'data', 'verify', vault);
    expect([changed.code, changed.out]).toEqual([3, expect.stringContaining(`${file} was changed`)]);
    expect((await data('retained', '--only', 'audit')).code).toBe(3);
  });
});

test('a file that is called like our own, and one that nobody may write, are archived as well', async () => {
  const folder = toolFolder();
  const vault = join(folder, 'vault');
  const plan = join(folder, 'retain.yaml');
  for (const name of ['manifest.json', 'hold.json']) writeFileSync(join(folder, name), name, { mode: 0o444 });
  writeFileSync(
    plan,
    `walkback_retain: 1
keep:
  - { id: one, file: ${join(folder, 'manifest.json')}, until: 30d }
  - { id: two, file: ${join(folder, 'hold.json')}, until: 30d }
`,
  );
  const kept = await walkback({}, 'data', 'retain', plan, '--vault', vault, '--session', session);
  const verified = await walkback({}, 'data', 'verify', vault);

  expect([kept.warned, kept.code, verified.code]).toEqual(['', 0, 0]);
  expect(readFileSync(join(vault, session, 'two', 'two.hold.json'), 'utf8')).toBe('hold.json');
  const times = timesAt('2999-01-01T00:00:00Z');
  expect(await purge({ vault, session, id: 'two' }, times, null, 'ada')).toBe(1); // under no hold
});

async function archived() {
  const folder = toolFolder();
  const vault = join(folder, 'vault');
  const plan = join(folder, 'retain.yaml');
  writeFileSync(join(folder, 'a.log'), 'one\n');
  writeFileSync(
    plan,
    `walkback_retain: 1\nkeep: [{ id: log, file: ${join(folder, 'a.log')}, until: 30d }]\n`,
  );
  const env = { PATH: process.env['PATH'] ?? '' };
  const say = (verb: string, ...argv: readonly string[]) => walkback(env, 'data', verb, ...argv);
  const retain = (...more: readonly string[]) =>
    say('retain', plan, '--vault', vault, '--session', session, ...more);
  return { folder, vault, say, retain };
}

test('an archive is not purged before its date, nor under a legal hold, nor where somebody changed it', async () => {
  const { vault, say, retain } = await archived();
  await retain();
  const name = { vault, session, id: 'log' };

  const early = await say('purge', vault, '--session', session, '--id', 'log');
  expect([early.code, early.warned]).toEqual([3, expect.stringContaining('log is kept until')]);
  expect((await say('verify', vault)).code).toBe(0);

  const later = timesAt(new Date(Date.now() + 31 * 86_400_000).toISOString());
  expect((await say('hold', vault, '--session', session, '--id', 'log', '--reason', 'case 7')).code).toBe(0);
  expect((await say('verify', vault)).code).toBe(0);
  await expect(purge(name, later, null, 'ada')).rejects.toThrow('legal hold: case 7');
  expect((await say('hold', vault, '--session', session, '--id', 'log', '--lift')).code).toBe(0);
  appendFileSync(join(vault, session, 'log', 'a.log'), 'x');
  await expect(purge(name, later, null, 'ada')).rejects.toThrow('not what its manifest says');
  writeFileSync(join(vault, session, 'log', 'a.log'), 'one\n');

  expect(await purge(name, later, null, 'ada')).toBe(1);
  expect(readdirSync(vault).toSorted()).toEqual([session, 'purged.jsonl']);
  expect(JSON.parse(readFileSync(join(vault, 'purged.jsonl'), 'utf8'))).toMatchObject({
    id: 'log',
    by: 'ada',
  });
  expect((await say('verify', vault)).code).toBe(3);
});

test('a signed manifest shows who wrote it; one that was changed, or that another signed, does not hold', async () => {
  const { folder, vault, say, retain } = await archived();
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada', '-f', key]);
  const signers = join(folder, 'allowed_signers');
  writeFileSync(signers, `ada namespaces="walkback-archive" ${readFileSync(`${key}.pub`, 'utf8')}`);
  await retain('--key', key);
  const asked = ['--signers', signers, '--as'];

  expect((await say('verify', vault, ...asked, 'ada')).out).toContain('whole; signed by ada');
  expect((await say('verify', vault, ...asked, 'grace')).code).toBe(3);
  const unchecked = await say('verify', vault);
  expect([unchecked.code, unchecked.out]).toEqual([
    30,
    expect.stringContaining('its signature was not checked'),
  ]);
  expect((await say('verify', vault, '--unsigned')).code).toBe(0);

  const manifest = join(vault, session, 'log', 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"until": "\d+/, '"until": "2020'));
  const changed = await say('verify', vault, ...asked, 'ada');
  expect([changed.code, changed.out]).toEqual([3, expect.stringContaining('its signature does not hold')]);
});

test('a command that fails and a file that is not there leave no archive behind', async () => {
  const { folder, vault, say } = await archived();
  const plan = join(folder, 'other.yaml');
  const with_ = (entry: string) => {
    writeFileSync(plan, `walkback_retain: 1\nkeep: [${entry}]\n`);
    return say('retain', plan, '--vault', vault, '--session', session);
  };

  const failed = await with_('{ id: one, run: [sh, -c, echo half; exit 4], until: 1d }');
  expect([failed.code, failed.warned]).toEqual([3, expect.stringContaining('ended with 4')]);
  const missing = await with_('{ id: two, file: /nonexistent/x, until: 1d }');
  expect([missing.code, missing.warned]).toEqual([3, expect.stringContaining('cannot be read')]);
  expect(readdirSync(join(vault, session))).toEqual([]);
  rmSync(vault, { recursive: true });
});
