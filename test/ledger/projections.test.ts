import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { projections, rebuildProjections } from '../../src/ledger/rebuild.ts';
import { ended, intent, judged, note, place, started } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, startSession } from './temporary-ledger.ts';

const shown = {
  title: 'Drain',
  argv: null,
  env: {},
  where: 'here',
  target: 'shop',
  timeoutMs: 1000,
  good: 'ok',
  leads: 'on',
  undo: '',
  warn: null,
  why: null,
  body: null,
  ponr: null,
  confirm: 'yes' as const,
  name: null,
  debt: null,
};
const readied = (attempt: string, debt: string | null): Fact => ({
  type: 'step.readied',
  place,
  attempt,
  shown,
  debt,
});
const discharged = (key: string, how: 'waived' | 'carried' | 'proved'): Fact => ({
  type: 'obligation.discharged',
  by: 'ben',
  key,
  how,
  reason: 'agreed',
  owner: 'ben',
  due: '2026-06-01T00:00:00.000Z',
});
const opened = (key: string, ttlMs: number | null = 60_000): Fact => ({
  type: 'obligation.opened',
  by: 'ana',
  due: null,
  reason: 'owed',
  obligation: { key, id: key, title: `Tell ${key}`, ttlMs, release: [] },
});
const found = (attempt: string): Fact => ({
  type: 'attempt.found',
  place,
  attempt,
  verdict: 'not_started',
  doubt: null,
  detail: '',
});

const firing = (state: 'FIRED' | 'CLEARED'): Fact => ({
  type: 'trigger.changed',
  id: 'errors',
  state,
  value: null,
  detail: '',
  code: null,
  samples: [],
  breachedForMs: 60_000,
});

const attempt = fc.nat(3).map((n) => `drain#${n}`);
const key = fc.constantFrom('freeze', 'silence');
const anyFact: fc.Arbitrary<Fact> = fc.oneof(
  fc.tuple(attempt, fc.option(key)).map(([id, debt]) => intent(id, debt)),
  fc
    .tuple(attempt, fc.constantFrom('exited' as const, 'not_started' as const))
    .map(([id, ending]) => ended(id, null, { ending })),
  fc
    .tuple(attempt, fc.constantFrom('pass' as const, 'fail' as const))
    .map(([id, result]) => judged(id, result)),
  fc.tuple(attempt, fc.option(key)).map(([id, debt]) => readied(id, debt)),
  fc
    .tuple(key, fc.constantFrom('waived' as const, 'carried' as const, 'proved' as const))
    .map(([id, how]) => discharged(id, how)),
  attempt.map(found),
  key.map(opened),
  key.map((id): Fact => ({ type: 'obligation.overdue', key: id })),
  fc.constantFrom<Fact>(
    { type: 'session.held', by: 'ana', reason: 'wait' },
    { type: 'session.unheld', by: 'ana' },
    { type: 'abort.requested', by: 'ana', reason: 'back' },
    { type: 'session.ended', outcome: 'recovered', reason: 'done' },
    { type: 'session.closed', openDebts: 0 },
    firing('FIRED'),
    firing('CLEARED'),
    note('so it is'),
  ),
);

const tables = (ledger: Ledger): readonly unknown[] =>
  projections.map((table) => ledger.store.sql(`SELECT * FROM ${table} ORDER BY 1, 2`).all());

test('makes the same lists again from the events alone', () => {
  const ledger = freshLedger();
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 25 }), (facts) => {
      const log = startSession(ledger);
      for (const fact of facts) append(ledger, log, fact);
    }),
    { numRuns: 60 },
  );
  const before = tables(ledger);
  rebuildProjections(ledger);
  expect(tables(ledger)).toEqual(before);

  ledger.store
    .connection()
    .exec(`UPDATE session_row SET title = 'x'; DELETE FROM obligation_row; DELETE FROM step_time`);
  expect(tables(ledger)).not.toEqual(before);
  rebuildProjections(ledger);
  expect(tables(ledger)).toEqual(before);
});

test('lists sessions newest first, page by page, and the open ones alone', () => {
  const ledger = freshLedger();
  const logs = Array.from({ length: 7 }, () => startSession(ledger));
  for (const log of logs.slice(0, 3)) append(ledger, log, { type: 'session.closed', openDebts: 0 });
  const newestFirst = logs.map(({ session }) => session).toReversed();

  const first = ledger.sessions({ limit: 4 });
  const last = first.at(-1);
  const rest = ledger.sessions({ limit: 9, ...(last === undefined ? {} : { after: last }) });
  expect([...first, ...rest].map(({ id }) => id)).toEqual(newestFirst);
  expect(ledger.sessions({ limit: 9, open: true }).map(({ id }) => id)).toEqual(newestFirst.slice(0, 4));
  expect(ledger.findSessions(newestFirst[0]?.slice(0, 13) ?? '')).toEqual([newestFirst[0]]);
});

test('tells of each session what a list shows', () => {
  const ledger = freshLedger();
  const log = startSession(ledger, { fact: started({ mode: 'LIVE', environment: 'production' }) });
  append(
    ledger,
    log,
    intent('drain#1', 'freeze'),
    intent('drain#2', 'silence'),
    ended('drain#2', null, { ending: 'not_started' }),
  );
  expect(ledger.session(log.session)).toMatchObject({
    status: 'running',
    openDebts: 1,
    events: 4,
    outcome: null,
  });

  const [last] = append(ledger, log, { type: 'session.ended', outcome: 'recovered', reason: 'all well' });
  expect(ledger.session(log.session)).toEqual({
    id: log.session,
    runbook: 'shop-rollback',
    title: 'Roll the shop back',
    service: 'shop',
    runbookHash: 'a'.repeat(64),
    mode: 'LIVE',
    environment: 'production',
    operator: 'ana',
    status: 'ended',
    outcome: 'recovered',
    openDebts: 1,
    started: log.facts()[0]?.at,
    ended: last?.at,
    lastAt: last?.at,
    events: 5,
    head: last?.hash,
  });
});

test('follows a debt from the intent that opens it to the check that proves it was given back', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const [intended] = append(ledger, log, intent('drain#1', 'freeze'));
  const due = new Date(Date.parse(intended?.at ?? '') + 1_800_000).toISOString();
  expect(ledger.obligations({ open: true })).toEqual([
    {
      session: log.session,
      key: 'freeze',
      title: 'Give freeze back',
      opened: intended?.at,
      by: 'ana',
      ttlMs: 1_800_000,
      due,
      state: 'open',
      overdue: false,
      owner: null,
      release: ['thaw', 'freeze'],
    },
  ]);

  append(
    ledger,
    log,
    { type: 'obligation.overdue', key: 'freeze' },
    readied('thaw#1', 'freeze'),
    judged('thaw#1', 'fail'),
  );
  expect(ledger.obligations({ open: true })).toMatchObject([{ state: 'open', overdue: true }]);
  append(ledger, log, judged('thaw#1', 'pass'));
  expect(ledger.obligations({ open: true })).toEqual([]);
  expect(ledger.obligations({ session: log.session })).toMatchObject([{ key: 'freeze', state: 'proved' }]);
  expect(ledger.session(log.session)).toMatchObject({ openDebts: 0 });
});

test('a debt without a limit has no date, and is never late by itself', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, opened('customers', null));
  expect(ledger.obligations({ open: true })).toMatchObject([{ ttlMs: null, due: null, overdue: false }]);
});

test('keeps a carried debt in sight without holding the session open', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, opened('customers'), discharged('customers', 'carried'));
  expect(ledger.obligations({ open: true })).toMatchObject([
    { state: 'carried', owner: 'ben', due: '2026-06-01T00:00:00.000Z' },
  ]);
  expect(ledger.session(log.session)).toMatchObject({ openDebts: 0 });
});

test('remembers how long each step took, newest first', () => {
  const ledger = freshLedger();
  for (const durationMs of [100, 200]) {
    const log = startSession(ledger);
    append(ledger, log, intent('drain#1'), ended('drain#1', null, { durationMs }), judged('drain#1'));
  }
  const live = startSession(ledger, { fact: started({ mode: 'LIVE' }) });
  append(ledger, live, intent('drain#1'), ended('drain#1', null, { durationMs: 300, exitCode: 1 }));

  expect(
    ledger
      .stepTimes('shop-rollback', 'drain')
      .map(({ commandMs, checkMs, passed, mode }) => [commandMs, checkMs, passed, mode]),
  ).toEqual([
    [300, null, false, 'LIVE'],
    [200, 300, true, 'DRILL'],
    [100, 300, true, 'DRILL'],
  ]);
  expect(ledger.stepTimes('shop-rollback', 'drain', { mode: 'LIVE' })).toHaveLength(1);
  expect(ledger.stepTimes('shop-rollback', 'other')).toEqual([]);
});

test('counts the sessions of a runbook that were started by override', () => {
  const ledger = freshLedger();
  const calm = startSession(ledger);
  append(ledger, calm, opened('customers'));
  expect(ledger.overrideRates()).toEqual([]);

  const forced = startSession(ledger);
  append(ledger, forced, opened('override-1'), opened('override-2'));
  expect(ledger.overrideRates()).toMatchObject([{ sessions: 2, overridden: 1 }]);
});
