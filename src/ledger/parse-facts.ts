import { OperatorError, exitCode } from '../errors.ts';
import { factSchema } from '../machine/facts.ts';
import type { Fact } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import type { CanonicalObject } from './canonical.ts';
import { ledgerFormat } from './chain.ts';
import type { LedgerEvent } from './rows.ts';
import { chainRows } from './rows.ts';
import { unseal } from './seal.ts';
import type { Store } from './store.ts';
import { explain } from './trouble.ts';
import { beforeFirst, follows, verifyChain } from './verify-chain.ts';
import type { Head } from './verify-chain.ts';

/** Turns a fact as format n wrote it into what format n + 1 would have written. */
export type Upcast = (
  type: string,
  body: CanonicalObject,
) => { readonly type: string; readonly body: CanonicalObject };

/** What of an event is needed to read its fact. */
export type ReadableEvent = Pick<LedgerEvent, 'session' | 'seq' | 'type' | 'format' | 'body'>;

/** By the format it starts from; an entry for every format before the newest. */
const upcasts: Readonly<Record<number, Upcast>> = {};

/** So many facts are read before code is made for their schemas: making it takes as long as reading these. */
const plainlyRead = 500;
let read = 0;

/** The fact of an event, brought to today's shape. Throws `OperatorError` where this program cannot read it. */
export function parseFact(
  event: ReadableEvent,
  table: Readonly<Record<number, Upcast>> = upcasts,
  newest: number = ledgerFormat,
): Fact {
  let { type, body } = event;
  for (let format = event.format; format < newest; format += 1) {
    const upcast = table[format];
    if (upcast === undefined) throw unreadable(event, `nothing turns format ${format} into ${format + 1}`);
    ({ type, body } = upcast(type, body));
  }
  read += 1;
  const parsed = factSchema.safeParse({ ...body, type }, { jitless: read <= plainlyRead });
  if (parsed.success) return parsed.data;
  throw unreadable(
    event,
    parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
  );
}

/** Paths inside the body where an event does not fit today's shape. */
export function factProblems(event: ReadableEvent): readonly (readonly string[])[] {
  const parsed = factSchema.safeParse({ ...event.body, type: event.type });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.map(String));
}

/** Every fact of a session, with its chain verified on the way: what a session is replayed from. */
export function readFacts(
  ledger: { readonly store: Store; readonly path: string },
  session: string,
  head: Head | null = null,
): readonly RecordedFact[] {
  try {
    return readVerified(ledger.store, session, head);
  } catch (error) {
    throw explain(error, { path: ledger.path, doing: `read session ${session}` });
  }
}

/** One pass that keeps no rows; only where something does not fit are they read again, to say what. */
function readVerified(store: Store, session: string, head: Head | null): readonly RecordedFact[] {
  const facts: RecordedFact[] = [];
  let last: Head | null = null;
  for (const { openings = [], ...row } of chainRows(store, session)) {
    const sealed = parseBody(row.body);
    last ??= beforeFirst(row);
    if (sealed === null || !follows({ ...row, openings }, sealed, last))
      throw brokenChain(store, session, head);
    last = row;
    const { seq, id, at, actor, hash } = row;
    facts.push({ seq, id, at, actor, hash, fact: parseFact({ ...row, body: unseal(sealed, openings) }) });
  }
  if (head !== null && facts[head.seq - 1]?.hash !== head.hash) throw brokenChain(store, session, head);
  return facts;
}

function parseBody(body: string): CanonicalObject | null {
  try {
    return JSON.parse(body) as CanonicalObject;
  } catch {
    return null;
  }
}

function brokenChain(store: Store, session: string, head: Head | null): OperatorError {
  const verdict = verifyChain([...chainRows(store, session)], head);
  const what = verdict.ok
    ? 'it changed while it was read'
    : `${verdict.why} at event ${verdict.seq}: ${verdict.detail}`;
  return new OperatorError(
    `Session ${session} is not as it was recorded (${what}). It is not replayed.`,
    [`Run \`walkback verify ${session}\`, and export what can be believed before you go on.`],
    { exitCode: exitCode.failed },
  );
}

const unreadable = (event: ReadableEvent, why: string): OperatorError =>
  new OperatorError(
    `Event ${event.seq} of session ${event.session} (${event.type}, format ${event.format}) cannot be read: ${why}.`,
    ['Open the session with the walkback that wrote it, or a newer one.'],
    { exitCode: exitCode.failed },
  );
