import { wayAt } from '../machine/places.ts';
import type { Fact } from '../machine/facts.ts';
import type { CurrentStep } from '../machine/view.ts';
import type { Session } from './session.ts';

/** Ways back that were passed over: what they would have undone still stands, and somebody owes it. */
const undoDebt = 'undo';

/**
 * A way back that could not be run and is passed over becomes a debt that a person has to carry or to waive: nothing that
 * was changed is forgotten because its undo failed.
 */
export function undoOwed(session: Session, { place, title }: CurrentStep, reason: string): readonly Fact[] {
  const way = wayAt(session.context(), place);
  if (way?.kind !== 'undo') return [];
  // no id of a runbook has a dash: this debt cannot be taken for one of its own
  const key = `${undoDebt}-${place.item}-${way.step}`;
  return [
    {
      type: 'obligation.opened',
      by: 'walkback',
      obligation: { key, id: undoDebt, title: `By hand: ${title}`, ttlMs: null, release: [] },
      due: null,
      reason,
    },
  ];
}
