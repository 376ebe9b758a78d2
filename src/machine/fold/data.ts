import type { Json } from '../../runbook/model/values.ts';
import type { Context } from '../context.ts';
import type { Accepted, TableState } from '../data-state.ts';
import type { FactOf } from '../facts.ts';

/** Readings before the first change stand for "before"; the last of them counts, for it is the nearest. */
export function measuredInvariant(context: Context, fact: FactOf<'invariant.measured'>): Context {
  const { data } = context;
  const { id, reading, moment, step } = fact;
  const { subject, value } = reading;
  const first = !data.begun;
  const known = data.invariants[id];
  const before = first || known === undefined ? reading : known.before;
  const invariants = { ...data.invariants, [id]: { before, now: reading, moment, step } };
  const compared = context.baselines[subject];
  const baselines =
    value === null || (compared !== undefined && !first)
      ? context.baselines
      : { ...context.baselines, [subject]: parsed(value) };
  return { ...context, baselines, data: { ...data, invariants } };
}

/** A measurement is over: from the one right before the first change on, what is lost is counted. */
export function measuredData(context: Context, fact: FactOf<'data.measured'>): Context {
  const { data } = context;
  const tables = { ...data.tables };
  for (const counted of fact.tables) {
    const known = data.begun ? tables[counted.table] : undefined;
    const now: TableState = {
      before: known === undefined ? counted.rows : known.before,
      now: counted.rows,
      most: most(known?.most, counted.rows),
      newestMs: counted.newestMs,
      newestMostMs: most(known?.newestMostMs, counted.newestMs),
      code: counted.code,
      detail: counted.detail,
    };
    tables[counted.table] = now;
  }
  const seen = fact.effectOf === '' || fact.effectOf === data.due?.attempt;
  const over = fact.moment !== 'before' && fact.moment !== 'start' && seen;
  return {
    ...context,
    data: {
      ...data,
      tables,
      begun: data.begun || fact.moment === 'before',
      due: over ? null : data.due,
    },
  };
}

const most = (known: number | null | undefined, now: number | null): number | null =>
  known === undefined || known === null ? now : now === null ? known : Math.max(known, now);

export const acceptedBy = ({
  items,
  by,
  reason,
  role,
  principal,
  level,
  override,
  at,
}: FactOf<'data.accepted'> & { readonly at: string }): Accepted => ({
  items,
  by,
  reason,
  role,
  principal,
  level,
  override,
  at,
});

/** JSON as it was recorded; masking may have left something that is a text only. */
function parsed(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
