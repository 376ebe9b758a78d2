import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { ended, intent, judged, note, started } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, openTestLedger, startSession } from './temporary-ledger.ts';

test('gives back the same facts in the same order after the ledger was closed and opened again', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, intent('drain#1', 'freeze'), ended('drain#1'));
  append(ledger, log, judged('drain#1'), note('as expected'));

  const again = openSessionLog(openTestLedger(ledger.path), log.session);

  expect(again.facts().map(({ fact }) => fact)).toEqual([
    started(),
    intent('drain#1', 'freeze'),
    ended('drain#1'),
    judged('drain#1'),
    note('as expected'),
  ]);
  expect(again.facts().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(again.facts()).toEqual(log.facts());
  expect(ledger.verify(log.session)).toMatchObject({ ok: true, rows: 5, head: log.head() });
});

test('answers from append what it later reads', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const answered = append(ledger, log, note('broken \ud800 text'), note('fine'));

  expect(log.facts().slice(1)).toEqual(answered);
  expect(answered[0]?.fact).toEqual(note('broken \ufffd text'));
});

test('writes all facts of one append or none', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const wrong = { ...note('x'), text: 7 } as unknown as ReturnType<typeof note>;

  expect(() => append(ledger, log, note('first'), wrong)).toThrow(/expected string/u);
  expect(log.facts()).toHaveLength(1);
  append(ledger, log, note('second'));
  expect(log.facts().map(({ seq }) => seq)).toEqual([1, 2]);
});

test('refuses a second writer of the same session in words', () => {
  const ledger = freshLedger();
  const mine = startSession(ledger);
  const other = openTestLedger(ledger.path);
  const theirs = openSessionLog(other, mine.session);
  append(other, theirs, note('theirs'));

  expect(() => append(ledger, mine, note('mine'))).toThrow(OperatorError);
  expect(() => append(ledger, mine, note('mine'))).toThrow(/Another process drives this session/u);
  append(other, theirs, note('theirs again'));
  expect(ledger.verify(mine.session)).toMatchObject({ ok: true, rows: 3 });
});

test('keeps printed output under its hash and answers its lines', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const text = Array.from({ length: 60_000 }, (_, line) => `line ${line} of the drain`).join('\n');
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += 7_001)
    log.appendOutput('drain#1', bytes.subarray(from, from + 7_001));
  const sealed = log.sealOutput('drain#1');
  append(ledger, log, intent('drain#1'), ended('drain#1', { ...sealed, truncated: false }));

  expect(sealed).toMatchObject({ bytes: bytes.length, lines: 60_000, truncated: false });
  expect([...ledger.output(log.session, 'drain#1')].join('\n')).toBe(text);
  expect(ledger.outputs(log.session)).toEqual([{ attempt: 'drain#1', ...sealed, purged: false }]);
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
});
