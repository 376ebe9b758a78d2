import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import type { ChainRow } from '../../src/ledger/chain.ts';
import { rowHash } from '../../src/ledger/chain.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import type { ChainVerdict } from '../../src/ledger/verify-chain.ts';
import { verifyChain } from '../../src/ledger/verify-chain.ts';
import { ended, intent, judged, note } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, startSession } from './temporary-ledger.ts';

const facts: fc.Arbitrary<Fact> = fc.oneof(
  fc.string({ minLength: 1 }).map(note),
  fc.nat(9).map((n) => intent(`drain#${n}`, n > 5 ? 'freeze' : null)),
  fc.nat(9).map((n) => ended(`drain#${n}`)),
  fc.nat(9).map((n) => judged(`drain#${n}`)),
);

/** Lines of an export, as somebody else reads them. */
const asExported = (rows: Iterable<ChainRow>): readonly ChainRow[] =>
  [...rows].map((row) => JSON.parse(JSON.stringify(row)) as ChainRow);

/** Three sessions of forty events, as full rows and as redacted lines. */
function examples(ledger: Ledger): readonly (readonly ChainRow[])[] {
  const logs = [0, 1, 2].map(() => startSession(ledger));
  const written = fc.sample(facts, { numRuns: 39, seed: 7 });
  for (const fact of written) for (const log of logs) append(ledger, log, fact);
  return logs.flatMap(({ session }) => [
    asExported(ledger.rows(session)),
    asExported(ledger.redactedEvents(session)),
  ]);
}

type Change = (
  rows: readonly ChainRow[],
  random: (below: number) => number,
  others: readonly ChainRow[],
) => readonly ChainRow[];

const rehashed = (row: ChainRow): ChainRow => ({ ...row, hash: rowHash(row) });
const editable = [
  'id',
  'at',
  'mono',
  'boot',
  'actor',
  'role',
  'type',
  'format',
  'body',
  'prev',
  'hash',
  'session',
] as const;

function edited(row: ChainRow, random: (below: number) => number): ChainRow {
  const field = editable[random(editable.length)] ?? 'at';
  const old = row[field];
  if (typeof old === 'number') return { ...row, [field]: old + 1 };
  if (typeof old === 'string')
    return { ...row, [field]: `${old.slice(0, -1)}${old.endsWith('0') ? '1' : '0'}` };
  return { ...row, [field]: { ...old, forged: true } };
}

/** What somebody may do to a file; `own hash` is one who also makes the row fit its own hash again. */
const changes: Readonly<Record<string, Change>> = {
  edit: (rows, random) => {
    const at = random(rows.length);
    return rows.map((row, index) => (index === at ? edited(row, random) : row));
  },
  'edit with its own hash': (rows, random) => {
    const at = random(rows.length - 1);
    return rows.map((row, index) => (index === at ? rehashed({ ...row, actor: 'mallory' }) : row));
  },
  delete: (rows, random) => rows.toSpliced(random(rows.length - 1), 1),
  'delete and renumber': (rows, random) => {
    const at = random(rows.length - 1);
    return rows
      .toSpliced(at, 1)
      .map((row, index) => (index < at ? row : rehashed({ ...row, seq: index + 1 })));
  },
  insert: (rows, random, others) => {
    const at = 1 + random(rows.length - 1);
    const stranger = others[random(others.length)] ?? rows[0];
    return stranger === undefined ? [] : rows.toSpliced(at, 0, stranger);
  },
  'insert with its own hash': (rows, random) => {
    const at = 1 + random(rows.length - 1);
    const [before, after] = [rows[at - 1], rows[at]];
    if (before === undefined || after === undefined) return [];
    return rows.toSpliced(at, 0, rehashed({ ...after, actor: 'mallory', prev: before.hash }));
  },
  repeat: (rows, random) => {
    const at = random(rows.length);
    return rows.flatMap((row, index) => (index === at ? [row, row] : [row]));
  },
  reorder: (rows, random) => {
    const at = random(rows.length - 1);
    const [one, other] = [rows[at], rows[at + 1]];
    return one === undefined || other === undefined ? [] : rows.toSpliced(at, 2, other, one);
  },
  'cut the front': (rows, random) => rows.slice(1 + random(rows.length - 1)),
  'cut the end': (rows, random) => rows.slice(0, random(rows.length)),
  'rewrite everything from one row on': (rows, random) => {
    const from = random(rows.length);
    let prev = rows[from]?.prev ?? '';
    return rows.map((row, index) => {
      if (index < from) return row;
      const forged = rehashed({ ...row, prev, actor: index === from ? 'mallory' : row.actor });
      prev = forged.hash;
      return forged;
    });
  },
};

test.each(Object.entries(changes))(
  'finds every change of this kind in rows and in redacted exports: %s',
  (_name, change) => {
    const lists = examples(freshLedger());
    fc.assert(
      fc.property(
        fc.nat(lists.length - 1),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (which, stream) => {
          const rows = lists[which] ?? [];
          const others = lists[(which + 2) % lists.length] ?? [];
          const last = rows.at(-1);
          const random = (below: number): number => Math.floor(Number(stream.next().value) * below);
          const head = last === undefined ? null : { seq: last.seq, hash: last.hash };
          expect(verifyChain(rows, head)).toMatchObject({ ok: true });
          expect(verifyChain(change(rows, random, others), head)).toMatchObject({ ok: false });
        },
      ),
      { numRuns: 60 },
    );
  },
);

test('raises no alarm over a hundred honest sessions, also after a trip through JSON', () => {
  const ledger = freshLedger();
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 12 }), (list) => {
      const log = startSession(ledger);
      for (const fact of list) append(ledger, log, fact);
      const wanted = { ok: true, rows: list.length + 1, head: log.head() };
      expect(verifyChain([...ledger.rows(log.session)], log.head())).toEqual(wanted);
      expect(verifyChain(asExported(ledger.redactedEvents(log.session)), log.head())).toEqual(wanted);
      expect(ledger.verify(log.session)).toEqual(wanted);
    }),
    { numRuns: 100 },
  );
});

/** Rows 1 to 6 of a session. */
function six(): readonly ChainRow[] {
  const ledger = freshLedger();
  const log = startSession(ledger);
  for (const text of ['two', 'three', 'four', 'five', 'six']) append(ledger, log, note(text));
  return [...ledger.rows(log.session)];
}

const row = (rows: readonly ChainRow[], seq: number): ChainRow => {
  const found = rows[seq - 1];
  if (found === undefined) throw new Error(`no row ${seq}`);
  return found;
};

test.each<[string, (rows: readonly ChainRow[]) => readonly ChainRow[], Partial<ChainVerdict>]>([
  ['an edited row', (rows) => rows.with(2, { ...row(rows, 3), actor: 'eve' }), { seq: 3, why: 'edit' }],
  ['a missing row', (rows) => rows.toSpliced(2, 1), { seq: 3, why: 'deletion' }],
  ['a missing first row', (rows) => rows.slice(1), { seq: 1, why: 'deletion' }],
  ['a row written twice', (rows) => rows.toSpliced(3, 0, row(rows, 3)), { seq: 3, why: 'insertion' }],
  [
    'two rows changing places',
    (rows) => rows.toSpliced(2, 2, row(rows, 4), row(rows, 3)),
    { seq: 3, why: 'reorder' },
  ],
  [
    'a forged row in between',
    (rows) => rows.toSpliced(2, 0, { ...row(rows, 3), id: 'forged' }),
    { seq: 3, why: 'edit' },
  ],
  [
    'a row of another history',
    (rows) => rows.with(3, rehashed({ ...row(rows, 4), prev: 'f'.repeat(64) })),
    { seq: 4, why: 'fork' },
  ],
  [
    'two rows in one place, both whole',
    (rows) => rows.toSpliced(3, 0, rehashed({ ...row(rows, 3), actor: 'eve' })),
    { seq: 3, why: 'fork' },
  ],
  [
    'a value that is not the one committed to',
    (rows) => rows.with(1, { ...row(rows, 2), openings: [{ path: 'text', salt: '00', value: 'forged' }] }),
    { seq: 2, why: 'value' },
  ],
])('names the first row that cannot be believed, and why: %s', (_name, change, expected) => {
  expect(verifyChain(change(six()))).toMatchObject({ ok: false, ...expected });
});

test('finds rows cut from the end by a head that was kept elsewhere, and only by it', () => {
  const rows = six();
  const { seq, hash } = row(rows, 6);

  expect(verifyChain(rows.slice(0, 4))).toMatchObject({ ok: true });
  expect(verifyChain(rows.slice(0, 4), { seq, hash })).toMatchObject({
    ok: false,
    seq: 5,
    why: 'truncation',
  });
  expect(verifyChain([], { seq, hash })).toMatchObject({ ok: false, seq: 1, why: 'truncation' });
});
