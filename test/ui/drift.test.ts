import { expect, test } from 'vitest';
import type { DriftView, ObligationView } from '../../src/machine/view.ts';
import { openTestScreen } from './draw.ts';
import { nowIso, viewOf } from './fake-client.ts';

const found: DriftView = {
  at: nowIso,
  by: 'walkback',
  what: 'nginx.conf, changed by hand: 1 line added, 1 line removed',
  target: 'nginx',
  key: 'drift_1',
  patch:
    'diff --git a/nginx.conf b/nginx.conf\n--- a/nginx.conf\n+++ b/nginx.conf\n@@ -1,1 +1,1 @@\n-a\n+b\n',
};
const owed: ObligationView = {
  key: 'drift_1',
  id: 'drift',
  title: 'Drift on nginx: nginx.conf, changed by hand',
  ttlMs: null,
  release: [],
  openedAt: nowIso,
  by: 'walkback',
  state: 'open',
  overdue: false,
  owner: null,
  due: null,
};
const ended = viewOf({
  status: 'ended',
  outcome: 'rolled_back',
  endedAt: nowIso,
  current: [],
  drift: [found],
  obligations: [owed],
});

test.each([
  [100, 30],
  [80, 24],
])(
  'at %i×%i the close screen lists the drift, and opening it shows line by line what differs',
  (columns, rows) => {
    const screen = openTestScreen({ view: ended, columns, rows });
    expect(screen.text()).toContain('put it back or accept it');
    expect(screen.text()).toContain('--format patch');
    screen.calmly('b', 'enter');
    expect(screen.text()).toContain('found by  walkback');
    expect(screen.text()).toMatch(/^.*-a\s*$/m);
    expect(screen.text()).toMatch(/^.*\+b\s*$/m);
  },
);

test('what is accepted needs a reason, an owner and a date, and a yes', async () => {
  const screen = openTestScreen({ view: ended });
  screen.calmly('b', 'enter', 'down', 'down', 'down', 'down', 'enter');
  screen.wait(500);
  screen.type('the pool has to stay\rgrace\r2026-12-31\r');
  expect(screen.client.sent).toEqual([]);
  screen.calmly('y');
  await screen.settle();
  expect(screen.client.sent).toEqual([
    {
      type: 'dispose_drift',
      key: 'drift_1',
      as: 'accept',
      reason: 'the pool has to stay',
      owner: 'grace',
      until: '2026-12-31',
    },
  ]);
});
