import { describe, expect, test } from 'vitest';
import { scopeRowOf, scopeViewOf } from '../fixtures/scope-view.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const fresh = { phases: freshPhases };
const asked = viewAt({ offers: [{ intent: 'skip', override: false }] }, { ...fresh, scope: scopeViewOf() });

const lineWith = (lines: readonly string[], text: string): string =>
  lines.find((line) => line.includes(text)) ?? `no line with ${text}`;

describe.each([
  [100, 30],
  [80, 24],
])('the scope table at %i×%i', (columns, rows) => {
  test('shows for each component whether it goes back, from where to where, and why', () => {
    const screen = openTestScreen({ view: asked, columns, rows });
    expect(screen.text()).toContain('SCOPE, nothing is changed before it is settled: db  S opens it');
    screen.calmly('S');

    const lines = screen.lines();
    expect(lineWith(lines, '✓ IN')).toMatch(/api\s+2\.0\.0 → 1\.9\.3\s+changed/);
    expect(lineWith(lines, '? ASK')).toMatch(/❯ \? ASK\s+db\s+\? → 41\s+what runs cannot be read/);
    expect(lineWith(lines, '· OUT')).toMatch(/cache\s+1\.0\.0\s+not changed/);
    expect(lineWith(lines, 'api needs of db')).toMatch(/\?\s+api needs of db {2}live\.db <= 41/);
    expect(screen.text()).toContain('order back  api');
    expect(screen.text()).toContain('to be settled: db');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('shows which versions of the state to come were tried together', () => {
    const screen = openTestScreen({ view: asked, columns, rows });
    screen.calmly('S');

    const lines = screen.lines();
    expect(lineWith(lines, 'tried together')).toMatch(/tried together\s+api\s+cache/);
    expect(lines.find((line) => /api@1\.9\.3\s+-\s+ok$/.test(line))).toBeDefined();
  });

  test('holds seven rows at once, and the others are scrolled to', () => {
    const many = Array.from({ length: 12 }, (_, at) => scopeRowOf(`service_${at}`, {}));
    const view = viewAt(
      {},
      { ...fresh, scope: scopeViewOf({ rows: many, open: [], blocks: false, edges: [] }) },
    );
    const screen = openTestScreen({ view, columns, rows });
    screen.calmly('S');
    const shown = () => screen.lines().filter((line) => line.includes('OUT')).length;

    expect(shown()).toBeLessThanOrEqual(7);
    expect(screen.text()).not.toContain('OUT  service_11');
    screen.calmly('G');
    expect(screen.text()).toContain('❯ · OUT  service_11');
    expect(shown()).toBeLessThanOrEqual(7);
  });
});

describe('the person at the table', () => {
  test('takes a component in with a reason, and never without', () => {
    const screen = openTestScreen({ view: asked });
    screen.calmly('S', 'enter', 'j', 'enter');
    screen.type('\r');
    expect(screen.client.sent).toEqual([]);
    screen.type('I looked on the host\r');
    screen.calmly('y');

    expect(screen.client.sent).toEqual([
      { type: 'scope_include', component: 'db', reason: 'I looked on the host' },
    ]);
  });

  test('leaves one out with a reason', () => {
    const screen = openTestScreen({ view: asked });
    screen.calmly('S', 'k', 'enter', '3', 'enter');
    expect(screen.text()).toContain('Rules that need it stay in the record as red edges');
    screen.type('only the flag is bad\r');
    screen.calmly('y');

    expect(screen.client.sent).toEqual([
      { type: 'scope_exclude', component: 'api', reason: 'only the flag is bad' },
    ]);
  });

  test('has the versions read again', () => {
    const screen = openTestScreen({ view: asked });
    screen.calmly('S', 'enter', '4', 'enter');

    expect(screen.client.sent).toEqual([{ type: 'scope_refresh' }]);
  });

  test('speaks of a unit as a whole', () => {
    const rows = ['app', 'db'].map((id) => scopeRowOf(id, { unit: 'shop' }));
    const view = viewAt({}, { ...fresh, scope: scopeViewOf({ rows, open: [], blocks: false }) });
    const screen = openTestScreen({ view });
    screen.calmly('S', 'enter', 'j', 'enter');
    screen.type('the release is bad\r');
    screen.calmly('y');

    expect(screen.client.sent).toEqual([
      { type: 'scope_include', component: 'shop', reason: 'the release is bad' },
    ]);
  });

  test('sees a rule that was gone over as a red edge, with who said so', () => {
    const { edges, rows } = scopeViewOf();
    const scope = scopeViewOf({
      open: [],
      blocks: false,
      rows: rows.map((one) =>
        one.component === 'db' ? { ...one, state: 'out', by: 'ada', reason: 'expand only' } : one,
      ),
      edges: edges.map((edge) => (edge.kind === 'need' ? { ...edge, result: 'fail', red: true } : edge)),
      overrides: [
        {
          at: '2026-03-01T18:01:00.000Z',
          by: 'ada',
          component: 'db',
          as: 'out',
          was: 'in',
          reason: 'expand only',
        },
      ],
    });
    const screen = openTestScreen({ view: viewAt({}, { ...fresh, scope }) });
    screen.calmly('S', 'j');

    expect(lineWith(screen.lines(), 'RED')).toMatch(/NO\s+RED api needs of db/);
    expect(screen.text()).toContain('ada: expand only');
  });

  test('finds no key for it where no components are named', () => {
    const screen = openTestScreen({ view: viewAt({}, fresh) });
    screen.calmly('S');

    expect(screen.text()).not.toContain('Esc back');
    expect(screen.text()).toContain('Take the schema back to 41');
  });
});
