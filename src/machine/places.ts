import type { Check, Json } from '../runbook/model/values.ts';
import type { Step } from '../runbook/model/step.ts';
import type { Place } from './facts/values.ts';
import { placeKey } from './place-key.ts';
import type { Context, Bound, StepRecord, WayBack } from './context.ts';
import type { Book } from './book.ts';
import { wayBackStep } from './context.ts';

/** The item indices around a step as they stand now, outermost first, joined by `/`. */
function itemKey(context: Context, step: Step): string {
  const indices: string[] = [];
  for (const id of step.enclosing) {
    indices.push(String(context.each[placeKey({ step: id, item: indices.join('/') })]?.index ?? 0));
  }
  return indices.join('/');
}

export const placeOf = (context: Context, step: Step): Place => ({
  step: step.id,
  item: itemKey(context, step),
});

/** The items bound by the `each` steps around a place: variable name → item. */
export function itemsAt(book: Book, context: Context, place: Place): Bound {
  const step = book.steps.get(place.step);
  const indices = place.item === '' ? [] : place.item.split('/').map(Number);
  const bound: Record<string, Json> = {};
  step?.enclosing.forEach((id, depth) => {
    const loop = book.steps.get(id);
    const state = context.each[placeKey({ step: id, item: indices.slice(0, depth).join('/') })];
    const index = indices[depth] ?? 0;
    if (loop?.kind === 'each')
      bound[loop.as] = loop.endless === true ? index + 1 : (state?.items[index] ?? null);
  });
  return bound;
}

export const attemptId = (place: Place, number: number): string => `${placeKey(place)}#${number}`;

/** The newest attempt at a place, at hand or left. */
export function recordAt(context: Context, place: Place): StepRecord | undefined {
  const key = placeKey(place);
  return context.records[key] ?? context.settled[key];
}

/** The newest attempt at any place of a step: the one at hand, else the one that was left last. */
export const newestOf = (context: Context, step: string): StepRecord | undefined =>
  Object.values(context.records).findLast(({ place }) => place.step === step) ??
  Object.values(context.settled).findLast(({ place }) => place.step === step);

/** What is being taken back at a place of the way back; null anywhere else. */
export const wayAt = (context: Context, place: Place): WayBack | null =>
  place.step === wayBackStep ? (context.queue[context.queueAt] ?? null) : null;

/** What proves the work at a place: the step's own checks, the proof of the debt, or that of the undo. */
export function verifiedBy(book: Book, context: Context, place: Place): readonly Check[] {
  const step = book.steps.get(place.step);
  if (step !== undefined && step.kind !== 'release') return step.verify;
  const debt = context.obligations[recordAt(context, place)?.debt ?? ''];
  const way = wayAt(context, place);
  const undo = way?.kind === 'undo' ? (book.steps.get(way.step)?.undo ?? null) : null;
  const proof = debt === undefined ? undo?.verify : book.opens.get(debt.id)?.proof;
  return proof === undefined || proof === null ? [] : [proof];
}
