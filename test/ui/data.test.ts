import { expect, test } from 'vitest';
import type { Reading } from '../../src/machine/facts/values.ts';
import type { DataView } from '../../src/machine/view.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, stepOf, viewOf } from './fake-client.ts';

const reading = (value: string, result: Reading['result']): Reading => ({
  subject: 'orphans',
  result,
  value,
  expected: '0',
  code: null,
  detail: `${value} is not 0`,
  unit: null,
});

const lost: DataView = {
  invariants: [
    {
      id: 'no_orphans',
      blocks: true,
      before: reading('0', 'pass'),
      now: reading('3', 'fail'),
      brokenBefore: false,
    },
  ],
  tables: [{ table: 'orders', preserve: false, before: 1204, now: 1203, delta: -1, detail: '' }],
  budget: { rows: 0, lost: 1, windowMs: null, role: 'data_owner' },
  measuring: null,
  blocks: [
    {
      id: 'rows lost',
      code: 'over_budget',
      detail: 'orders: -1 (1204 before, 1203 now): 1 rows lost, 0 allowed',
      value: '1',
      role: 'data_owner',
    },
  ],
  request: null,
  accepted: [],
};

const waiting = stepOf({ status: 'ready', offers: [{ intent: 'skip', override: false }] });

test.each([
  [100, 30],
  [80, 24],
])(
  'at %i columns by %i rows, lost rows are seen without a key, and before, now and change with one',
  (columns, rows) => {
    const screen = openTestScreen({
      view: viewOf({ current: [waiting], data: lost, phases: freshPhases }),
      columns,
      rows,
    });
    expect(screen.text()).toContain('DATA, nothing more is changed: orders: -1');

    screen.calmly('I');

    expect(screen.text()).toMatch(/rows of orders\s+1204\s+1203\s+-1/);
    expect(screen.text()).toMatch(/no_orphans\s+0\s+3\s+changed/);
    expect(screen.text()).toContain('1 of 0 rows lost');
    expect(screen.text()).toMatch(/data_owner has\s+to agree/);
  },
);

test('agreeing takes a reason and a yes, and is sent with nobody’s signature where none is asked for', async () => {
  const screen = openTestScreen({ view: viewOf({ current: [waiting], data: lost, phases: freshPhases }) });
  screen.calmly('I', 'down', 'down', 'enter');
  screen.wait(500);
  screen.type('a test order');
  screen.calmly('enter', 'y');
  await screen.settle();

  expect(screen.client.sent).toEqual([
    { type: 'accept_data', reason: 'a test order', principal: null, signature: null, override: false },
  ]);
});

test.each([
  [100, 30],
  [80, 24],
])('at %i×%i figures stand below each other, and what is longer is told in words', (columns, rows) => {
  const steady: DataView = {
    ...lost,
    invariants: [
      {
        id: 'orders_point_somewhere',
        blocks: true,
        before: reading('"0 orders without a payment"', 'pass'),
        now: reading('"0 orders without a payment"', 'pass'),
        brokenBefore: false,
      },
      {
        id: 'one_release',
        blocks: false,
        before: reading('"4/4 on 2.0.0"', 'pass'),
        now: reading('"2/4 on 1.9.3"', 'pass'),
        brokenBefore: false,
      },
    ],
    tables: [
      { table: 'orders', preserve: false, before: 1204, now: 1204, delta: 0, detail: '' },
      { table: 'payments', preserve: true, before: 355, now: 355, delta: 0, detail: '' },
    ],
    blocks: [],
  };
  const screen = openTestScreen({
    view: viewOf({ current: [waiting], data: steady, phases: freshPhases }),
    columns,
    rows,
  });
  screen.calmly('I');
  const lines = screen.lines();
  const lineOf = (words: string): string => lines.find((line) => line.includes(words)) ?? '';
  expect(lineOf('rows of orders')).toMatch(/rows of orders +1204 +1204 +0$/);
  expect(lineOf('rows of payments')).toMatch(/355 +355 +0 +may never shrink$/);
  expect(lineOf('before').indexOf('now')).toBe(lineOf('rows of orders').lastIndexOf('1204') + 1);
  expect(lineOf('orders_point')).toMatch(/"0 orders without a payment", as before$/);
  expect(screen.text().replaceAll(/\s+/g, ' ')).toContain('"4/4 on 2.0.0" before, "2/4 on 1.9.3" now');
});
