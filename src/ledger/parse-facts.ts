import { OperatorError, exitCode } from '../errors.ts';
import { factSchema } from '../machine/facts.ts';
import type { Fact } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import type { CanonicalObject } from './canonical.ts';
import type { ChainRow } from './chain.ts';
import { ledgerFormat } from './chain.ts';
import type { LedgerEvent } from './rows.ts';
import { chainRows, openEvent } from './rows.ts';
import type { Store } from './store.ts';
import { explain } from './trouble.ts';
import { verifyChain } from './verify-chain.ts';
import type { Head } from './verify-chain.ts';

/** Turns a fact as format n wrote it into what format n + 1 would have written. */
export type Upcast = (
  type: string,
  body: CanonicalObject,
) => { readonly type: string; readonly body: CanonicalObject };

/** By the format it starts from; an entry for every format before the newest. */
const upcasts: Readonly<Record<number, Upcast>> = {};

/** The fact of an event, brought to today's shape. Throws `OperatorError` where this program cannot read it. */
export function parseFact(
  event: LedgerEvent,
  table: Readonly<Record<number, Upcast>> = upcasts,
  newest: number = ledgerFormat,
): Fact {
  let { type, body } = event;
  for (let format = event.format; format < newest; format += 1) {
    const upcast = table[format];
    if (upcast === undefined) throw unreadable(event, `nothing turns format ${format} into ${format + 1}`);
    ({ type, body } = upcast(type, body));
  }
  const parsed = factSchema.safeParse({ ...body, type });
  if (parsed.success) return parsed.data;
  throw unreadable(
    event,
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
}

/** Paths inside the body where an event does not fit today's shape. */
export function factProblems(event: LedgerEvent): readonly (readonly string[])[] {
  const parsed = factSchema.safeParse({ ...event.body, type: event.type });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.map(String));
}

/** Every fact of a session, with its chain verified on the way: what a session is replayed from. */
export function readFacts(
  { store, path }: { readonly store: Store; readonly path: string },
  session: string,
  head: Head | null = null,
): readonly RecordedFact[] {
  const rows = readRows(store, path, session);
  if (rows.length === 0 && head === null) return [];
  const verdict = verifyChain(rows, head);
  if (!verdict.ok) throw brokenChain(session, verdict);
  return rows.map((row) => {
    const event = openEvent(row);
    const { seq, id, at, actor, hash } = event;
    return { seq, id, at, actor, hash, fact: parseFact(event) };
  });
}

function readRows(store: Store, path: string, session: string): readonly ChainRow[] {
  try {
    return [...chainRows(store, session)];
  } catch (error) {
    throw explain(error, { path, doing: `read session ${session}` });
  }
}

const brokenChain = (
  session: string,
  { seq, why, detail }: { seq: number; why: string; detail: string },
): OperatorError =>
  new OperatorError(
    `Session ${session} is not as it was recorded (${why} at event ${seq}: ${detail}). It is not replayed.`,
    [`Run \`walkback verify ${session}\`, and export what can be believed before you go on.`],
    { exitCode: exitCode.failed },
  );

const unreadable = (event: LedgerEvent, why: string): OperatorError =>
  new OperatorError(
    `Event ${event.seq} of session ${event.session} (${event.type}, format ${event.format}) cannot be read: ${why}.`,
    ['Open the session with the walkback that wrote it, or a newer one.'],
    { exitCode: exitCode.failed },
  );
