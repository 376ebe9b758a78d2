import type { Step } from '../runbook/model.ts';
import type { Book, Context, StepRecord } from './context.ts';
import { mayStart, openDebts, retriesLeft } from './context.ts';
import type { Place } from './facts.ts';

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
  'prepare' | 'guard' | 'perform' | 'verify' | 'read_after_crash' | 'retry' | 'gap' | 'end' | 'close';

export function workOf(book: Book, context: Context): readonly Work[] {
  if (context.started === null || context.status === 'closed') return [];
  if (context.endedAt === null && context.cursor.length === 0) return [sessionWork('end', 'ending')];
  const steps = context.cursor.flatMap((at): readonly Work[] => {
    const record = context.records[at];
    if (record === undefined) return [];
    const step = book.steps.get(record.place.step) ?? null;
    const kind = workKind(step, record, context);
    if (kind === null) return [];
    // a decision that waits is another piece of work than one that asks
    const key = `${record.attempt} ${kind}${record.againAt === null ? '' : ` until ${record.againAt}`}`;
    return [{ key, kind, place: record.place, attempt: record.attempt, step }];
  });
  const paid = context.endedAt !== null && context.cursor.length === 0 && openDebts(context).length === 0;
  return paid ? [...steps, sessionWork('close', 'closing')] : steps;
}

const sessionWork = (kind: 'end' | 'close', attempt: string): Work => ({
  key: attempt,
  kind,
  place: { step: '@session', item: '' },
  attempt,
  step: null,
});

function workKind(step: Step | null, record: StepRecord, context: Context): WorkKind | null {
  switch (record.status) {
    case 'idle':
      return 'prepare';
    case 'guarding':
      return mayStart(context, record.place) ? 'guard' : null;
    case 'performing':
      return step?.kind === 'each' || step?.kind === 'parallel' ? null : 'perform';
    case 'verifying':
      return step?.kind === 'each' ? 'gap' : 'verify';
    case 'in_doubt':
      return record.probe === null ? 'read_after_crash' : null;
    case 'failed':
    case 'unknown':
      return mayStart(context, record.place) && retriesLeft(step, record) ? 'retry' : null;
    case 'ready':
    case 'done':
    case 'skipped':
    case 'undone':
      return null;
  }
}
