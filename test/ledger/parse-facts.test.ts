import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { ledgerFormat } from '../../src/ledger/chain.ts';
import { createEventIds } from '../../src/ledger/event-id.ts';
import type { Upcast } from '../../src/ledger/parse-facts.ts';
import { parseFact } from '../../src/ledger/parse-facts.ts';
import type { LedgerEvent } from '../../src/ledger/rows.ts';
import { note } from '../fixtures/ledger/example-facts.ts';

const event: LedgerEvent = {
  session: 's',
  seq: 2,
  id: 'i',
  at: '2026-05-03T09:00:00.000Z',
  mono: 1,
  boot: 'b',
  actor: 'ana',
  role: 'person',
  type: 'remark.made',
  format: ledgerFormat,
  body: { who: 'ana', words: 'hello' },
  prev: '',
  hash: '',
};

test('brings a fact of an older format to the shape of today, one format after the other', () => {
  const table: Record<number, Upcast> = {
    [ledgerFormat]: (type, { words, ...body }) => ({ type, body: { ...body, text: words ?? '' } }),
    [ledgerFormat + 1]: (_type, { who, ...body }) => ({
      type: 'note.added',
      body: { ...body, by: who ?? '' },
    }),
  };
  expect(parseFact(event, table, ledgerFormat + 2)).toEqual(note('hello'));
});

test.each([
  ['nothing turns format', () => parseFact(event, {}, ledgerFormat + 1)],
  ['cannot be read', () => parseFact(event)],
])('says which event it cannot read: %s', (words, call) => {
  expect(call).toThrow(OperatorError);
  expect(call).toThrow(words);
  expect(call).toThrow('Event 2 of session s (remark.made');
});

test('makes UUIDv7 ids that only grow, also when the clock stands still or steps back', () => {
  let ms = 1_777_777_777_777;
  const next = createEventIds(() => ms);
  const ids: string[] = [];
  for (let n = 0; n < 20_000; n += 1) {
    if (n === 9_000) ms -= 60_000;
    if (n === 15_000) ms += 120_000;
    ids.push(next());
  }
  expect(ids).toEqual([...new Set(ids)].toSorted());
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
});
