import { canonicalJson } from './canonical.ts';
import type { CanonicalObject, CanonicalValue } from './canonical.ts';
import { genesisHash, rowHash } from './chain.ts';
import type { ChainRow } from './chain.ts';
import { misfit } from './seal.ts';

/** The newest row that somebody saw, from outside the ledger. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** A head, or what its twelve words say of it: how its hash begins, and not which row it was. */
export type KnownHead = Head | { readonly seq: null; readonly hash: string };

export type Break =
  'empty' | 'edit' | 'insertion' | 'deletion' | 'reorder' | 'fork' | 'truncation' | 'value' | 'output';

export type ChainVerdict =
  | { readonly ok: true; readonly rows: number; readonly head: Head }
  /** `seq` is the place of the first row that cannot be believed. */
  | { readonly ok: false; readonly seq: number; readonly why: Break; readonly detail: string };

/**
 * Walks one session's rows in the order given and names the first that does not fit. Works on the ledger's rows and
 * on export lines, redacted or not. Rows cut from the end are only seen with a `head` that was kept elsewhere.
 */
export function verifyChain(
  rows: readonly ChainRow[],
  ...heads: readonly (KnownHead | null)[]
): ChainVerdict {
  const [first] = rows;
  let before = beforeFirst(first);
  for (const [index, row] of rows.entries()) {
    const problem = judge(row, index, before, rows);
    if (problem !== null) return problem;
    before = { seq: row.seq, hash: row.hash };
  }
  for (const head of heads) {
    const problem = head === null ? null : judgeHead(rows, head);
    if (problem !== null) return problem;
  }
  if (first === undefined) return broken(1, 'empty', 'there are no rows');
  return { ok: true, rows: rows.length, head: before };
}

/** What the first row of a session has to follow. */
export const beforeFirst = (first: ChainRow | undefined): Head => ({
  seq: 0,
  hash: first === undefined ? '' : genesisHash(first.session, runbookHashOf(first), first.format),
});

/** Whether a row as the ledger keeps it is whole and follows `last`; `body` is its parsed body. Says no more than that. */
export const follows = (
  row: ChainRow & { readonly body: string },
  body: CanonicalObject,
  last: Head,
): boolean =>
  row.seq === last.seq + 1 &&
  row.prev === last.hash &&
  rowHash(row) === row.hash &&
  (row.openings === undefined || misfit(body, row.openings) === null);

/** Holds rows that follow each other without a gap against a row that somebody saw. */
function judgeHead(rows: readonly ChainRow[], { seq, hash }: KnownHead): ChainVerdict | null {
  if (seq === null) {
    if (rows.some((row) => row.hash.startsWith(hash))) return null;
    return broken(rows.length + 1, 'truncation', 'no row has the head whose words were kept elsewhere');
  }
  const row = rows[seq - 1];
  if (row?.hash === hash) return null;
  if (row !== undefined)
    return broken(seq, 'fork', `row ${seq} is not the one whose hash was kept elsewhere`);
  const next = rows.length + 1;
  return broken(next, 'truncation', `rows ${next} to ${seq} are missing: row ${seq} was recorded before`);
}

function judge(row: ChainRow, index: number, last: Head, rows: readonly ChainRow[]): ChainVerdict | null {
  const expected = last.seq + 1;
  if (row.session !== rows[0]?.session) return broken(expected, 'insertion', 'a row of another session');
  if (row.seq !== expected) return misplaced(row, index, last, rows);
  const whole = hashOrNull(row) === row.hash;
  if (row.prev === last.hash) {
    if (!whole) return broken(row.seq, 'edit', `row ${row.seq} is not what its hash was made from`);
    const wrong = row.openings === undefined ? null : misfit(bodyOf(row), row.openings);
    if (wrong === null) return null;
    return broken(row.seq, 'value', `row ${row.seq}: the value at ${wrong} does not fit its commitment`);
  }
  if (index === 0) {
    return broken(row.seq, whole ? 'fork' : 'edit', 'the first row does not start this session and runbook');
  }
  if (rows[index + 1]?.prev === last.hash) {
    return broken(
      row.seq,
      'insertion',
      `row ${row.seq} does not follow row ${last.seq}, and the one after it does`,
    );
  }
  if (whole) return broken(row.seq, 'fork', `row ${row.seq} is whole but follows another row ${last.seq}`);
  return broken(row.seq, 'edit', `row ${row.seq} neither follows row ${last.seq} nor fits its own hash`);
}

/** The row's number is not the next one. */
function misplaced(row: ChainRow, index: number, last: Head, rows: readonly ChainRow[]): ChainVerdict {
  const expected = last.seq + 1;
  if (row.seq === last.seq) {
    const fork = row.hash !== last.hash && row.prev === rows[index - 1]?.prev && hashOrNull(row) === row.hash;
    return broken(row.seq, fork ? 'fork' : 'insertion', `there are two rows ${row.seq}`);
  }
  if (row.seq < expected) {
    const seen = rows.slice(0, index).some(({ seq }) => seq === row.seq);
    return seen
      ? broken(expected, 'insertion', `row ${row.seq} stands a second time after row ${last.seq}`)
      : broken(expected, 'reorder', `row ${row.seq} stands after row ${last.seq}`);
  }
  const later = rows.slice(index + 1).some(({ seq }) => seq === expected);
  return later
    ? broken(expected, 'reorder', `row ${row.seq} stands where row ${expected} belongs`)
    : broken(expected, 'deletion', `row ${expected} is missing before row ${row.seq}`);
}

const broken = (seq: number, why: Break, detail: string): ChainVerdict => ({ ok: false, seq, why, detail });

/** A row of an export may hold anything at all; what cannot be hashed does not fit its hash. */
function hashOrNull(row: ChainRow): string | null {
  try {
    return rowHash(typeof row.body === 'string' ? row : { ...row, body: canonicalJson(row.body) });
  } catch {
    return null;
  }
}

const bodyOf = (row: ChainRow): CanonicalObject =>
  typeof row.body === 'string' ? (JSON.parse(row.body) as CanonicalObject) : row.body;

function runbookHashOf(row: ChainRow): string {
  try {
    const runbook: CanonicalValue | undefined = bodyOf(row)['runbook'];
    const found =
      typeof runbook === 'object' && runbook !== null ? (runbook as CanonicalObject)['hash'] : null;
    return typeof found === 'string' ? found : '';
  } catch {
    return '';
  }
}
