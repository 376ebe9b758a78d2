import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { purgeField, purgeOutput, readPurges } from '../../src/ledger/purge.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { ended, intent, note, started } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, openTestLedger, startSession } from './temporary-ledger.ts';

const order = { by: 'ana', reason: 'a token was printed' };
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const kept = (ledger: Ledger, session: string, attempt: string): Buffer =>
  Buffer.concat([...ledger.outputBytes(session, attempt)]);

test('keeps the same bytes, digest and number of lines however they arrive', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  let n = 0;
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300_000, size: 'max' }), { maxLength: 6 }), (pieces) => {
      const attempt = `drain#${(n += 1)}`;
      for (const piece of pieces) log.appendOutput(attempt, piece);
      const sealed = log.sealOutput(attempt);
      append(ledger, log, ended(attempt, sealed));
      const all = Buffer.concat(pieces);
      expect(kept(ledger, log.session, attempt)).toEqual(all);
      const ends = all.filter((byte) => byte === 10).length + (all.length > 0 && all.at(-1) !== 10 ? 1 : 0);
      expect(sealed).toEqual({ sha256: sha256(all), bytes: all.length, lines: ends, truncated: false });
    }),
    { numRuns: 25 },
  );
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
});

test('starts the record of an attempt anew when its whole output is read again after a crash', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const all = randomBytes(5_000_000);
  log.appendOutput('drain#1', all.subarray(0, 3_000_000));
  // The process ends here: what was flushed stays, without a seal.
  expect(ledger.outputs(log.session)).toEqual([]);

  const other = openTestLedger(ledger.path);
  const resumed = openSessionLog(other, log.session);
  resumed.appendOutput('drain#1', all);
  const sealed = resumed.sealOutput('drain#1');
  append(other, resumed, ended('drain#1', sealed));

  expect(kept(other, log.session, 'drain#1').equals(all)).toBe(true);
  expect(other.verify(log.session)).toMatchObject({ ok: true });
});

test('keeps the beginning of an output over its cap, and says that it was cut', () => {
  const ledger = freshLedger();
  const log = startSession(ledger, { maxOutputBytes: 1_000_000 });
  const all = randomBytes(3_000_000);
  log.appendOutput('drain#1', all);
  const sealed = log.sealOutput('drain#1');
  append(ledger, log, ended('drain#1', sealed));

  expect(sealed).toMatchObject({ bytes: 3_000_000, truncated: true, sha256: sha256(all) });
  const rest = kept(ledger, log.session, 'drain#1');
  expect(rest.length).toBeGreaterThan(700_000);
  expect(rest.length).toBeLessThanOrEqual(1_000_000);
  expect(all.subarray(0, rest.length).equals(rest)).toBe(true);
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
});

test('gives lines back across chunks and characters cut in two', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const lines = Array.from({ length: 30_000 }, (_, n) => `Zeile ${n} für die Straße 🚒`);
  log.appendOutput('drain#1', Buffer.from(`${lines.join('\n')}\n`));
  append(ledger, log, ended('drain#1', log.sealOutput('drain#1')));
  expect([...ledger.output(log.session, 'drain#1')]).toEqual(lines);
});

test('gives the last lines back as the whole ends, whatever the chunks and the bytes are', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const line = (n: number): Buffer =>
    Buffer.concat([
      Buffer.from(`\ufeff${n} Straße 🚒 `),
      Buffer.from(n % 3 === 0 ? [0xf0, 0x9f] : []),
      Buffer.from('\n'),
    ]);
  const many = Buffer.concat(Array.from({ length: 20_000 }, (_, n) => line(n)));
  const printed: Readonly<Record<string, Buffer>> = {
    'many#1': many,
    'open#1': Buffer.concat([many, Buffer.from('and no end')]),
    'long#1': Buffer.from(`${'x'.repeat(700_000)}\n${'y'.repeat(700_000)}`),
    'blank#1': Buffer.from('a\n\n\n'),
    'one#1': Buffer.from('\ufeffa'),
    'none#1': Buffer.alloc(0),
  };
  for (const [attempt, bytes] of Object.entries(printed)) {
    log.appendOutput(attempt, bytes);
    append(ledger, log, ended(attempt, log.sealOutput(attempt)));
    const all = [...ledger.output(log.session, attempt)];
    for (const count of [1, 2, 20, 19_999, 50_000])
      expect(ledger.lastOutput(log.session, attempt, count)).toEqual(all.slice(-count));
  }
});

/** Whether some text stands anywhere in the ledger's files. */
const holds = (ledger: Ledger, text: string | Buffer): boolean =>
  ['', '-wal'].some((end) => readFileSync(`${ledger.path}${end}`).includes(text));

test('purges output: the bytes go from the files, the hash stays, the chain verifies', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  // Random bytes do not compress: they stand readable in the file.
  const secret = randomBytes(64);
  const printed = Buffer.concat([Buffer.from('token '), secret]);
  for (const [attempt, text] of [
    ['drain#1', printed],
    ['drain#2', Buffer.from('shared')],
    ['drain#3', Buffer.from('shared')],
  ] as const) {
    log.appendOutput(attempt, text);
    append(ledger, log, ended(attempt, log.sealOutput(attempt), { tail: '' }));
  }
  expect(holds(ledger, secret)).toBe(true);

  purgeOutput(ledger, log.session, 'drain#1', order);
  purgeOutput(ledger, log.session, 'drain#2', order);

  expect(holds(ledger, secret)).toBe(false);
  expect([...ledger.output(log.session, 'drain#1')]).toEqual([]);
  expect([...ledger.output(log.session, 'drain#3')]).toEqual(['shared']);
  expect(ledger.outputs(log.session)[0]).toMatchObject({
    attempt: 'drain#1',
    purged: true,
    sha256: sha256(printed),
  });
  expect(readPurges(ledger, log.session)).toMatchObject([
    { ...order, what: 'output', ref: 'drain#1' },
    { ref: 'drain#2' },
  ]);
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
});

test('purges a field: its words go from the files and the lists, and the session still replays', () => {
  const ledger = freshLedger();
  const log = startSession(ledger, { fact: started({ inputs: { password: 'hunter2hunter2' } }) });
  append(ledger, log, intent('drain#1', 'freeze'), note('the key is hunter2hunter2'));

  purgeField(ledger, log.session, 1, 'inputs', order);
  purgeField(ledger, log.session, 3, 'text', order);
  purgeField(ledger, log.session, 2, 'opens/title', order);

  expect(holds(ledger, 'hunter2')).toBe(false);
  expect(holds(ledger, 'Give freeze back')).toBe(false);
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
  expect(log.facts()[2]?.fact).toEqual(note('[purged]'));
  expect(log.facts()[0]?.fact).toMatchObject({ inputs: { password: '[purged]' } });
  expect(ledger.obligations()).toMatchObject([{ key: 'freeze', title: '[purged]' }]);
});

test('keeps the fixed words that a purged fact needs to be read back', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const shown = {
    title: 'T',
    argv: ['secret'],
    env: {},
    where: '',
    target: '',
    timeoutMs: 1,
    good: '',
    leads: '',
    undo: '',
    warn: null,
    why: null,
    body: null,
    ponr: null,
    confirm: 'name' as const,
    name: 'shop',
    debt: null,
  };
  append(ledger, log, {
    type: 'step.readied',
    place: { step: 'drain', item: '' },
    attempt: 'drain#1',
    shown,
    debt: null,
  });
  purgeField(ledger, log.session, 2, 'shown', order);
  expect(log.facts()[1]?.fact).toMatchObject({
    shown: { confirm: 'name', argv: ['[purged]'], name: '[purged]' },
  });
});

test.each([
  [
    'no reason',
    (ledger: Ledger, session: string) => purgeOutput(ledger, session, 'drain#1', { by: 'ana', reason: ' ' }),
  ],
  ['no such attempt', (ledger: Ledger, session: string) => purgeOutput(ledger, session, 'drain#9', order)],
  ['no such field', (ledger: Ledger, session: string) => purgeField(ledger, session, 1, 'runbook', order)],
])('refuses a purge with %s', (_name, call) => {
  const ledger = freshLedger();
  const { session } = startSession(ledger);
  expect(() => call(ledger, session)).toThrow(/needs a reason|nothing to purge/u);
  expect(readPurges(ledger, session)).toEqual([]);
});

test('keeps samples by series and time, and a newer value of the same moment', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  log.addSamples([
    { series: 'errors', at: 3, value: 0.5 },
    { series: 'errors', at: 1, value: null },
    { series: 'errors', at: 2, value: Number.NaN },
    { series: 'latency', at: 1, value: 20 },
  ]);
  log.addSamples([{ series: 'errors', at: 3, value: 0.6 }]);
  expect(ledger.series(log.session)).toEqual(['errors', 'latency']);
  expect(ledger.samples(log.session, 'errors')).toEqual([
    [1, null],
    [2, null],
    [3, 0.6],
  ]);
  expect(ledger.samples(log.session, 'errors', { fromMs: 2, toMs: 2 })).toEqual([[2, null]]);
});

test('keeps a file under its hash, once', () => {
  const ledger = freshLedger();
  const bytes = randomBytes(1_000);
  expect(ledger.saveBlob(bytes)).toBe(sha256(bytes));
  expect(ledger.saveBlob(bytes)).toBe(sha256(bytes));
  expect(Buffer.from(ledger.readBlob(sha256(bytes)) ?? []).equals(bytes)).toBe(true);
  expect(ledger.readBlob('0'.repeat(64))).toBeNull();
});
