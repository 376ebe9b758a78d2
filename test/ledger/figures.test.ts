import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import { rebuildProjections } from '../../src/ledger/rebuild.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { figuresOf } from '../../src/report/figures.ts';
import { readStory } from '../../src/report/story.ts';
import { at, eventsFrom, sessionId, started, toldRollback, type Told } from '../report/events.ts';
import { decided, triggerChanged } from '../fixtures/ledger/figure-facts.ts';
import { freshLedger, openTestLedger, temporaryFolder } from './temporary-ledger.ts';

const all = { fromMs: null, toMs: null };
const atMs = (seconds: number): number => Date.parse(at(seconds));

const ended: Fact = { type: 'session.ended', outcome: 'rolled_back', reason: 'done' };
const discharged: Fact = {
  type: 'obligation.discharged',
  by: 'ada',
  key: 'ci',
  how: 'proved',
  reason: 'it runs',
  owner: null,
  due: null,
};

const stories: Readonly<Record<string, readonly Told[]>> = {
  'a rollback with all that can happen': toldRollback,
  'triggers that clear after the decision': [
    [0, started],
    [20, triggerChanged('errors', 'FIRED', 5000)],
    [60, decided],
    [90, triggerChanged('errors', 'CLEARED')],
    [120, ended],
  ],
  'a trigger that fires again': [
    [0, started],
    [20, triggerChanged('errors', 'FIRED')],
    [60, decided],
    [90, triggerChanged('errors', 'OK')],
    [95, triggerChanged('errors', 'FIRED')],
    [120, { ...ended, outcome: 'aborted' }],
  ],
  'a session that nobody decided': [
    [0, started],
    [20, triggerChanged('errors', 'FIRED')],
  ],
};

test.each(Object.entries(stories))('says of %s what the report of the session says', (_title, told) => {
  const ledger = freshLedger();
  const log = openSessionLog(ledger, sessionId);
  for (const [seconds, fact, actor = 'ada'] of told) log.append([{ fact, actor, at: at(seconds) }]);
  const events = eventsFrom(told);
  const figures = figuresOf(readStory({ session: { id: sessionId, outcome: null }, events }), events);
  const [row] = ledger.figures(all);
  const span = (from: number | null | undefined, to: number | null | undefined): number | null =>
    from == null || to == null ? null : to - from;
  expect({
    toDecide: span(row?.detected ?? 0, row?.decided),
    toRestore: span(row?.decided, row?.recovered),
    toGiveBack: span(row?.decided, row?.givenBack),
  }).toEqual({
    toDecide: figures.toDecideMs,
    toRestore: figures.toRestoreMs,
    toGiveBack: figures.toGiveBackMs,
  });
});

test('the failure starts with the first breaching sample, which in a drill is nearer than its clock says', () => {
  const ledger = freshLedger();
  for (const [id, speed] of [
    ['live', 1],
    ['drill', 60],
  ] as const) {
    const log = openSessionLog(ledger, id);
    log.append([{ fact: { ...started, speed }, actor: 'ada', at: at(speed) }]);
    log.append([{ fact: triggerChanged('errors', 'FIRED', 120_000), actor: 'ada', at: at(200) }]);
  }
  const byStart = ledger.figures(all).toSorted((one, other) => one.startedMs - other.startedMs);
  expect(byStart.map(({ failed, detected }) => (detected ?? 0) - (failed ?? 0))).toEqual([120_000, 2000]);
});

test('what is paid after the close is no part of the time to give back', () => {
  const ledger = freshLedger();
  const log = openSessionLog(ledger, sessionId);
  const facts: readonly Told[] = [
    [0, started],
    [10, discharged],
    [20, { type: 'session.closed', openDebts: 0 }],
    [9000, discharged],
  ];
  for (const [seconds, fact] of facts) log.append([{ fact, actor: 'ada', at: at(seconds) }]);
  expect(ledger.figures(all)).toMatchObject([{ givenBack: 10_000, ended: 20_000 }]);
});

test('the newest word about the cause of a session counts, and survives that its rows are made again', () => {
  const ledger = freshLedger();
  const log = openSessionLog(ledger, sessionId);
  log.append([{ fact: started, actor: 'ada', at: at(0) }]);
  for (const [record, seconds, cause] of [
    ['one', 100, 'external'],
    ['two', 200, 'change'],
  ] as const)
    openSessionLog(ledger, record).append([
      {
        fact: {
          type: 'cause.told',
          by: 'eva',
          session: sessionId,
          cause,
          release: cause === 'change' ? '2.0.0' : null,
          reason: 'seen',
        },
        actor: 'eva',
        at: at(seconds),
      },
    ]);
  const wanted = [{ told: 'change', toldRelease: '2.0.0', release: '2.0.0' }];
  expect(ledger.figures(all)).toMatchObject(wanted);
  rebuildProjections(ledger);
  expect(ledger.figures(all)).toMatchObject(wanted);
  expect(ledger.verify('one')).toMatchObject({ ok: true });
});

test('only the span and the names that are asked for are read', () => {
  const ledger = freshLedger();
  for (const [id, seconds] of [
    ['early', 0],
    ['late', 100],
  ] as const)
    openSessionLog(ledger, id).append([{ fact: started, actor: 'ada', at: at(seconds) }]);
  const ids = (query: Parameters<typeof ledger.figures>[0]) =>
    ledger.figures(query).map(({ startedMs }) => (startedMs === atMs(0) ? 'early' : 'late'));
  expect(ids({ fromMs: atMs(100), toMs: null })).toEqual(['late']);
  expect(ids({ fromMs: null, toMs: atMs(100) })).toEqual(['early']);
  expect(ids({ ...all, service: 'mail' })).toEqual([]);
  expect(ids({ ...all, service: 'shop', environment: 'production' })).toHaveLength(2);
});

test('a ledger of before the figures says that they are due, until they are made from its events', () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const before = openTestLedger(path);
  openSessionLog(before, sessionId).append([{ fact: started, actor: 'ada', at: at(0) }]);
  expect(before.figuresAreDue()).toBe(false);
  const rows = before.figures(all);
  before.close();
  const old = new Database(path);
  old.exec(`DROP TABLE session_figure; DROP TABLE deployment_row; DROP TABLE cause_row; DROP TABLE projection_due;
    PRAGMA user_version = 1`);
  old.close();

  const ledger = openTestLedger(path);
  expect(ledger.figuresAreDue()).toBe(true);
  expect(ledger.figures(all)).toEqual([]);
  rebuildProjections(ledger);
  expect(ledger.figuresAreDue()).toBe(false);
  expect(ledger.figures(all)).toEqual(rows);
});
