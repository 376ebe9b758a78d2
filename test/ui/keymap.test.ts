import { describe, expect, test, vi } from 'vitest';
import type { SessionView } from '../../src/machine/view.ts';
import { actions, keymap, keymapMarkdown } from '../../src/ui/keymap.ts';
import { footerHints } from '../../src/ui/screens/footer.ts';
import {
  decisionStep,
  freshPhases,
  liveOf,
  nowIso,
  nowMs,
  openFakeClient,
  stepOf,
  viewAt,
  viewOf,
  waysOn,
} from './fake-client.ts';
import { scopeViewOf } from '../fixtures/scope-view.ts';
import { openTestScreen } from './draw.ts';
import { initialState, type Seen } from '../../src/ui/state/screen-state.ts';

describe('the table of keys', () => {
  test('gives every key one meaning in the whole program', () => {
    const meanings = new Map<string, string>();
    for (const { keys, action } of keymap) {
      for (const key of keys) {
        expect(meanings.get(key) ?? action, key).toBe(action);
        meanings.set(key, action);
      }
    }
  });

  test('has a key for every action, once', () => {
    expect(keymap.map(({ action }) => action).toSorted()).toEqual([...actions].toSorted());
  });

  test('binds no function keys and no mouse, which do not arrive', () => {
    for (const { keys } of keymap) for (const key of keys) expect(key).not.toMatch(/^f\d+$|mouse/);
  });

  test('has no key that aborts or kills', () => {
    for (const { action } of keymap) expect(action).not.toMatch(/abort|kill|stop_command/);
  });

  test('is the table in the docs', () => {
    const table = keymapMarkdown();
    for (const { label } of keymap) expect(table).toContain(`| ${label} |`);
  });
});

const fresh = { phases: freshPhases };
const situations: Readonly<Record<string, SessionView>> = {
  ready: viewAt({}, fresh),
  'with an override only': viewAt({ offers: [{ intent: 'skip', override: true }] }, fresh),
  performing: viewAt(
    { status: 'performing', offers: [{ intent: 'stop_command', confirm: 'yes', name: null }] },
    fresh,
  ),
  failed: viewAt({ status: 'failed', offers: waysOn, problem: { code: 'exit_1', detail: 'no' } }, fresh),
  deciding: viewAt(decisionStep(), fresh),
  'with components': viewAt({}, { ...fresh, scope: scopeViewOf() }),
  held: viewOf({ status: 'held', held: 'a second look', ...fresh }),
  'two at once': viewOf({
    current: [stepOf(), stepOf({ attempt: 'other#1', place: { step: 'other', item: '' } })],
    ...fresh,
  }),
  ended: viewOf({ status: 'ended', outcome: 'rolled_back', current: [], endedAt: nowIso }),
  closed: viewOf({ status: 'closed', outcome: 'rolled_back', current: [], obligations: [], endedAt: nowIso }),
};

const rows = Object.entries(situations).flatMap(([name, view]) => {
  const client = openFakeClient(view, liveOf());
  const seen: Seen = {
    view,
    live: client.live(),
    drives: true,
    nowMs,
    nowIso,
    columns: 100,
    rows: 30,
    heights: { 1: 5, 2: 5, 3: 5, 4: 5 },
    outputLines: view.current.length > 0 ? 40 : 0,
    searchOutput: () => [3],
    user: 'eva',
    copyFolder: '/nonexistent',
    draft: null,
  };
  const state = initialState(seen);
  return footerHints({ ...state, mode: { kind: 'session' } }, seen).map((binding) => ({
    name,
    view,
    key: binding.keys[0],
    label: binding.label,
  }));
});

describe('a hint in the footer', () => {
  test.each(rows)('$name: $key ($label) does something', async ({ view, key }) => {
    const screen = openTestScreen({ view });
    let left: string | null = null;
    void screen.store.left.then((how) => (left = how));
    const attempt = view.current[0]?.attempt ?? 'earlier#1';
    screen.client.print(
      attempt,
      Array.from({ length: 40 }, (_, line) => `line ${line}`),
    );
    screen.wait(200);
    if (key === 'f') screen.press('k');
    const before = screen.text();
    screen.calmly(key);
    await vi.waitFor(() => {
      const happened = screen.text() !== before || screen.client.sent.length > 0 || left !== null;
      expect(happened, before).toBe(true);
    });
  });
});
