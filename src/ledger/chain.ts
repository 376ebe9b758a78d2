import { hash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { CanonicalObject } from './canonical.ts';
import type { Opening } from './seal.ts';

/** The format of the rows that this program writes; see `upcast` for how older ones are read. */
export const ledgerFormat = 1;

/** One row of the chain: as the ledger keeps it, or as a line of an export. */
export interface ChainRow {
  readonly session: string;
  readonly seq: number;
  /** UUIDv7. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Milliseconds of a clock that only grows, within one `boot`. */
  readonly mono: number;
  readonly boot: string;
  readonly actor: string;
  readonly role: string;
  readonly type: string;
  readonly format: number;
  /** The fact without its type, sealed values as commitments: an object, or its canonical JSON. */
  readonly body: string | CanonicalObject;
  readonly prev: string;
  readonly hash: string;
  /** Values and salts of the sealed fields; a redacted export leaves them out. */
  readonly openings?: readonly Opening[];
}

const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** What the first row's `prev` is: no row of another session, runbook or format can stand there. */
export const genesisHash = (session: string, runbookHash: string, format: number): string =>
  sha256(`walkback ledger genesis\n${canonicalJson({ format, runbook: runbookHash, session })}`);

/** SHA-256 over `prev` in hex and the canonical JSON of the whole row except its hash. */
export function rowHash(row: Omit<ChainRow, 'hash'>): string {
  const body = typeof row.body === 'string' ? row.body : canonicalJson(row.body);
  // The body is canonical already, so the row is put together around it: the keys stand in the order of RFC 8785.
  const canonical =
    `{"actor":${JSON.stringify(row.actor)},"at":${JSON.stringify(row.at)},"body":${body}` +
    `,"boot":${JSON.stringify(row.boot)},"format":${String(row.format)},"id":${JSON.stringify(row.id)}` +
    `,"mono":${JSON.stringify(row.mono)},"prev":${JSON.stringify(row.prev)},"role":${JSON.stringify(row.role)}` +
    `,"seq":${String(row.seq)},"session":${JSON.stringify(row.session)},"type":${JSON.stringify(row.type)}}`;
  return sha256(row.prev + canonical);
}
