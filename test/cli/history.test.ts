import { expect, test } from 'vitest';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { at, started, toldRollback } from '../report/events.ts';
import { freshLedger } from '../ledger/temporary-ledger.ts';
import { walkback } from '../tools/cli.ts';

/** Two live rollbacks, the second one slower, and a drill that goes on. */
function ledgerHere(): Readonly<Record<string, string>> {
  const ledger = freshLedger();
  for (const [id, pace] of [
    ['20260314-1402-aaaa', 1],
    ['20260315-1402-bbbb', 2],
  ] as const) {
    const log = openSessionLog(ledger, id);
    log.append(
      toldRollback.map(([seconds, fact, actor = 'walkback']) => ({ fact, actor, at: at(seconds * pace) })),
    );
  }
  const drill: Fact = { ...started, mode: 'DRILL', environment: 'staging', production: false };
  openSessionLog(ledger, '20260316-1402-cccc').append([{ fact: drill, actor: 'ada', at: at(172_800) }]);
  ledger.close();
  return { WALKBACK_LEDGER: ledger.path };
}

const ids = (text: string): readonly string[] =>
  [...text.matchAll(/^(\d{8}-\d{4}-[a-z]{4})/gm)].map(([id]) => id);

test('the history as text is filtered by words, by what it was and by when, newest first', async () => {
  const env = ledgerHere();
  const listed = async (...flags: readonly string[]) =>
    ids((await walkback(env, 'history', '--plain', ...flags)).out);
  expect(await listed()).toEqual(
    ['20260316-1402-cccc', '20260314-1402-aaaa', '20260315-1402-bbbb'].toSorted().toReversed(),
  );
  expect(await listed('--live')).toHaveLength(2);
  expect(await listed('--drills')).toEqual(['20260316-1402-cccc']);
  expect(await listed('--search', 'ROLLED_back bbbb')).toEqual(['20260315-1402-bbbb']);
  expect(await listed('--env', 'staging')).toEqual(['20260316-1402-cccc']);
  expect(await listed('--since', '2026-03-15')).toEqual(['20260316-1402-cccc']);
  expect(await listed('--until', '2026-03-15', '--limit', '1')).toHaveLength(1);
  expect(await listed('--service', 'mail')).toEqual([]);
});

test('one session is a timeline, of what is asked for only', async () => {
  const env = ledgerHere();
  const { out } = await walkback(env, 'history', '20260314', '--about', 'decisions', '--search', 'decided');
  expect(out).toMatch(/decisions +ada +cheaper_first decided: Roll back/);
  expect(out.trim().split('\n')).toHaveLength(2);
  const json = (await walkback(env, 'history', '20260314', '--json')).json();
  expect(json).toMatchObject({ schema: 'walkback.timeline/1', session: '20260314-1402-aaaa' });
});

test('two sessions stand side by side, as text and as JSON', async () => {
  const env = ledgerHere();
  const { out } = await walkback(env, 'history', '20260314', '20260315', '--plain', '--ascii');
  expect(out).toMatch(/outcome +rolled_back +rolled_back/);
  expect(out).toMatch(/to decide +1 min 31 s +3 min 2 s/);
  expect(out).toMatch(/schema_down +1 min 55 s +#{6} +3 min 50 s +#{12} +\+1 min 55 s/);
  const json = (await walkback(env, 'history', '20260314', '20260315', '--json')).json();
  expect(json).toMatchObject({ schema: 'walkback.compared/1', sameRunbook: true });
});

test('a session that is not there is refused with words', async () => {
  const { code, warned } = await walkback(ledgerHere(), 'history', '1999');
  expect({ code, warned }).toEqual({ code: 2, warned: expect.stringContaining('No session is called 1999') });
});
