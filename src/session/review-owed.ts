import type { Fact } from '../machine/facts.ts';
import { placeOf } from '../machine/places.ts';
import { isoOf } from '../machine/iso-time.ts';
import { titleAt } from '../machine/titles.ts';
import type { StepOf } from '../runbook/model/step.ts';
import type { Session } from './session.ts';

/** The id of the debts that passing over an approval leaves behind; no id of a runbook has a dash. */
export const approvalReview = 'approval-review';

const reviewWithinMs = 24 * 3_600_000;

/** A review that somebody else owes, and what they sign to say that they made it. */
export interface ReviewOwed {
  readonly key: string;
  readonly id: string;
  readonly title: string;
  /** Whose review it is; null is anybody with a role that lists keys. */
  readonly role: string | null;
  /** Who is to see to it. */
  readonly owner: string | null;
  readonly ttlMs: number | null;
  readonly by: string;
  /** What was done, as one sentence. */
  readonly why: string;
  /** What it was done to: lines of the text that is signed. */
  readonly about: readonly string[];
}

/**
 * The debt of a review, due later so that the rollback goes on: it stays in every list and export until somebody else has
 * signed it.
 */
export function reviewOwed(session: Session, owed: ReviewOwed): readonly Fact[] {
  const context = session.context();
  const { key, id, title, role, owner, ttlMs, by, why } = owed;
  const now = session.options.ports.clock.now();
  const due = isoOf(now.ms + reviewWithinMs);
  const request = [
    'walkback review request 1',
    `session: ${context.session}`,
    `review: ${key}`,
    `runbook: ${context.started?.runbook.hash ?? ''}`,
    `done: ${oneLine(why)} at ${now.iso}`,
    ...owed.about.map(oneLine),
    `due: ${due}`,
    '',
  ].join('\n');
  return [
    {
      type: 'obligation.opened',
      by,
      obligation: { key, id, title, ttlMs, release: [] },
      due,
      reason: why,
      review: { by, role, request },
    },
    { type: 'obligation.discharged', by, key, how: 'carried', reason: why, owner, due },
  ];
}

/** What is signed is read line by line: no value may pretend to be another line. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** An approval that was passed over by override: what it stood before may start, and somebody else owes its review. */
export function approvalReviewOwed(
  session: Session,
  step: StepOf<'approve'>,
  reason: string,
  by: string,
): readonly Fact[] {
  const context = session.context();
  const { obligations } = context;
  const { book } = session.options.compiled;
  const title = titleAt(book, context, step, placeOf(context, step));
  const number = Object.values(obligations).filter(({ id }) => id === approvalReview).length + 1;
  return reviewOwed(session, {
    key: `${approvalReview}-${number}`,
    id: approvalReview,
    title: `Review by ${step.approval.role}: ${title} was passed over`,
    role: step.approval.role,
    owner: step.approval.role,
    ttlMs: reviewWithinMs,
    by,
    why: `${title}: passed over by ${by}: ${reason}`,
    about: [`step: ${step.id} (${title})`],
  });
}
