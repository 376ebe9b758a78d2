import type { Fact } from '../machine/facts.ts';
import { isoOf } from '../machine/iso-time.ts';
import type { StepOf } from '../runbook/model/step.ts';
import type { Session } from './session.ts';

/** The id of the debts that passing over an approval leaves behind; no id of a runbook has a dash. */
export const approvalReview = 'approval-review';

const reviewWithinMs = 24 * 3_600_000;

/**
 * An approval that was passed over by override: what it stood before may start, and somebody else owes its review. The
 * debt is due later, so that the rollback goes on; it stays open in every list and export until it is reviewed.
 */
export function approvalReviewOwed(
  session: Session,
  step: StepOf<'approve'>,
  reason: string,
  by: string,
): readonly Fact[] {
  const context = session.context();
  const number = Object.values(context.obligations).filter(({ id }) => id === approvalReview).length + 1;
  const key = `${approvalReview}-${number}`;
  const due = isoOf(session.options.ports.clock.now().ms + reviewWithinMs);
  const why = `${step.title}: passed over by ${by}: ${reason}`;
  const title = `Review by ${step.approval.role}: ${step.title} was passed over`;
  return [
    {
      type: 'obligation.opened',
      by,
      obligation: { key, id: approvalReview, title, ttlMs: reviewWithinMs, release: [] },
      due,
      reason: why,
    },
    {
      type: 'obligation.discharged',
      by,
      key,
      how: 'carried',
      reason: why,
      owner: step.approval.role,
      due,
    },
  ];
}
