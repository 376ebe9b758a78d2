import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { withDatabase } from '../../../src/tools/database.ts';
import { guardSql } from '../../../src/tools/lease/fence.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';
import { toolFolder } from '../shop-tables.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());
beforeEach(() =>
  postgres.run('drop schema public cascade; create schema public; create table written (by text, what text)'),
);

/** A holder in a process of its own. */
function holder(name: string, ttlMs: number) {
  const file = path.resolve(import.meta.dirname, '../../fixtures/tools/fenced-writer.ts');
  const child = spawn(process.execPath, [file, name, String(ttlMs)], {
    env: { ...process.env, DATABASE_URL: postgres.url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    next: async (): Promise<string> => String((await lines.next()).value),
    write: (text: string): void => void child.stdin.write(`${text}\n`),
    signal: (name: 'SIGSTOP' | 'SIGCONT') => child.kill(name),
  };
}

const env = () => ({ DATABASE_URL: postgres.url });

test('a holder that was stopped past its lease is refused by PostgreSQL when it wakes and writes', async () => {
  await withDatabase({ kind: 'postgres', env: env() }, {}, (database) =>
    database.script(guardSql('postgres', 'orders').once),
  );
  const a = holder('a', 1500);
  expect(await a.next()).toBe('token 1');
  a.write('one');
  expect(await a.next()).toBe('written');
  a.signal('SIGSTOP');

  await vi.waitFor(
    async () =>
      expect((await walkback(env(), 'lease', 'state', 'orders', '--postgres')).out).toContain('is free'),
    { timeout: 20_000 },
  );
  const b = holder('b', 60_000);
  expect(await b.next()).toBe('token 2');
  b.write('two');
  expect(await b.next()).toBe('written');

  a.write('three');
  a.signal('SIGCONT');
  expect(await a.next()).toBe('Fenced off: a newer holder of orders has written, and this one has token 1.');
  await withDatabase({ kind: 'postgres', env: env() }, {}, async (database) => {
    expect(await database.query('select * from written')).toEqual([
      { by: 'a', what: 'one' },
      { by: 'b', what: 'two' },
    ]);
    // a writer of its own, that has only the statement which is printed
    const stale = guardSql('postgres', 'orders').each.replace(":'WALKBACK_FENCE'", '1');
    await expect(database.script(stale)).rejects.toThrow(
      /fenced off: orders is held with token 2, and this one is 1/,
    );
    await database.script(guardSql('postgres', 'orders').each.replace(":'WALKBACK_FENCE'", '2'));
  });
});

describe.each(['postgres', 'file'] as const)('a lease in %s', (where) => {
  function leases() {
    const flags = where === 'postgres' ? ['--postgres'] : ['--file', path.join(toolFolder(), 'leases')];
    return (...argv: readonly string[]) => {
      const [verb = '', ...rest] = argv;
      return walkback(env(), 'lease', verb, 'shop-db', ...flags, ...rest);
    };
  }

  test('is held by one at a time; who has it keeps its token, and the next one gets a higher one', async () => {
    const lease = leases();

    expect((await lease('state', '--json')).json()).toMatchObject({ held: false, holder: null });
    expect((await lease('acquire', '--holder', 'a', '--json')).json()).toMatchObject({
      token: 1,
      held: true,
    });
    expect((await lease('acquire', '--holder', 'a', '--json')).json()).toMatchObject({ token: 1 });
    const refused = await lease('acquire', '--holder', 'b');
    expect([refused.code, refused.warned]).toEqual([3, expect.stringContaining('a holds it')]);

    expect((await lease('release', '--holder', 'a', '--token', '1')).code).toBe(0);
    expect((await lease('release', '--holder', 'a')).out).toContain('did not hold it any more');
    expect((await lease('acquire', '--holder', 'b')).out).toContain('held by b with token 2');
    expect((await lease('state', '--holder', 'b')).code).toBe(0);
    expect((await lease('state', '--holder', 'a')).code).toBe(3);
  });

  test('is renewed by who still holds it; one that ran out is lost, even where nobody took it', async () => {
    const lease = leases();
    await lease('acquire', '--holder', 'a', '--ttl', '30s');

    expect((await lease('renew', '--holder', 'a', '--token', '1', '--ttl', '60s')).code).toBe(0);
    const other = await lease('renew', '--holder', 'b', '--token', '1');
    expect([other.code, other.warned]).toEqual([3, expect.stringContaining('a holds it')]);

    expect((await lease('renew', '--holder', 'a', '--token', '1', '--ttl', '1ms')).code).toBe(0);
    const late = await lease('renew', '--holder', 'a', '--token', '1');
    expect([late.code, late.warned]).toEqual([3, expect.stringContaining('it is lost: it ran out')]);
    expect((await lease('acquire', '--holder', 'a')).out).toContain('token 2');
    const stale = await lease('renew', '--holder', 'a', '--token', '1');
    expect(stale.warned).toContain('it is lost: a took it with token 2');
  });

  test('is waited for as long as is said', async () => {
    const lease = leases();
    await lease('acquire', '--holder', 'a', '--ttl', '300ms');

    expect((await lease('acquire', '--holder', 'b', '--wait', '20s')).out).toContain(
      'held by b with token 2',
    );
  });
});

test('a SQLite file refuses a stale holder by itself too', async () => {
  const file = path.join(toolFolder(), 'shop.db');
  await walkback({}, 'lease', 'state', 'x', '--file', file); // makes the file
  const { once: setup, each } = guardSql('sqlite', 'orders');
  await withDatabase({ kind: 'sqlite', file }, {}, async (database) => {
    await database.script(setup);
    await database.script(setup);
    await database.script(each.replace(':WALKBACK_FENCE', '8'));
    await expect(database.script(each.replace(':WALKBACK_FENCE', '7'))).rejects.toThrow(/fenced off/);
    await database.script(each.replace(':WALKBACK_FENCE', '8'));
  });
});

test('a command that is told to be fenced does not start without a token', async () => {
  const said = await walkback({}, 'lease', 'acquire', 'x', '--holder', 'a');
  expect([said.code, said.warned]).toEqual([2, expect.stringContaining('No database is named')]);
});
