import type { Context, StepRecord } from '../context.ts';
import type { Place } from '../facts/values.ts';
import { placeKey } from '../place-key.ts';

/** The record of a place with these changes; a place without a record stays without one. */
export function setRecord(context: Context, place: Place, changes: Partial<StepRecord>): Context {
  const key = placeKey(place);
  const atHand = context.records[key];
  if (atHand !== undefined)
    return { ...context, records: { ...context.records, [key]: { ...atHand, ...changes } } };
  const left = context.settled[key];
  if (left === undefined) return context;
  return { ...context, settled: { ...context.settled, [key]: { ...left, ...changes } } };
}

/** A debt with these changes. */
export function setDebt(
  context: Context,
  key: string,
  changes: Partial<Context['obligations'][string]>,
): Context {
  const debt = context.obligations[key];
  if (debt === undefined) return context;
  return { ...context, obligations: { ...context.obligations, [key]: { ...debt, ...changes } } };
}
