import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SessionView, StepStatus } from '../../src/machine/view.ts';
import type { LiveView } from '../../src/session/client.ts';
import { rowWidth } from '../../src/ui/text/row.ts';
import { paintRow } from '../../src/ui/theme.ts';
import { openTestScreen, type TestScreen } from './draw.ts';
import {
  decisionStep,
  freshPhases,
  liveOf,
  nowIso,
  openFakeClient,
  shownOf,
  viewAt,
  viewOf,
  waysOn,
} from './fake-client.ts';

const statuses = [
  'idle',
  'ready',
  'guarding',
  'performing',
  'verifying',
  'failed',
  'unknown',
  'in_doubt',
  'done',
  'skipped',
  'undone',
] as const satisfies readonly StepStatus[];
const sizes = [
  [200, 50],
  [100, 30],
  [80, 24],
  [60, 16],
] as const;

function expectWhole(screen: TestScreen, columns: number, rows: number): void {
  const frame = screen.frame();
  const bottom = frame.bottom.reduce((sum, block) => sum + block.rows.length, 0);
  expect(frame.top.length + frame.bodyHeight + bottom, 'rows of the frame').toBe(rows - 1);
  for (const line of [...frame.top, ...frame.bottom.flatMap((block) => block.rows)])
    expect(rowWidth(line)).toBe(columns);
  expect(frame.body.reduce((sum, { width }) => sum + width, 0)).toBeLessThanOrEqual(columns);
  for (const column of frame.body) {
    const lines = column.blocks.flatMap((block) => block.rows);
    expect(lines.length, `rows of ${column.blocks.map(({ id }) => id).join(' ')}`).toBe(frame.bodyHeight);
    for (const line of lines) expect(rowWidth(line)).toBeLessThanOrEqual(column.width);
  }
}

const long = 'a very long text that goes on and on, 日本語も, '.repeat(8);
const ended: SessionView = viewOf({ status: 'ended', outcome: 'rolled_back', current: [], endedAt: nowIso });
const views: Readonly<Record<string, SessionView>> = {
  ...Object.fromEntries(
    statuses.map((status) => [
      status,
      viewAt(
        {
          status,
          offers: status === 'failed' ? waysOn : [{ intent: 'run', confirm: 'yes', name: null }],
          problem: { code: 'exit_1', detail: long },
        },
        { phases: freshPhases },
      ),
    ]),
  ),
  deciding: viewAt(decisionStep(), { phases: freshPhases }),
  'with long texts': viewAt(
    {
      title: long,
      shown: shownOf({
        argv: ['echo', long],
        why: long,
        warn: long,
        good: long,
        leads: long,
        body: long,
        target: long,
      }),
    },
    { phases: freshPhases },
  ),
  held: viewOf({ status: 'held', held: long }),
  'watch breached': viewOf({
    watches: [
      {
        id: 'census',
        breached: true,
        reading: {
          subject: 'census',
          result: 'fail',
          value: '3',
          expected: '0',
          code: null,
          detail: long,
          unit: null,
        },
      },
    ],
  }),
  ended,
  closed: { ...ended, status: 'closed', obligations: [] },
  'nothing open': viewOf({ current: [] }),
};

describe.each(sizes)('at %ix%i', (columns, rows) => {
  test.each(Object.entries(views))(
    'the frame of %s fills the screen and nothing sticks out',
    (_name, view) => {
      const screen = openTestScreen({ view, columns, rows });
      screen.client.print(view.current[0]?.attempt ?? 'none#1', [
        long,
        '\u001b[31mred\u001b[0m',
        'x'.repeat(500),
      ]);
      screen.wait(200);
      expectWhole(screen, columns, rows);
      for (const key of [
        'j',
        'r',
        'escape',
        'a',
        'escape',
        'o',
        'escape',
        'n',
        'escape',
        '?',
        'escape',
        'ctrl+p',
        'escape',
        'b',
        'escape',
        'u',
        'escape',
        '1',
        '3',
        '4',
        'z',
        'z',
        'q',
      ]) {
        screen.calmly(key);
        expectWhole(screen, columns, rows);
      }
    },
  );

  test('the header shows service, environment and mode, clock, window and debts', () => {
    const text = openTestScreen({ columns, rows }).text();
    for (const words of ['shop', 'PRODUCTION LIVE', '06:12', 'OPEN 18:20', 'owed 3'])
      expect(text).toContain(words);
  });
});

test('any size and any key leave a whole frame or one line that says what is missing', () => {
  const keys = fc.constantFrom(
    'r',
    'y',
    'a',
    'j',
    'k',
    'z',
    '1',
    '2',
    '3',
    '4',
    'tab',
    'enter',
    'escape',
    'n',
    'x',
    'q',
    '?',
    'ctrl+p',
    'ctrl+c',
    '/',
    'w',
    't',
    'b',
    'o',
    'p',
    'G',
    'g',
    'ctrl+d',
    'ctrl+u',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 220 }), fc.integer({ min: 0, max: 60 }), keys), {
        maxLength: 25,
      }),
      (turns) => {
        const client = openFakeClient(viewAt(decisionStep(), { phases: freshPhases }));
        const screen = openTestScreen({ client });
        client.print('which_way#1', ['one', 'two']);
        for (const [columns, rows, key] of turns) {
          screen.store.resize(columns, rows);
          screen.calmly(key);
          if (screen.frame().tooSmall === null) expectWhole(screen, columns, rows);
          else expect(columns < 60 || rows < 16).toBe(true);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a terminal that is too small says what it needs and that the session goes on', () => {
  expect(openTestScreen({ columns: 59, rows: 30 }).lines()).toEqual([
    'terminal too small: 60×16 needed; the session goes on',
  ]);
  expect(openTestScreen({ columns: 0, rows: 0 }).lines()).toEqual([
    'terminal too small: 60×16 needed; the session goes on',
  ]);
});

test('a drill, a staging and a production session differ in words, not only in colour', () => {
  const text = (over: Partial<SessionView['session']>): string =>
    openTestScreen({ view: viewOf({ session: { ...viewOf().session, ...over } }) }).lines()[0] ?? '';
  expect(text({})).toContain('▌PRODUCTION LIVE▐');
  expect(text({ mode: 'DRILL', environment: 'sandbox', production: false, speed: 60 })).toContain(
    '▌SANDBOX DRILL ×60▐',
  );
  expect(text({ environment: 'staging', production: false })).toContain('▌STAGING LIVE▐');
});

test('the ASCII set draws nothing outside ASCII', () => {
  const screen = openTestScreen({ view: viewAt({ status: 'performing' }, {}), options: { ascii: true } });
  screen.press('x');
  // eslint-disable-next-line no-control-regex
  expect(screen.text().replaceAll('·', '')).toMatch(/^[\x00-\x7f]*$/);
});

describe('hostile text in every place of a view', () => {
  const hostile = '\u001b[2J\u001b]0;owned\u0007\r\nEVIL\u202e\u200b\u009b31m';
  const keep = new Set([
    'session',
    'status',
    'kind',
    'intent',
    'state',
    'result',
    'type',
    'way',
    'confirm',
    'offered',
    'mode',
    'outcome',
    'attempt',
    'startedAt',
    'at',
    'since',
    'openedAt',
  ]);
  const poison = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return keep.has(name) ? value : `${hostile}${value}`;
    if (Array.isArray(value)) return value.map((item) => poison(item, name));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poison(inner, key)]));
  };

  test.each(Object.entries(views))('draws in %s and does nothing else', (_name, view) => {
    const client = openFakeClient(poison(view) as SessionView, poison(liveOf()) as LiveView);
    const screen = openTestScreen({ client, columns: 180, rows: 50 });
    const attempt = client.view().current[0]?.attempt;
    if (attempt !== undefined) client.print(attempt, [hostile]);
    for (const key of [
      'x',
      'j',
      'a',
      'enter',
      'escape',
      'escape',
      'r',
      'escape',
      'b',
      'escape',
      'q',
      'escape',
      '1',
      'z',
      '3',
      '4',
    ]) {
      screen.calmly(key);
      const frame = screen.frame();
      const all = [
        ...frame.top,
        ...frame.body.flatMap(({ blocks }) => blocks.flatMap((block) => block.rows)),
        ...frame.bottom.flatMap((block) => block.rows),
      ];
      for (const line of all) {
        // eslint-disable-next-line no-control-regex
        const drawn = paintRow(line, { color: true }).replaceAll(/\u001b\[[0-9;]*m/g, '');
        expect(drawn).not.toMatch(/[\p{Cc}\u200b\u202e]/u);
      }
    }
  });

  test('is shown, so that nobody is fooled by its absence', () => {
    const screen = openTestScreen({
      client: openFakeClient(poison(viewAt({}, { phases: freshPhases })) as SessionView),
      columns: 200,
      rows: 50,
    });
    expect(screen.text()).toContain('<U+001B>[2J');
  });
});
