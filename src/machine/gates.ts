import type { Step, StepOf } from '../runbook/model/step.ts';
import { allSteps } from '../runbook/model.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { newestOf } from './places.ts';

/** What an approval stands before: changes by a command or by hand. Giving back and reading stay possible without it. */
const isGated = (step: Step): boolean => !step.readOnly && (step.kind === 'run' || step.kind === 'manual');

/** Steps that an approval opens: the changes written after it in its phase, those inside others included. */
export function openedBy(book: Book, gate: StepOf<'approve'>): readonly Step[] {
  const phase = book.runbook.phases.find(({ id }) => id === gate.phase);
  const at = phase?.steps.findIndex(({ id }) => id === gate.id) ?? -1;
  if (phase === undefined || at === -1) return [];
  return allSteps({ phases: [{ ...phase, steps: phase.steps.slice(at + 1) }] }).filter(isGated);
}

/** Approvals that a step needs before it starts: those written before it in its phase. */
export function gatesOf(book: Book, step: Step | null): readonly StepOf<'approve'>[] {
  if (step === null || !isGated(step)) return [];
  return (book.inPhase.get(step.phase) ?? []).filter(
    (other): other is StepOf<'approve'> =>
      other.kind === 'approve' && openedBy(book, other).some(({ id }) => id === step.id),
  );
}

/** True once something that an approval opened was begun: from then on it is used, and its time limit is over. */
export function isUsed(book: Book, context: Context, gate: StepOf<'approve'>, given: StepRecord): boolean {
  const since = given.endedAt ?? '';
  return openedBy(book, gate).some((step) => {
    const startedAt = newestOf(context, step.id)?.startedAt ?? null;
    return startedAt !== null && startedAt >= since;
  });
}

/** Codes of a guard that an approval did not hold for; a new one can be asked for then. */
export const approvalCode = /^guard_approval_/;
