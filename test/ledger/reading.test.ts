import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshLedger, startSession } from './temporary-ledger.ts';

/** Every module that a file loads when it runs (types are gone by then). */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  for (const [, name = ''] of source.matchAll(/^import (?!type )[^;]*?from '([^']+)';/gmu)) {
    if (name.startsWith('.')) loadedBy(fileURLToPath(new URL(name, `file://${file}`)), seen);
    else seen.add(name);
  }
  return seen;
}

test('lists and exports sessions without loading zod or XState', () => {
  const loaded = loadedBy(fileURLToPath(new URL('../../src/ledger/open-ledger.ts', import.meta.url)));
  expect(loaded).toContain('better-sqlite3');
  expect([...loaded].filter((name) => /zod|xstate|facts\.ts$/u.test(name))).toEqual([]);
});

test.each([
  ['SELECT * FROM session_row WHERE TRUE ORDER BY started DESC, id DESC LIMIT 20', 'session_row_newest'],
  [
    `SELECT * FROM session_row WHERE status <> 'closed' ORDER BY started DESC, id DESC LIMIT 20`,
    'session_row_open',
  ],
  [
    `SELECT * FROM obligation_row WHERE state IN ('open', 'carried') ORDER BY opened, session, key`,
    'obligation_row_open',
  ],
  [
    `SELECT * FROM step_time WHERE runbook = 'a' AND step = 'b' ORDER BY at DESC LIMIT 50`,
    'step_time_newest',
  ],
])('answers from an index whatever the ledger holds: %s', (sql, index) => {
  const ledger = freshLedger();
  startSession(ledger);
  const plan = ledger.store.sql<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
  expect(plan.map(({ detail }) => detail).join()).toContain(index);
});
