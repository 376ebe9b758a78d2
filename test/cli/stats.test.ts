import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { at, started } from '../report/events.ts';
import { freshLedger, openTestLedger } from '../ledger/temporary-ledger.ts';
import { walkback } from '../tools/cli.ts';

/** A ledger with one live session that rolled 2.0.0 back, and one drill. */
function ledgerHere(): Readonly<Record<string, string>> {
  const ledger = freshLedger();
  for (const [id, changes] of [
    ['20260314-1402-live', {}],
    ['20260314-1402-drll', { mode: 'DRILL' }],
  ] as const) {
    const facts: readonly Fact[] = [
      { ...started, ...changes },
      { type: 'session.ended', outcome: 'rolled_back', reason: 'done' },
    ];
    openSessionLog(ledger, id).append(facts.map((fact) => ({ fact, actor: 'ada', at: at(0) })));
  }
  ledger.close();
  return { WALKBACK_LEDGER: ledger.path };
}

const shop = ['--service', 'shop', '--env', 'production'] as const;
interface Told {
  readonly dora: {
    readonly changeFailRate: { readonly k: number; readonly n: number };
    readonly leftOut: Readonly<Record<string, number>>;
  };
  readonly drills: { readonly sessions: number };
}
const dora = async (env: Readonly<Record<string, string>>) =>
  ((await walkback(env, 'stats', '--json')).json() as Told).dora;

test('a deployment that the pipeline records makes the session that rolled it back a failed change', async () => {
  const env = ledgerHere();
  expect((await dora(env)).leftOut).toMatchObject({ notTold: 1 });
  const run = [
    'deploy',
    'record',
    ...shop,
    '--release',
    '2.0.0',
    '--at',
    '2026-03-14T13:50:00Z',
    '--id',
    'run-7',
  ];
  expect(await walkback(env, ...run)).toMatchObject({ code: 0, out: 'shop 2.0.0 on production: recorded\n' });
  expect((await walkback(env, ...run)).out).toBe('shop 2.0.0 on production: on record already\n');
  expect(await dora(env)).toMatchObject({ changeFailRate: { k: 1, n: 1 }, leftOut: { notTold: 0 } });

  const other = await walkback(env, 'deploy', 'record', ...shop, '--release', '2.0.1', '--id', 'run-7');
  expect(other).toMatchObject({ code: 3, warned: expect.stringContaining('as 2.0.0 and not 2.0.1') });

  const why = ['--reason', 'the network provider was down'];
  await walkback(env, 'deploy', 'cause', '20260314-1402-live', 'external', ...why);
  expect(await dora(env)).toMatchObject({ changeFailRate: { k: 0, n: 1 }, leftOut: { external: 1 } });
  expect((await walkback(env, 'deploy', 'list')).out).toMatch(
    /2026-03-14 13:50:00 +shop +2\.0\.0 +production +yes/,
  );
});

test('a feed is read line by line, told twice it counts once, and a line that is wrong is named', async () => {
  const env = ledgerHere();
  const feed = join(env['WALKBACK_LEDGER'] ?? '', '../feed.jsonl');
  const line = (release: string, more = ''): string =>
    `{"service":"shop","environment":"production","release":"${release}","finished_at":"2026-03-10T08:00:00Z"${more}}\n`;
  writeFileSync(
    feed,
    line('1.9.9') + line('1.9.10', ',"unplanned":true,"committed_at":"2026-03-10T07:00:00Z"'),
  );
  for (let times = 0; times < 2; times += 1)
    expect((await walkback(env, 'deploy', 'record', '--feed', feed)).code).toBe(0);
  const text = (await walkback(env, 'stats', '--since', '2026-03-01', '--until', '2026-04-01')).out;
  expect(text).toMatch(/deployments +n 2/);
  expect(text).toMatch(/lead time +n 1 +p50 1 h/);
  expect(text).toMatch(/rework rate +n 2 +1 of 2/);

  writeFileSync(feed, `${line('1.9.9')}{"service":"shop"}\n`);
  const wrong = await walkback(env, 'deploy', 'record', '--feed', feed);
  expect(wrong).toMatchObject({ code: 2, warned: expect.stringContaining('feed.jsonl:2:1: `environment`') });
});

test.each([
  [['deploy', 'record', ...shop, '--release', '2', '--at', '2999-01-01'], 'is in the future'],
  [['deploy', 'cause', '20260314-1402-drll', 'change', '--reason', 'x'], 'is a drill'],
  [
    ['deploy', 'cause', '20260314-1402-live', 'external', '--release', '2', '--reason', 'x'],
    'A release is a change',
  ],
  [['deploy', 'cause', '20260314-1402-live', 'external'], '--reason'],
  [['stats', '--since', '2026-04-01', '--until', '2026-03-01'], 'not before --until'],
] as const)('%j is refused with words', async (args, words) => {
  const { code, warned } = await walkback(ledgerHere(), ...args);
  expect({ code, warned }).toEqual({ code: 2, warned: expect.stringContaining(words) });
});

test('drills are counted apart, and a service that is asked for is all that is counted', async () => {
  const env = ledgerHere();
  const all = (await walkback(env, 'stats', '--json')).json() as Told;
  expect(all.drills.sessions).toBe(1);
  const none = await walkback(env, 'stats', '--service', 'mail');
  expect(none.out).toBe('No sessions and no deployments in this span.\n');
});

test('the figures of a ledger of before are made once, and it is said', async () => {
  const env = ledgerHere();
  const ledger = openTestLedger(env['WALKBACK_LEDGER'] ?? '');
  ledger.store
    .connection()
    .exec(`DELETE FROM session_figure; INSERT INTO projection_due VALUES ('session_figure')`);
  ledger.close();
  const first = await walkback(env, 'stats', '--format', 'csv');
  expect(first.warned).toContain('made from their events, once');
  expect(first.out).toContain('live,all,,sessions,,count,1,1,,\r\n');
  expect((await walkback(env, 'stats', '--format', 'csv')).warned).toBe('');
});
