import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { intent, note } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, startSession } from './temporary-ledger.ts';

const columns = 'session, seq, id, at, mono, boot, actor, role, type, format, body, prev, hash';

test.each([
  `UPDATE event SET actor = 'eve' WHERE seq = 2`,
  `DELETE FROM event WHERE seq = 2`,
  `INSERT OR REPLACE INTO event SELECT ${columns} FROM event WHERE seq = 2`,
  `REPLACE INTO event SELECT ${columns} FROM event WHERE seq = 2`,
  `INSERT OR IGNORE INTO event SELECT ${columns} FROM event WHERE seq = 2`,
  `INSERT INTO event SELECT ${columns} FROM event WHERE seq = 2 ON CONFLICT DO UPDATE SET actor = 'eve'`,
  `UPDATE OR REPLACE event SET seq = 1 WHERE seq = 2`,
  `INSERT INTO event SELECT session, 9, id, at, mono, boot, actor, role, type, format, body, prev, hash FROM event WHERE seq = 2`,
  `INSERT INTO event SELECT session, 4, id, at, mono, boot, actor, role, type, format, body, prev, hash FROM event WHERE seq = 2`,
  `UPDATE session SET runbook_hash = 'x'`,
  `DELETE FROM session`,
  `INSERT OR REPLACE INTO session SELECT id, 'x', format, created FROM session`,
  `UPDATE opening SET openings = '[]'`,
  `DELETE FROM opening`,
  `INSERT OR REPLACE INTO opening SELECT session, seq, '[]', 0 FROM opening`,
])('refuses, from any program: %s', (sql) => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, intent('drain#1'), note('kept'));
  const before = [...ledger.rows(log.session)];
  const other = new Database(ledger.path);
  try {
    for (const triggers of ['ON', 'OFF']) {
      other.pragma(`recursive_triggers = ${triggers}`);
      other.pragma('foreign_keys = OFF');
      expect(() => other.exec(sql)).toThrow(/the ledger only grows|is taken|does not follow/u);
    }
  } finally {
    other.close();
  }
  expect([...ledger.rows(log.session)]).toEqual(before);
});
