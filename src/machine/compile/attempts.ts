import type { Context, StepRecord } from '../context.ts';
import { attemptId, recordAt } from '../places.ts';
import type { TimedFact } from '../facts.ts';
import type { Place } from '../facts/values.ts';
import { placeKey } from '../place-key.ts';

/** A new attempt: its number is one more than the last at this place, whatever round it belongs to. `repeats` where the step tries itself again. */
export function enter(context: Context, place: Place, at: string, repeats = false): Context {
  const before = recordAt(context, place);
  const last = before?.left === false ? before : null;
  const number = (before?.attemptNumber ?? 0) + 1;
  const fresh: StepRecord = {
    place,
    status: 'idle',
    attempt: attemptId(place, number),
    attemptNumber: number,
    tries: (last?.tries ?? 0) + 1,
    left: false,
    since: at,
    enteredAt: at,
    startedAt: null,
    endedAt: null,
    shown: null,
    readings: [],
    problem: null,
    retries: false,
    before: last === null || last.problem === null ? null : { attempt: last.attemptNumber, ...last.problem },
    agreed: repeats && startedSince(last, context.takenUpAt) ? (last?.shown ?? null) : null,
    probe: null,
    question: null,
    againAt: null,
    chosen: null,
    approval: null,
    debt: null,
    pastGuard: false,
    intended: false,
    outputs: {},
    answer: null,
    captured: {},
  };
  return { ...context, records: { ...context.records, [placeKey(place)]: fresh } };
}

/** The session has left a place, whichever way. */
export function leftBehind(context: Context, place: Place): Context {
  const key = placeKey(place);
  const cursor = context.cursor.filter((other) => other !== key);
  const { [key]: record, ...records } = context.records;
  if (record === undefined) return { ...context, cursor };
  const settled = context.settled[key] === undefined ? context.settled : without(context.settled, key);
  return { ...context, cursor, records, settled: { ...settled, [key]: { ...record, left: true } } };
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  const { [key]: _left, ...others } = record;
  return others;
}

export const timeOf = (event: TimedFact | { readonly type: string }, context: Context): string =>
  'at' in event ? event.at : (context.started?.at ?? '');

/** Whether an attempt was started after the last break. */
const startedSince = (last: StepRecord | null, takenUpAt: string | null): boolean =>
  takenUpAt === null || (last?.startedAt ?? '') >= takenUpAt;
