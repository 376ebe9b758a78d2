import type { Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { evidencePending } from './context.ts';
import { awaitsScope, mayRun, mutates, repeatsAgreed } from './may-run.ts';
import { openDebts } from './debts.ts';
import { outboxWork } from './comms.ts';
import { dataStops } from './data.ts';
import { looksDue } from './drift.ts';
import type { Place } from './facts/values.ts';
import { incidentReadsDue } from './incident.ts';

/**
 * What has to be going on for a session to be where it is. The session starts what is new in this list and stops
 * what is gone from it; every piece of work ends in exactly one fact about its place and attempt.
 */
export interface Work {
  /** Two pieces of work with the same key are the same piece. */
  readonly key: string;
  readonly kind: WorkKind;
  readonly place: Place;
  readonly attempt: string;
  readonly step: Step | null;
}

export type WorkKind =
  | 'prepare'
  | 'guard'
  | 'perform'
  | 'verify'
  | 'read_after_crash'
  | 'retry'
  /** Runs a retry that needs no second word. */
  | 'repeat'
  | 'gap'
  | 'measure'
  /** Looks for changes by hand. */
  | 'look'
  | 'scope'
  | 'end'
  | 'close'
  /** Reads the incident when a phase begins. */
  | 'incident'
  /** Writes a message that has come due. */
  | 'compose'
  /** Sends a message that was written. */
  | 'deliver'
  /** Waits for the next message of a rhythm. */
  | 'rhythm';

/** What has to be going on now, derived from the state alone: what is not listed any more is stopped. */
export function workOf(book: Book, context: Context): readonly Work[] {
  if (context.started === null || context.status === 'closed') return [];
  const messages = [...messageWork(book, context), ...incidentWork(book, context)];
  if (context.endedAt === null && context.cursor.length === 0)
    return [...messages, sessionWork('end', 'ending')];
  const { due } = context.data;
  const measuring = due === null || context.endedAt !== null ? [] : [sessionWork('measure', due.attempt)];
  const steps = context.cursor.flatMap((at): readonly Work[] => {
    const record = context.records[at];
    if (record === undefined) return [];
    const step = book.steps.get(record.place.step) ?? null;
    const kind = workKind(book, step, record, context);
    if (kind === null) return [];
    // a decision that waits is another piece of work than one that asks
    const held =
      record.chosen === null ? '' : ` chosen ${record.chosen.at} ${String(record.chosen.objections.length)}`;
    const key = `${record.attempt} ${kind}${record.againAt === null ? '' : ` until ${record.againAt}`}${held}`;
    return [{ key, kind, place: record.place, attempt: record.attempt, step }];
  });
  const paid = context.endedAt !== null && context.cursor.length === 0 && openDebts(context).length === 0;
  // a session does not close over a message that is still on its way, nor over evidence that is still being taken
  const told = messages.length === 0 && !evidencePending(context);
  const looks = looksDue(book, context).map((attempt) => sessionWork('look', attempt));
  const undecided = (book.runbook.components ?? []).length > 0 && context.scope === null;
  if (undecided && context.endedAt === null && context.status === 'running')
    return [sessionWork('scope', 'scope'), ...messages, ...measuring, ...steps];
  return paid && told && looks.length === 0
    ? [...steps, sessionWork('close', 'closing')]
    : [...messages, ...measuring, ...looks, ...steps];
}

/** Messages go their own way beside the steps: nothing waits for them but the close. */
const messageWork = (book: Book, context: Context): readonly Work[] =>
  outboxWork(book, context).map(({ kind, key }) => ({
    key: `${kind} ${key}`,
    kind,
    place: { step: messagePlace, item: key },
    attempt: key,
    step: null,
  }));

const incidentWork = (book: Book, context: Context): readonly Work[] =>
  incidentReadsDue(book, context).map((phase) => ({
    key: `incident ${phase}`,
    kind: 'incident',
    place: { step: '@incident', item: phase },
    attempt: phase,
    step: null,
  }));

/** The place of a message, which is no step of the runbook. */
const messagePlace = '@comms';

const sessionWork = (kind: 'measure' | 'look' | 'scope' | 'end' | 'close', attempt: string): Work => ({
  key: `${kind} ${attempt}`,
  kind,
  place: { step: '@session', item: '' },
  attempt,
  step: null,
});

function workKind(book: Book, step: Step | null, record: StepRecord, context: Context): WorkKind | null {
  const looking = context.looks.due.length > 0 && (step === null || mutates(step));
  const mayGoOn = mayRun(book, context, record.place) && !dataStops(book, context, step) && !looking;
  switch (record.status) {
    case 'idle':
      return awaitsScope(book, step, context) ? null : 'prepare';
    case 'guarding':
      return mayGoOn ? 'guard' : null;
    case 'performing':
      return step?.kind === 'each' || step?.kind === 'parallel' ? null : 'perform';
    case 'verifying':
      return step?.kind === 'each' ? 'gap' : 'verify';
    case 'in_doubt':
      return record.probe === null ? 'read_after_crash' : null;
    case 'failed':
    case 'unknown':
      return mayGoOn && record.retries ? 'retry' : null;
    case 'ready':
      return mayGoOn && repeatsAgreed(record) ? 'repeat' : null;
    case 'done':
    case 'skipped':
    case 'undone':
      return null;
  }
}
