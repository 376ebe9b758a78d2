import type { Step } from '../runbook/model/step.ts';
import type { Check } from '../runbook/model/values.ts';
import type { Place } from './facts/values.ts';
import { placeKey } from './place-key.ts';
import type { Context, Debt, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { wayAt, recordAt } from './places.ts';

/** The key of a debt: its id, and the item where it was opened inside `each`. */
export const debtKey = (id: string, place: Place): string => placeKey({ step: id, item: place.item });

export const openDebts = (context: Context): readonly Debt[] =>
  Object.values(context.obligations).filter(({ state }) => state === 'open' || state === 'released');

/** Debts that a release step stands for, in the step's order, still to be given back. */
const debtsToRelease = (book: Book, context: Context, ids: readonly string[]): readonly Debt[] =>
  ids.flatMap((id) =>
    Object.values(context.obligations).filter(
      (debt) => debt.id === id && (debt.state === 'open' || isDueLater(book, debt)),
    ),
  );

/** True while a release step has another debt to give back after the one it is at. */
export function moreDebts(
  book: Book,
  step: Step | null,
  context: Context,
  record: StepRecord | undefined,
): boolean {
  return (
    step?.kind === 'release' &&
    debtsToRelease(book, context, step.obligations).some(({ key }) => key !== record?.debt)
  );
}

/** A debt that was opened as due later, and is still owed: its own session may give it back all the same. */
export const isDueLater = (book: Book, { id, state }: Pick<Debt, 'id' | 'state'>): boolean =>
  state === 'carried' && (book.opens.get(id)?.later ?? null) !== null;

/** The debt that a place is about to give back, or null: a release that was begun goes on with its own. */
export function debtAt(book: Book, context: Context, place: Place): Debt | null {
  const step = book.steps.get(place.step);
  const way = wayAt(context, place);
  const begun = recordAt(context, place)?.debt ?? (way?.kind === 'release' ? way.key : null);
  const key =
    begun ??
    (step?.kind === 'release' ? debtsToRelease(book, context, step.obligations)[0]?.key : null) ??
    null;
  return key === null ? null : (owedAt(book, context, key) ?? null);
}

const owedAt = (book: Book, context: Context, key: string): Debt | undefined =>
  openDebts(context).find((debt) => debt.key === key) ??
  Object.values(context.obligations).find((debt) => debt.key === key && isDueLater(book, debt));

/** What must hold before the debt at a place is given back; nothing once somebody has said why it is given back all the same. */
export function releaseGuards(book: Book, context: Context, place: Place): readonly Check[] {
  const record = recordAt(context, place);
  const debt = context.obligations[record?.debt ?? ''];
  return debt === undefined || record?.pastGuard === true ? [] : (book.opens.get(debt.id)?.before ?? []);
}

/** True where giving back was refused by what must hold before it, and nothing was started. */
export const mayGoPastGuard = (book: Book, context: Context, record: StepRecord): boolean =>
  !record.intended &&
  (record.problem?.code ?? '').startsWith('guard_') &&
  releaseGuards(book, context, record.place).length > 0;
