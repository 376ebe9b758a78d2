import { expect, test } from 'vitest';
import { blameWordings } from '../../src/report/blame.ts';
import { cellWidth, fit } from '../../src/report/columns.ts';
import {
  obligationsJson,
  obligationsText,
  sessionsJson,
  sessionsText,
  type ObligationLine,
  type SessionLine,
} from '../../src/report/lists.ts';
import { showText } from '../../src/report/show.ts';
import { eventsFrom, rollback, sessionId, toldRollback } from './events.ts';

const show = (width: number, told = rollback) =>
  showText({
    session: { id: sessionId, outcome: null },
    events: told,
    verified: { ok: true, brokenAt: null },
    width,
  });

const session: SessionLine = {
  id: 'k7',
  runbook: 'Roll the shop back to its previous release',
  environment: 'production',
  mode: 'LIVE',
  operator: 'ada',
  startedAt: '2026-03-14T14:02:00.000Z',
  endedAt: null,
  status: 'running',
  outcome: null,
  openDebts: 2,
  durationMs: null,
};

const debt: ObligationLine = {
  session: 'k7',
  key: 'ci',
  title: 'Deploy pipeline is paused',
  openedAt: '2026-03-14T14:02:00.000Z',
  ageMs: 600_000,
  ttlMs: 7_200_000,
  overdue: false,
  state: 'open',
  owner: null,
  due: null,
  release: ['shopctl', 'ci', 'resume'],
};

test.each([80, 100, 160])('shows a session in lines of at most %i cells', (width) => {
  const text = show(width);

  expect(text.split('\n').filter((line) => cellWidth(line) > width && /^ *\d/.test(line))).toEqual([]);
  expect(text).toMatch(/^session +shop-20260314-140200-k7\n/);
  expect(text).toMatch(/\n +9 +14:04:32 +ada +cheaper_first decided/);
  expect(text).toContain('to restore   12 min 20 s');
});

test('lists what is still owed with its way back', () => {
  expect(show(100, eventsFrom(toldRollback.slice(0, 20)))).toContain(
    'still owed\n  Deploy pipeline is paused: shopctl ci resume\n',
  );
  expect(show(100)).not.toContain('still owed');
});

test('aligns sessions in columns', () => {
  const [head = '', one = '', two = ''] = sessionsText(
    [session, { ...session, id: 'a-longer-id', outcome: 'rolled_back', durationMs: 61_000, openDebts: 0 }],
    120,
  ).split('\n');

  for (const title of ['started', 'where', 'status'])
    expect([title, one.charAt(head.indexOf(title) - 1), two.charAt(head.indexOf(title) - 1)]).toEqual([
      title,
      ' ',
      ' ',
    ]);
  expect(one).toMatch(/^k7 {10,}2026-03-14 14:02:00 .* running +2$/);
  expect(two).toMatch(/1 min 1 s .* rolled_back +-$/);
});

test('puts debts past their limit first, with the command that gives them back', () => {
  const [, first = '', second = ''] = obligationsText(
    [debt, { ...debt, key: 'freeze', overdue: true, ageMs: 1000 }],
    200,
  ).split('\n');

  expect(first).toMatch(/^freeze .* OVERDUE .* shopctl ci resume$/);
  expect(second).toMatch(/^ci +10 min 0 s +2 h 0 min +open/);
});

test('says in words that there is nothing', () => {
  expect(sessionsText([], 80)).toBe('No sessions yet.\n');
  expect(obligationsText([], 80)).toBe('Nothing is owed.\n');
});

test('gives the same lists as JSON with a schema', () => {
  expect(JSON.parse(sessionsJson([session]))).toEqual({
    schema: 'walkback.sessions/1',
    proposals: [],
    sessions: [session],
  });
  expect(JSON.parse(obligationsJson([debt]))).toEqual({
    schema: 'walkback.obligations/1',
    obligations: [debt],
  });
});

test.each([
  ['plain', 5, 'plain'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['e\u0301a', 2, 'e\u0301a'],
  ['long text', 5, 'long…'],
  ['x', 0, ''],
])('cuts %j to %i cells as %j', (text, width, fitted) => {
  expect(fit(text, width)).toBe(fitted);
  expect(cellWidth(fit(text, width))).toBeLessThanOrEqual(width);
});

test('lists blaming and counterfactual words with their line and a better question', () => {
  const found = blameWordings(
    'The release was fine.\nAda should have looked; a careless human error.\nIt failed to stop.',
  );

  expect(found.map(({ line, words }) => [line, words])).toEqual([
    [2, 'should have'],
    [2, 'careless'],
    [2, 'human error'],
    [3, 'failed to'],
  ]);
  for (const { instead } of found) expect(instead).toMatch(/\?$/);
});

test('lets a neutral account pass', () => {
  expect(
    blameWordings('The alert fired at 14:03. The operator read the dashboard and decided to roll back.'),
  ).toEqual([]);
});
