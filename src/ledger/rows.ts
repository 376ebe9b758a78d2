import type { CanonicalObject } from './canonical.ts';
import type { ChainRow } from './chain.ts';
import type { Opening } from './seal.ts';
import { unseal } from './seal.ts';
import type { Store } from './store.ts';

/** One event for reading: sealed values are back in their places. */
export interface LedgerEvent extends Omit<ChainRow, 'body' | 'openings'> {
  /** The fact without its type. */
  readonly body: CanonicalObject;
}

interface StoredRow extends ChainRow {
  readonly body: string;
  readonly sealed: string | null;
}

const pageSize = 2_000;

/**
 * One session's rows as stored, in order, with what opens their sealed fields. Read a page at a time: memory does
 * not grow with the session, and the connection stays free for writing in between.
 */
export function* chainRows(
  store: Store,
  session: string,
  fromSeq = 1,
): Generator<ChainRow & { body: string }> {
  let next = fromSeq;
  for (;;) {
    const page = store
      .sql<StoredRow>(
        `SELECT event.session, event.seq, id, at, mono, boot, actor, role, type, format, body, prev, hash,
           openings AS sealed
         FROM event LEFT JOIN opening ON opening.session = event.session AND opening.seq = event.seq
         WHERE event.session = ? AND event.seq >= ? ORDER BY event.seq LIMIT ${pageSize}`,
      )
      .all(session, next);
    for (const { sealed, ...row } of page) {
      yield Object.assign(row, { openings: sealed === null ? [] : (JSON.parse(sealed) as Opening[]) });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    next = last.seq + 1;
  }
}

export function openEvent({ openings = [], body, ...row }: ChainRow): LedgerEvent {
  const sealed = typeof body === 'string' ? (JSON.parse(body) as CanonicalObject) : body;
  return { ...row, body: openings.length === 0 ? sealed : unseal(sealed, openings) };
}

/** A row for a copy that leaves the machine: commitments stay, what opens them does not. */
export function redact({
  openings: _openings,
  body,
  ...row
}: ChainRow): ChainRow & { body: CanonicalObject } {
  return { ...row, body: typeof body === 'string' ? (JSON.parse(body) as CanonicalObject) : body };
}
