import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { verifyChain } from '../../src/ledger/verify-chain.ts';
import { exportJson, sessionSchemaId } from '../../src/report/json.ts';
import { eventSchemaId, exportJsonl } from '../../src/report/jsonl.ts';
import { parseJsonl } from '../../src/report/parse-jsonl.ts';
import { eventsFrom, rollback, rollbackRows as rows, rowsOf, sessionId, toldRollback } from './events.ts';
import { poisoned, recordable, unsafe } from './hostile.ts';

const lines = [...exportJsonl(rows)];

test('one event is one line, and each line names its schema', () => {
  expect(lines).toHaveLength(rollback.length);
  for (const line of lines) {
    expect(line).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(line)).toMatchObject({ schema: eventSchemaId, session: sessionId });
  }
});

test('reads back as the same events, in a chain that verifies', () => {
  const { rows: back, events } = parseJsonl(lines.join(''));

  expect(events).toEqual(rollback);
  expect(verifyChain(back)).toMatchObject({ ok: true, rows: rows.length });
});

test('text that could act reads back the same too, and the chain verifies', () => {
  for (const text of recordable) {
    const told = toldRollback.map(([seconds, fact]) => {
      const poison = poisoned(fact, text);
      return [seconds, poison.type === 'session.started' ? fact : poison] as const;
    });
    const own = rowsOf(told);
    const exported = [...exportJsonl(own)].join('');
    const { rows: back, events } = parseJsonl(exported);

    expect(exported).not.toMatch(unsafe);
    expect(events).toEqual(eventsFrom(told, own));
    expect(verifyChain(back).ok).toBe(true);
  }
});

test('a changed word in a line breaks the chain there', () => {
  const changed = lines.map((line) =>
    line.replace('killed backend 4211 by hand', 'did nothing at all by hand'),
  );

  expect(verifyChain(parseJsonl(changed.join('')).rows)).toMatchObject({ ok: false });
});

test('a redacted export still verifies, and gives the events that hold nothing sealed', () => {
  const redacted = [...exportJsonl(rows.map(({ openings: _openings, ...row }) => row))].join('');
  const { rows: back, events } = parseJsonl(redacted);

  expect(redacted).not.toContain('killed backend');
  expect(verifyChain(back).ok).toBe(true);
  expect(events.map(({ fact }) => fact.type)).toContain('session.closed');
  expect(events.map(({ fact }) => fact.type)).not.toContain('drift.added');
});

test.each([
  ['not json', 'line 2: this is not JSON'],
  ['{"schema":"other/1"}', 'line 2: `schema`'],
  [lines[3]?.replace('"seq":4', '"seq":"4"') ?? '', 'line 2: `seq`'],
])('says which line of a file is not an export: %s', (line, message) => {
  const parse = () => parseJsonl(`${lines[0] ?? ''}${line}\n`);

  expect(parse).toThrow(OperatorError);
  expect(parse).toThrow(message);
});

test('one document for programs holds the figures, the debts and all events', () => {
  const json: unknown = JSON.parse(
    exportJson({
      session: { id: sessionId, outcome: null },
      events: rollback,
      verified: { ok: true, brokenAt: null },
      program: 'walkback 0.1.0',
    }),
  );

  expect(json).toMatchObject({
    schema: sessionSchemaId,
    session: { id: sessionId, outcome: 'rolled_back', environment: 'production' },
    figures: {
      toDecideMs: 91_000,
      toRestoreMs: 740_000,
      debts: { opened: 2, closed: 2, open: 0, overdue: 1 },
    },
    events: rollback,
  });
});
