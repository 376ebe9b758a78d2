import { describe, expect, test } from 'vitest';
import type { SessionView } from '../../src/machine/view.ts';
import { freshPhases, liveOf, nowIso, openFakeClient, viewAt } from './fake-client.ts';
import { openTestScreen } from './draw.ts';

const denial: NonNullable<SessionView['denial']> = {
  at: nowIso,
  by: 'eva',
  phase: 'execute',
  step: 'schema_down',
  intent: 'run',
  blocks: [
    { kind: 'authority', code: 'E_AUTHORITY', text: 'eva may not start this now: commander may (rule 2).' },
    {
      kind: 'triggers',
      code: 'E_OVERRIDE',
      text: 'The triggers do not say roll back: every trigger is quiet.',
    },
  ],
  roles: ['commander'],
};
const standing = {
  phase: 'Execute',
  start: ['commander'],
  because: 'rule 2',
  until: '2026-03-01T19:30:00.000Z',
  roles: [
    { id: 'operator', anyone: true, users: [], keys: false, proved: false },
    { id: 'commander', anyone: false, users: ['grace'], keys: false, proved: false },
  ],
};
const denied = {
  phases: freshPhases,
  denial,
  overrideNeeds: { evidence: 1, secondPerson: false, system: 'shop@production' },
  escalation: {
    asked: [{ to: 'commander', at: nowIso }],
    next: { to: 'manager', at: '2026-03-01T18:08:22.000Z' },
  },
} satisfies Partial<SessionView>;

const sizes = [
  [100, 30],
  [80, 24],
] as const;

describe.each(sizes)('at %i×%i', (columns, rows) => {
  test('the screen says who you are, what you may, and who is asked next when', () => {
    const screen = openTestScreen({
      client: openFakeClient(viewAt({}, denied), liveOf({ standing })),
      columns,
      rows,
    });
    const text = screen.text().replaceAll(/\s+/g, ' ');

    expect(text).toContain('You are eva (operator). You may not start Execute: commander may');
    expect(text).toContain('commander asked, manager is called in 2 min 10 s.');
  });

  test('who may start by override only is told so, and a denied step names its key', () => {
    const start = { ...standing, start: ['operator'], overrideOnly: true };
    const screen = openTestScreen({
      client: openFakeClient(viewAt({}, denied), liveOf({ standing: start })),
      columns,
      rows,
    });
    const text = screen.text().replaceAll(/\s+/g, ' ');

    expect(text).toContain('You may start Execute until 19:30Z, by');
    expect(text).toContain('only.');
    expect(text).not.toContain('You may start Execute until 19:30Z.');
    expect(text).toContain('Denied: o opens the ways on');
  });

  test('o opens every way on, and the override takes evidence, reason, second person and the typed name', () => {
    const screen = openTestScreen({
      client: openFakeClient(viewAt({}, denied), liveOf({ standing })),
      columns,
      rows,
    });
    screen.calmly('o');
    expect(screen.text()).toContain('eva may not start this now');
    expect(screen.text()).toContain('escalate');
    expect(screen.text()).toContain('override: start all the same');

    screen.calmly('2', 'enter');
    screen.wait(500);
    screen.calmly('right', 'enter');
    screen.type('ticket 7');
    screen.calmly('enter');
    screen.type('customers cannot pay');
    screen.calmly('enter');
    screen.type('grace');
    screen.calmly('enter');
    screen.type('shop@production');
    screen.calmly('enter', 'y');
    expect(screen.client.sent).toEqual([
      {
        type: 'override',
        reason: 'customers cannot pay',
        evidence: [{ kind: 'customer_report', text: 'ticket 7' }],
        system: 'shop@production',
        second: 'grace',
      },
    ]);
  });

  test('an override stays on the screen, with when its approval is due', () => {
    const used = {
      at: nowIso,
      by: 'eva',
      phase: 'execute',
      key: 'override-1',
      over: ['triggers' as const],
      because: [],
      reason: 'customers call',
      evidence: [],
      system: 'shop@production',
      second: null,
      due: '2026-03-02T18:06:12.000Z',
      request: 'walkback override approval 1\n',
      approvedBy: null,
    };
    const screen = openTestScreen({
      view: viewAt({}, { phases: freshPhases, overrides: [used] }),
      columns,
      rows,
    });

    expect(screen.text()).toContain('OVERRIDE');
    expect(screen.text()).toContain('override-1 by eva over triggers: customers call');
  });

  test('the door counts what is left, and a closed one says why and what is the default now', () => {
    const door = (over: Partial<NonNullable<SessionView['window']>>): string =>
      openTestScreen({
        view: viewAt(
          {},
          {
            phases: freshPhases,
            window: {
              state: 'open',
              until: '2026-03-01T18:24:32.000Z',
              reason: 'the release is being evaluated',
              leftMs: 1_100_000,
              asOf: nowIso,
              event: 'deploy-7',
              rung: null,
              ...over,
            },
          },
        ),
        columns,
        rows,
      }).text();

    expect(door({})).toContain('window OPEN 18:20 left');
    expect(door({ leftMs: 52_672_000 })).toContain('window OPEN 15 h left');
    const closed = door({ state: 'closed', until: null, leftMs: null, reason: 'contract_migration 006' });
    expect(closed).toContain('WINDOW CLOSED');
    expect(closed).toContain('roll forward by default: contract_migration 006');
  });
});
