import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { isDueLater, openDebts } from './debts.ts';

/** A debt that several attempts opened is given back once, where the first of them stands. */
const lastRelease = (ways: Context['queue'], key: string): number =>
  ways.findLastIndex((way) => way.kind === 'release' && way.key === key);

/** What an abort has to take back, newest first: the undo of each step, then the debt that it opened. */
export function wayBackOf(book: Book, context: Context): Context['queue'] {
  const fromHistory = context.history
    .filter(({ undone }) => !undone)
    .toReversed()
    .flatMap((performed): Context['queue'] => {
      const step = book.steps.get(performed.place.step);
      const undo = step?.undo ?? null;
      const { opened } = performed;
      const debt = opened === null ? undefined : context.obligations[opened];
      const owed = debt !== undefined && (openDebts(context).includes(debt) || isDueLater(book, debt));
      return [
        ...(step === undefined || undo === null ? [] : [{ kind: 'undo' as const, step: step.id, performed }]),
        ...(owed ? [{ kind: 'release' as const, key: debt.key }] : []),
      ];
    })
    .filter((way, index, all) => way.kind === 'undo' || index === lastRelease(all, way.key));
  const queued = new Set(fromHistory.flatMap((way) => (way.kind === 'release' ? [way.key] : [])));
  const others = openDebts(context).filter(({ key, release }) => !queued.has(key) && release.length > 0);
  return [...fromHistory, ...others.map(({ key }) => ({ kind: 'release' as const, key }))];
}
