import { expect, test } from 'vitest';
import { factSchema } from '../../src/machine/facts.ts';
import { rowHash } from '../../src/ledger/chain.ts';
import { masked, misfit, seal, unseal } from '../../src/ledger/seal.ts';
import { sealedFields } from '../../src/ledger/sealed-fields.ts';
import { verifyChain } from '../../src/ledger/verify-chain.ts';
import { ended, intent, judged, note, started } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, startSession } from './temporary-ledger.ts';

const shapes = factSchema.options.map(({ shape }) => ({
  type: shape.type.value,
  fields: Object.keys(shape),
}));

test.each(shapes)('seals only fields that $type has', ({ type, fields }) => {
  for (const pattern of sealedFields[type]) expect(fields).toContain(pattern.split('/')[0]);
});

test('knows every type of fact', () => {
  expect(Object.keys(sealedFields).toSorted()).toEqual(shapes.map(({ type }) => type).toSorted());
});

test('puts sealed values back, and finds one that was changed', () => {
  const { type: _type, ...body } = judged('drain#1') as Extract<
    ReturnType<typeof judged>,
    { type: 'check.judged' }
  >;
  const sealed = seal(body, sealedFields['check.judged']);

  expect(sealed.openings.map(({ path }) => path)).toEqual(['readings/0/value', 'readings/0/detail']);
  expect(unseal(sealed.body, sealed.openings)).toEqual(body);
  expect(misfit(sealed.body, sealed.openings)).toBeNull();
  expect(
    misfit(
      sealed.body,
      sealed.openings.map((opening) => ({ ...opening, value: 'x' })),
    ),
  ).toBe('readings/0/value');
});

test('gives the same value another commitment each time', () => {
  const commitments = new Set(
    Array.from({ length: 200 }, () => JSON.stringify(seal({ pin: '4711' }, ['pin']).body)),
  );
  expect(commitments.size).toBe(200);
});

test('leaves free text, values and salts out of a redacted export, which still verifies', () => {
  const ledger = freshLedger();
  const log = startSession(ledger, { fact: started({ reason: 'REASON-WORDS' }) });
  append(
    ledger,
    log,
    intent('drain#1', 'freeze'),
    ended('drain#1'),
    judged('drain#1'),
    note('NOTE-WORDS 4711'),
  );
  const full = [...ledger.rows(log.session)];
  const lines = [...ledger.redactedEvents(log.session)].map((line) => JSON.stringify(line));

  const text = lines.join('\n');
  for (const secret of [
    'REASON-WORDS',
    'NOTE-WORDS',
    '4711',
    'db-17',
    'INC-7',
    '1.4.2',
    'Give freeze back',
  ]) {
    expect(text).not.toContain(secret);
  }
  for (const { openings = [] } of full) for (const { salt } of openings) expect(text).not.toContain(salt);
  expect(text).toContain('"result":"pass"');
  expect(
    verifyChain(
      lines.map((line) => JSON.parse(line) as (typeof full)[number]),
      log.head(),
    ),
  ).toMatchObject({ ok: true });
});

test('hashes a row so that public tools can do the same', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const [row] = [...ledger.redactedEvents(log.session)];
  if (row === undefined) throw new Error('no row');
  const { hash, ...rest } = row;
  expect(rowHash(rest)).toBe(hash);
});

test('masks every text of a value and keeps its shape', () => {
  expect(masked({ a: ['x', 1, null], b: true })).toEqual({ a: ['[purged]', 1, null], b: true });
});
