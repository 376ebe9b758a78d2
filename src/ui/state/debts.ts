import type { ObligationView, SessionView } from '../../machine/view.ts';
import { epochMs } from '../time.ts';

/** Debts to give back now: these keep a session from closing. Worst first: overdue, then the nearest deadline, then age. */
export function owedNow(view: SessionView): readonly ObligationView[] {
  const deadline = (debt: ObligationView): number =>
    debt.ttlMs === null ? Number.MAX_SAFE_INTEGER : (epochMs(debt.openedAt) ?? 0) + debt.ttlMs;
  return view.obligations
    .filter(({ state }) => state === 'open' || state === 'released')
    .toSorted(
      (left, right) =>
        Number(right.overdue) - Number(left.overdue) ||
        deadline(left) - deadline(right) ||
        (epochMs(left.openedAt) ?? 0) - (epochMs(right.openedAt) ?? 0),
    );
}

/** Debts with an owner and a date: they outlive the session. */
export const dueLater = (view: SessionView): readonly ObligationView[] =>
  view.obligations.filter(({ state }) => state === 'carried');
