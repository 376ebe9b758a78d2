import { expect, test } from 'vitest';
import { judgeWindow } from '../../src/judge/window.ts';

const minute = 60_000;
const opened = 1_000_000;
const at = (minutes: number, closedBy: { readonly reason: string; readonly atMs: number } | null = null) =>
  judgeWindow({
    openedMs: opened,
    evaluateMs: 30 * minute,
    extendedMs: 24 * 60 * minute,
    closedBy,
    nowMs: opened + minutes * minute,
  });

test.each([
  [0, 'open', 30],
  [29, 'open', 30],
  [30, 'extended', 1440],
  [31, 'extended', 1440],
  [1439, 'extended', 1440],
  [1440, 'closed', null],
] as const)('%i minutes after the release it is %s', (minutes, state, until) => {
  expect(at(minutes)).toMatchObject({ state, untilMs: until === null ? null : opened + until * minute });
});

test('what closes it closes it at once and for good, and gives the reason', () => {
  const migration = { reason: 'contract migration 006', atMs: opened + 5 * minute };
  expect(at(4, migration).state).toBe('open');
  expect(at(5, migration)).toEqual({ state: 'closed', untilMs: null, reason: 'contract migration 006' });
});

test('a release whose time nobody knows is not an open window', () => {
  const unknown = judgeWindow({
    openedMs: null,
    evaluateMs: minute,
    extendedMs: minute,
    closedBy: null,
    nowMs: 0,
  });
  expect(unknown).toMatchObject({ state: 'extended', untilMs: null });
});

test('without a longer extension it closes when the evaluation is over', () => {
  const short = judgeWindow({ openedMs: 0, evaluateMs: 30, extendedMs: 10, closedBy: null, nowMs: 30 });
  expect(short.state).toBe('closed');
});
