import { describe, expect, test } from 'vitest';
import { entryKey, homeEntries, type HomeData } from '../../src/ui/home/home-data.ts';
import { homeFrame, homeText } from '../../src/ui/home/home-rows.ts';
import { homeHints, homeKey, homePaste, homeStart, type HomeState } from '../../src/ui/home/home-state.ts';
import { openHomeStore } from '../../src/ui/home/home-store.ts';
import { lookOf } from '../../src/ui/look.ts';
import { rowWidth } from '../../src/ui/text/row.ts';
import { nowMs } from './fake-client.ts';
import { stillTime } from './still-time.ts';

const data: HomeData = {
  proposals: [],
  sessions: [
    {
      id: 's1',
      service: 'shop',
      title: 'roll back to 1.9.3',
      environment: 'production',
      mode: 'LIVE',
      status: 'waits for eva',
      startedAt: '2026-03-01T17:40:00.000Z',
      owed: 3,
    },
  ],
  obligations: [
    {
      session: 's0',
      key: 'pm',
      title: 'post-mortem',
      openedAt: '2026-02-26T10:00:00.000Z',
      owner: 'kim',
      due: '2026-03-05T12:00:00.000Z',
      overdue: false,
      release: ['walkback', 'postmortem', 's0'],
    },
    {
      session: 's0',
      key: 'flag',
      title: 'feature flag off',
      openedAt: '2026-02-27T10:00:00.000Z',
      owner: null,
      due: null,
      overdue: true,
      release: ['flagctl', 'on', 'coupons'],
    },
  ],
  runbooks: [
    {
      id: 'shop',
      title: 'Roll the shop back',
      maturity: 'production',
      lastDrill: '2026-02-20T10:00:00.000Z',
      readiness: 'ready: 9 of 9',
    },
    { id: 'pay', title: 'Payments', maturity: 'draft', lastDrill: null, readiness: null },
  ],
};

const after = (...keys: readonly string[]): ReturnType<typeof homeKey> => {
  let state: HomeState = homeStart;
  let update: ReturnType<typeof homeKey> = { state };
  for (const key of keys) {
    update = homeKey(state, key, data);
    if ('choice' in update) return update;
    state = update.state;
  }
  return update;
};

test('what is open comes first, then what is owed with the overdue on top, then what can be run', () => {
  expect(homeEntries(data).map(entryKey)).toEqual([
    'session s1',
    'obligation s0 flag',
    'obligation s0 pm',
    'runbook shop',
    'runbook pay',
  ]);
});

describe('a choice on the home screen', () => {
  test.each([
    [['enter'], { kind: 'resume', session: 's1' }],
    [['j', 'enter'], { kind: 'release', session: 's0', key: 'flag' }],
    [['j', 'j', 'j', 'r'], { kind: 'run', runbook: 'shop' }],
    [['G', 'D'], { kind: 'drill', runbook: 'pay' }],
    [['G', 'enter', 'enter'], { kind: 'drill', runbook: 'pay' }],
    [['G', 'enter', 'j', 'enter'], { kind: 'run', runbook: 'pay' }],
    [['ctrl+p', ...'run pay'.split(''), 'enter'], { kind: 'run', runbook: 'pay' }],
    [['q'], { kind: 'quit' }],
    [['?', 'x', 'ctrl+c'], { kind: 'quit' }],
  ])('%j is %j', (keys, choice) => {
    expect(after(...keys)).toEqual({ choice });
  });

  test('is never made by r on a session or by pasting', () => {
    expect(after('r')).toEqual({ state: homeStart });
    expect(homePaste(homeStart, 'q\r')).toEqual(homeStart);
  });
});

test.each([0, 1, 2, 3, 4])('every hint does something on row %i', (selected) => {
  for (const { keys } of homeHints(data, { ...homeStart, selected })) {
    expect(homeKey({ ...homeStart, selected }, keys[0], data), keys[0]).not.toEqual({
      state: { ...homeStart, selected },
    });
  }
});

describe.each([
  [200, 50],
  [100, 30],
  [60, 16],
])('at %i×%i', (columns, rows) => {
  test.each([[[]], [['?']], [['ctrl+p']], [['G', 'enter']]])('after %j the frame is whole', (keys) => {
    const update = after(...keys);
    const state = 'state' in update ? update.state : homeStart;
    const frame = homeFrame(
      data,
      state,
      { columns, rows, nowMs, user: 'eva' },
      lookOf({ ascii: false, noColor: true }),
    );
    expect(frame.rows).toHaveLength(rows - 1);
    for (const line of frame.rows) expect(rowWidth(line)).toBe(columns);
  });
});

test('debts show their age, their owner and how they are given back', () => {
  const text = homeText(
    homeFrame(
      data,
      homeStart,
      { columns: 120, rows: 30, nowMs, user: 'eva' },
      lookOf({ ascii: false, noColor: true }),
    ).rows,
  );
  expect(text).toMatch(/feature flag off\s+for 2 d OVERDUE\s+no owner\s+\$ flagctl on coupons/);
  expect(text).toMatch(/post-mortem\s+for 3 d\s+kim, due 2026-03-05/);
  expect(text).toMatch(/Payments\s+draft\s+never drilled\s+readiness not known/);
});

test('an empty home says how to begin', () => {
  const empty = { proposals: [], sessions: [], obligations: [], runbooks: [] };
  const text = homeText(
    homeFrame(
      empty,
      homeStart,
      { columns: 80, rows: 24, nowMs, user: 'eva' },
      lookOf({ ascii: false, noColor: true }),
    ).rows,
  );
  expect(text).toContain('none found: walkback new makes one');
});

test('the store answers the first choice and ignores keys after it', async () => {
  const store = openHomeStore(data, { columns: 80, rows: 24, nowMs, user: 'eva' }, stillTime);
  store.press(['j', 'j', 'j', 'r', 'q']);
  await expect(store.chosen).resolves.toEqual({ kind: 'run', runbook: 'shop' });
});
