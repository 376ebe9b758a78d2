import { describe, expect, test } from 'vitest';
import { sideBySide } from '../../src/report/side-by-side.ts';
import { timelineOf } from '../../src/report/timeline.ts';
import { signsOf } from '../../src/report/drawn.ts';
import { statisticsText } from '../../src/report/statistics.ts';
import { eventsFrom, rollback, toldRollback } from '../report/events.ts';
import { statistics } from '../report/example-statistics.ts';
import type { HistorySession, HistorySource } from '../../src/ui/history/history-data.ts';
import { hintRow, historyHints } from '../../src/ui/history/history-hints.ts';
import { historyFrame } from '../../src/ui/history/history-rows.ts';
import {
  historyKey,
  historyPaste,
  historyStart,
  type HistoryState,
} from '../../src/ui/history/history-state.ts';
import { openHistoryStore } from '../../src/ui/history/history-store.ts';
import { keymap } from '../../src/ui/keymap.ts';
import { lookOf } from '../../src/ui/look.ts';
import { rowText, rowWidth } from '../../src/ui/text/row.ts';

const sessionOf = (n: number): HistorySession => ({
  id: `s${n}`,
  service: n % 2 === 0 ? 'shop' : 'mail',
  runbook: 'shop_rollback',
  title: `Take ${n} back`,
  environment: 'production',
  mode: n % 3 === 0 ? 'DRILL' : 'LIVE',
  operator: 'ada',
  ended: n === 4 ? 'aborted' : 'rolled_back',
  isOpen: false,
  startedAt: '2026-03-14T14:02:00.000Z',
  tookMs: 60_000,
  owed: n === 1 ? 2 : 0,
});
const sessions = Array.from({ length: 60 }, (_, n) => sessionOf(n));

/** The second session took half as long again for everything, and left one step out. */
const slower = eventsFrom(
  toldRollback
    .filter(([, fact]) => !('place' in fact) || fact.place.step !== 'old_cache')
    .map(([seconds, fact, actor = 'ada']) => [seconds * 1.5, fact, actor]),
);
const source: HistorySource = {
  write: (_what, path) => Promise.resolve({ file: `/home/ada/${path ?? ''}` }),
  timeline: (id) =>
    id === 's1' ? timelineOf(rollback) : { trouble: `Session ${id} is not as it was recorded` },
  statistics: () => statisticsText(statistics, signsOf(false)).trimEnd().split('\n'),
  compare: (left, right) =>
    sideBySide(
      { session: { id: left, outcome: null }, events: rollback },
      { session: { id: right, outcome: null }, events: slower },
    ),
};

const height = 20;
function after(...keys: readonly string[]): HistoryState {
  let state = historyStart(sessions);
  for (const key of keys) {
    const update = historyKey(state, key, source, height);
    if ('left' in update) throw new Error(`${key} left the history`);
    state = update.state;
  }
  return state;
}
const look = lookOf({ ascii: false, noColor: true });
const seen = { columns: 100, rows: 30, leftOut: null };
const text = (state: HistoryState): string => historyFrame(state, seen, look).rows.map(rowText).join('\n');

describe('the list of sessions', () => {
  test('keeps drills apart from what was real', () => {
    expect(after().list.shown.every(({ mode }) => mode === 'LIVE')).toBe(true);
    expect(after('tab').list.shown.every(({ mode }) => mode === 'DRILL')).toBe(true);
    expect(after('tab', 'tab').list.shown).toHaveLength(60);
  });

  test('narrows with every letter of a search, and Esc takes it back', () => {
    expect(after('/', ...'abort').list.shown.map(({ id }) => id)).toEqual(['s4']);
    expect(after('/', ...'mail s1', 'enter').list.search).toBe('mail s1');
    expect(after('/', ...'mail', 'enter', 'escape').list).toMatchObject({ search: '', selected: 0 });
    expect(historyPaste(after(), 'abort\r').list.shown).toHaveLength(1);
  });

  test('says what cannot be read, and stays', () => {
    const state = after('j', 'enter');
    expect(state.view.kind).toBe('list');
    expect(text(state)).toContain('is not as it was recorded');
    expect(after('j', 'enter', 'k').message).toBeNull();
  });

  test('marks one session and holds the next one against it', () => {
    expect(after('=').list.marked).toBe('s1');
    expect(after('=', '=').list.marked).toBeNull();
    expect(after('=', 'j', '=').view).toMatchObject({
      kind: 'comparison',
      compared: { left: { id: 's1' }, right: { id: 's2' } },
    });
    expect(after('=', 'escape').list.marked).toBeNull();
  });
});

describe('the timeline of a session', () => {
  test('is filtered by what it is about, and the chosen line stays near', () => {
    const all = after('enter');
    expect(all.view).toMatchObject({ kind: 'timeline', about: null, selected: 0 });
    const decisions = after('enter', 'tab').view;
    if (decisions.kind !== 'timeline') throw new Error('no timeline');
    expect(decisions.shown.length).toBeGreaterThan(2);
    expect(decisions.shown.every(({ kind }) => kind === 'decisions')).toBe(true);
    expect(after('enter', 'tab', 'shift+tab').view).toMatchObject({ about: null });
  });

  test('jumps from decision to decision', () => {
    const chosen = (...keys: readonly string[]) => {
      const { view } = after('enter', ...keys);
      return view.kind === 'timeline' ? view.shown[view.selected] : undefined;
    };
    const first = chosen('}');
    expect(first).toMatchObject({ isDecision: true });
    expect(first?.what).toContain('decided');
    expect(chosen('}', '}')?.seq).toBeGreaterThan(first?.seq ?? 0);
    expect(chosen('}', '}', '{')).toEqual(first);
    expect(after('enter', '{').message).toBe('no decision before this line');
  });

  test('searches words in any line, and Esc goes back step by step', () => {
    const { view } = after('enter', '/', ...'freeze debt', 'enter');
    if (view.kind !== 'timeline') throw new Error('no timeline');
    expect(view.shown.length).toBeGreaterThan(0);
    for (const { what, evidence } of view.shown)
      expect(`${what} ${evidence}`.toLowerCase()).toContain('freeze');
    expect(after('enter', '/', 'x', 'enter', 'escape').view).toMatchObject({ kind: 'timeline', search: '' });
    expect(after('enter', 'escape').view.kind).toBe('list');
  });
});

describe('two sessions side by side', () => {
  test('have their times beside each other, drawn to one scale, and what only one of them did', () => {
    const shown = text(after('=', 'j', '='));
    expect(shown).toMatch(/to decide +1 min 31 s +2 min 16 s/);
    expect(shown).toMatch(/cheaper_first +90 s +█+ +2 m +█+ +\+45 s/);
    const { view } = after('=', 'j', '=', 'tab');
    expect(view).toMatchObject({ kind: 'comparison', onlyDifferent: true });
    expect(text(after('=', 'j', '=', 'tab'))).toMatch(/\* old_cache .*\n[\s\S]*only left: /);
  });
});

test('the statistics stand behind the last tab, and scroll', () => {
  const state = after('tab', 'tab', 'tab');
  expect(text(state)).toMatch(/\[statistics\][\s\S]*live sessions: 12[\s\S]*more below/);
  expect(text(after('tab', 'tab', 'tab', 'G'))).toMatch(/drills: 1[\s\S]*p95/);
  expect(after('tab', 'tab', 'tab', 'tab').view).toMatchObject({ kind: 'list', tab: 'live' });
  expect(after('shift+tab', 'shift+tab').view).toMatchObject({ kind: 'list', tab: 'all' });
  expect(after('tab', 'tab', 'tab', 'escape').view.kind).toBe('list');
});

test('10,000 sessions are drawn as far as they are in sight, a key at a time', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => sessionOf(n));
  let drawn = 0;
  const counted = many.map((session) => ({
    ...session,
    get runbook() {
      drawn += 1;
      return 'shop_rollback';
    },
  }));
  const store = openHistoryStore(historyStart(counted), seen, source);
  drawn = 0;
  for (let presses = 0; presses < 50; presses += 1) {
    store.press(['ctrl+d']);
    historyFrame(store.snapshot().state, seen, look);
  }
  expect(store.snapshot().state.view.selected).toBe(50 * 11);
  // 22 rows of a frame, and nothing of the rest
  expect(drawn).toBeLessThanOrEqual(50 * 22);
  store.press(['G']);
  expect(text(store.snapshot().state)).toContain('more above');
});

test.each([
  [100, 30],
  [80, 24],
])('at %i×%i the help has every key of the history', (columns, rows) => {
  const shown = historyFrame(after('?'), { columns, rows, leftOut: null }, look).rows.map(rowText).join('\n');
  const own = keymap.filter(({ contexts }) => contexts.includes('history'));
  expect(own.filter(({ label }) => !shown.includes(label))).toEqual([]);
});

describe.each([
  [200, 50],
  [100, 30],
  [80, 24],
  [60, 16],
])('at %i×%i', (columns, rows) => {
  test.each([
    [[]],
    [['tab']],
    [['/', 'x', 'y', 'z']],
    [['=']],
    [['enter']],
    [['enter', 'tab']],
    [['tab', 'tab', 'tab']],
    [['=', 'j', '=']],
    [['=', 'j', '=', 'tab']],
    [['?']],
  ])('after %j the frame is whole, and every hint does something', (keys) => {
    const state = after(...keys);
    const frame = historyFrame(state, { columns, rows, leftOut: null }, look);
    expect(frame.rows).toHaveLength(rows - 1);
    for (const line of frame.rows) expect(rowWidth(line), rowText(line)).toBe(columns);
    if (state.writing !== null || state.help) return;
    for (const [{ keys: bound }] of historyHints(state)) {
      const update = historyKey(state, bound[0], source, height);
      expect('left' in update || update.state !== state, bound[0]).toBe(true);
    }
  });
});

test('x asks for the name of a file, and what stood there already is asked for again', async () => {
  const asked: unknown[] = [];
  const answers = [
    { trouble: '/home/ada/s0.md is there already and stays as it is.' },
    { file: '/home/ada/s0-b.md' },
  ];
  const writing: HistorySource = {
    ...source,
    write: (what, path) => {
      asked.push([what, path]);
      return Promise.resolve(answers[asked.length - 1] ?? { trouble: 'asked too often' });
    },
  };
  const store = openHistoryStore(historyStart(sessions), { columns: 60, rows: 16, leftOut: null }, writing);
  const screen = (): string => {
    const { state, seen } = store.snapshot();
    return historyFrame(state, seen, look).rows.map(rowText).join('\n');
  };
  const first = store.snapshot().state.list.shown[0]?.id;
  store.press(['x']);
  expect(screen()).toContain(`write to ${first}.html`);
  expect(screen()).toContain('.jsonl');
  for (const _letter of '.html') store.press(['backspace']);
  store.paste('.md');
  store.press(['enter', 'enter']);
  await Promise.resolve();
  await Promise.resolve();
  expect(asked).toEqual([[{ kind: 'session', session: first }, `${first}.md`]]);
  expect(screen()).toContain('is there already');
  expect(screen()).toContain(`write to ${first}.md`);
  store.press(['enter']);
  await Promise.resolve();
  await Promise.resolve();
  expect(screen()).toContain('written: /home/ada/s0-b.md');
  store.press(['x', 'escape']);
  expect(screen()).toContain('nothing was written');
  expect(asked).toHaveLength(2);
});

test('at 80 columns the keys that lead out and to a file are named', () => {
  const line = rowText(hintRow(historyStart(sessions), 80));
  expect(line).toBe(' Enter timeline   = mark to compare   Tab lists   q leave   / search   x export');
});

test('Ctrl-Z gives the terminal to the shell', () => {
  const store = openHistoryStore(historyStart(sessions), { columns: 80, rows: 24, leftOut: null }, source);
  let stopped = 0;
  store.attachTerminal(
    (meanwhile) => meanwhile(),
    () => Promise.resolve(void (stopped += 1)),
  );
  store.press(['ctrl+z']);
  expect(stopped).toBe(1);
});

test('q and Ctrl-C leave, and Esc leaves a list in which nothing is searched or marked', async () => {
  for (const key of ['q', 'ctrl+c', 'escape'])
    expect(historyKey(historyStart(sessions), key, source, height)).toEqual({ left: true });
  const store = openHistoryStore(historyStart(sessions), seen, source);
  store.press(['j', 'q']);
  await store.left;
});

test('names from outside draw nothing but themselves', () => {
  const hostile = { ...sessionOf(1), runbook: '\u001b[31mred\u202e', title: 'a\nb' };
  const state = historyStart([hostile]);
  expect(text(state)).not.toContain('\u001b[31m');
  expect(text(state)).not.toContain('\u202e');
});
