import { describe, expect, test } from 'vitest';
import { homeEntries, type HomeData, type HomeProposal } from '../../src/ui/home/home-data.ts';
import { homeFrame, homeText } from '../../src/ui/home/home-rows.ts';
import {
  homeKey,
  homePaste,
  homeReloaded,
  homeStart,
  type HomeState,
  type HomeUpdate,
} from '../../src/ui/home/home-state.ts';
import { openHomeStore } from '../../src/ui/home/home-store.ts';
import { movedTime } from './still-time.ts';
import { lookOf } from '../../src/ui/look.ts';
import { rowWidth } from '../../src/ui/text/row.ts';
import { nowMs } from './fake-client.ts';

const minutesAgo = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

const proposal: HomeProposal = {
  id: '20260301-1802-abcd',
  what: 'shop_rollback',
  environment: 'production',
  words: 'HighErrors firing since 18:02 UTC, 3 signals',
  fires: true,
  openedAt: minutesAgo(12),
  expiresAt: minutesAgo(-180),
  alerts: [
    { name: 'SlowCheckout', status: 'resolved', startsAt: minutesAgo(30), summary: 'p95 over a second' },
    { name: 'HighErrors', status: 'firing', startsAt: minutesAgo(14), summary: '8 % of checkouts fail' },
  ],
  starts: [{ runbook: '/r/shop.yaml', name: 'shop_rollback', environment: 'production' }],
};
const two: HomeProposal = {
  ...proposal,
  what: 'shop_rollback or shop_flags',
  starts: [...proposal.starts, { runbook: '/r/flags.yaml', name: 'shop_flags', environment: 'production' }],
};
const session = {
  id: 's1',
  service: 'shop',
  title: 'roll back',
  environment: 'production',
  mode: 'LIVE' as const,
  status: 'running',
  startedAt: minutesAgo(3),
  owed: 0,
};
const runbook = {
  id: '/r/shop.yaml',
  title: 'Take back',
  maturity: 'draft',
  lastDrill: null,
  readiness: null,
};
const dataOf = (...proposals: readonly HomeProposal[]): HomeData => ({
  proposals,
  sessions: [session],
  obligations: [],
  runbooks: [runbook],
});

function after(data: HomeData, ...keys: readonly string[]): HomeUpdate {
  let state: HomeState = homeStart;
  for (const key of keys) {
    const update = homeKey(state, key, data);
    if ('choice' in update) return update;
    ({ state } = update);
  }
  return { state };
}
const stateAfter = (data: HomeData, ...keys: readonly string[]): HomeState => {
  const update = after(data, ...keys);
  if ('choice' in update) throw new Error(`chose ${JSON.stringify(update.choice)}`);
  return update.state;
};
const drawn = (data: HomeData, state: HomeState, columns = 100, rows = 30): string =>
  homeText(
    homeFrame(data, state, { columns, rows, nowMs, user: 'eva' }, lookOf({ ascii: false, noColor: true }))
      .rows,
  );

test('what is proposed stands first, with why and where, whole at 80 columns', () => {
  expect(homeEntries(dataOf(proposal)).map(({ kind }) => kind)).toEqual(['proposal', 'session', 'runbook']);
  const text = drawn(dataOf(proposal), homeStart, 80, 24);
  expect(text).toContain('shop_rollback on PRODUCTION, HighErrors firing since 18:02 UTC, 3 signals');
  expect(text).toContain('proposed 1   1 open');
});

describe('the card of a proposal', () => {
  test('Enter opens it and starts nothing: the first row leaves it', () => {
    const state = stateAfter(dataOf(proposal), 'enter');
    expect(state.mode).toEqual({ kind: 'proposal', id: proposal.id, selected: 0 });
    const text = drawn(dataOf(proposal), state);
    expect(text).toMatch(/proposed: shop_rollback .*nothing has started/);
    expect(text).toMatch(/FIRING +HighErrors +since \d\d:\d\dZ +8 % of checkouts fail/);
    expect(text.indexOf('HighErrors  since')).toBeLessThan(text.indexOf('SlowCheckout'));
    expect(text).toContain('leave it for now');
    expect(stateAfter(dataOf(proposal), 'enter', 'enter').mode).toEqual({ kind: 'list' });
  });

  test.each([
    [
      ['enter', 'j', 'enter'],
      { kind: 'start', proposal: proposal.id, runbook: '/r/shop.yaml', environment: 'production' },
    ],
    [
      ['enter', 'G', 'enter', ...'load test'.split(''), 'enter', 'enter'],
      { kind: 'dismiss', proposal: proposal.id, reason: 'load test', present: '' },
    ],
    [
      ['enter', 'G', 'enter', 'x', 'enter', ...'kim,lee'.split(''), 'enter'],
      { kind: 'dismiss', proposal: proposal.id, reason: 'x', present: 'kim,lee' },
    ],
  ])('%j is %j', (keys, choice) => {
    expect(after(dataOf(proposal), ...keys)).toEqual({ choice });
  });

  test('where two runbooks fit, each is a row of its own', () => {
    const text = drawn(dataOf(two), stateAfter(dataOf(two), 'enter'));
    expect(text).toContain('start shop_rollback on production');
    expect(text).toContain('start shop_flags on production');
    expect(after(dataOf(two), 'enter', 'j', 'j', 'enter')).toEqual({
      choice: { kind: 'start', proposal: two.id, runbook: '/r/flags.yaml', environment: 'production' },
    });
  });

  test('an empty reason is not taken, and pasting answers nothing', () => {
    const asked = stateAfter(dataOf(proposal), 'enter', 'G', 'enter', ' ', 'enter');
    expect(drawn(dataOf(proposal), asked)).toContain('a reason is needed');
    const writing = stateAfter(dataOf(proposal), 'enter', 'G', 'enter');
    expect(homePaste(writing, 'line\nother\r').mode).toMatchObject({
      kind: 'dismiss',
      reason: { value: 'line other' },
      present: null,
    });
  });
});

describe('lists that are read again', () => {
  test('the chosen row stays chosen when a proposal comes in above it', () => {
    const state = homeReloaded({ ...homeStart, selected: 1 }, dataOf(), dataOf(proposal));
    expect(homeEntries(dataOf(proposal))[state.selected]).toMatchObject({ kind: 'runbook' });
  });

  test('a card whose proposal was decided elsewhere goes away', () => {
    const open = stateAfter(dataOf(proposal), 'enter');
    expect(homeReloaded(open, dataOf(proposal), dataOf()).mode).toEqual({ kind: 'list' });
  });

  test('the store draws only when something changed, keeps keys working, and says when it cannot read', async () => {
    const time = movedTime();
    const store = openHomeStore(dataOf(), { columns: 80, rows: 24, nowMs, user: 'eva' }, time);
    let draws = 0;
    store.subscribe(() => (draws += 1));
    store.reloaded(dataOf(), nowMs + 2_000);
    expect(draws).toBe(0);
    store.reloaded(dataOf(proposal), nowMs + 4_000);
    expect(draws).toBe(1);
    store.reloaded({ trouble: 'the ledger cannot be read: these lists are old' }, nowMs + 6_000);
    const { data, state, seen } = store.snapshot();
    const look = lookOf({ ascii: false, noColor: true });
    expect(homeText(homeFrame(data, state, seen, look).rows)).toContain('these lists are old');
    store.reloaded(dataOf(proposal), nowMs + 8_000);
    expect(store.snapshot().seen.trouble).toBeNull();
    store.press(['g', 'enter']);
    time.pass(400);
    store.press(['j', 'enter']);
    await expect(store.chosen).resolves.toMatchObject({ kind: 'start' });
  });
});

describe.each([
  [200, 50],
  [100, 30],
  [80, 24],
  [60, 16],
])('at %i×%i', (columns, rows) => {
  test.each([[[]], [['enter']], [['enter', 'G', 'enter']], [['enter', 'G', 'enter', 'x', 'enter']]])(
    'after %j the frame is whole',
    (keys) => {
      const data = dataOf(two);
      const frame = homeFrame(
        data,
        stateAfter(data, ...keys),
        { columns, rows, nowMs, user: 'eva' },
        lookOf({ ascii: false, noColor: true }),
      );
      expect(frame.rows).toHaveLength(rows - 1);
      for (const line of frame.rows) expect(rowWidth(line)).toBe(columns);
    },
  );
});

describe('a key that was meant for the list', () => {
  const opened = () => {
    const time = movedTime();
    const seen = { columns: 80, rows: 24, nowMs, user: 'eva' };
    const store = openHomeStore(dataOf(proposal), seen, time);
    store.press(['enter']);
    const text = (): string => {
      const { data, state, seen: now } = store.snapshot();
      return homeText(homeFrame(data, state, now, lookOf({ ascii: false, noColor: true })).rows);
    };
    return { store, time, text };
  };
  const ignored = 'keys are ignored for a moment';

  test('starts nothing: the card swallows keys after it opened, each of them anew, and says so', async () => {
    const { store, time, text } = opened();
    let chosen: unknown = null;
    void store.chosen.then((choice) => (chosen = choice));
    expect(text()).toContain(ignored);
    time.pass(300);
    store.press(['down', 'enter']);
    time.pass(300);
    store.press(['enter']);
    await Promise.resolve();
    expect([chosen, store.snapshot().state.mode]).toEqual([
      null,
      { kind: 'proposal', id: proposal.id, selected: 0 },
    ]);
    expect(text()).toContain(ignored);

    time.pass(400);
    expect(text()).not.toContain(ignored);
    store.press(['down', 'enter']);
    expect(await store.chosen).toMatchObject({ kind: 'start', proposal: proposal.id });
  });

  test('and leaving the card is never swallowed', () => {
    const { store } = opened();
    store.press(['escape']);
    expect(store.snapshot().state.mode).toEqual({ kind: 'list' });
  });
});
