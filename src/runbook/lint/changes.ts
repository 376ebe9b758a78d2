import type { Step } from '../model/step.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, fieldAt, valueAt } from './places.ts';

/** What may change something says how it is taken back, what proves it, and what is lost. */
export function lintChanges(book: Book): {
  readonly always: readonly Problem[];
  readonly byMaturity: readonly Problem[];
} {
  const always: Problem[] = [];
  const byMaturity: Problem[] = [];
  for (const step of book.steps) {
    if (step.kind !== 'run' && step.kind !== 'manual' && step.kind !== 'smoke') continue;
    if (step.readOnly && wayBack(step)) {
      const field = step.undo !== null ? 'undo' : step.opens !== null ? 'opens' : 'ponr';
      always.push(
        problem('WB510', fieldAt(book, step, field), `\`${step.id}\` is read-only and has \`${field}\`.`),
      );
    }
    if (!step.readOnly && !wayBack(step)) {
      const unsaid = step.kind === 'manual' && step.changes === null;
      byMaturity.push(
        unsaid
          ? problem(
              'WB514',
              fieldAt(book, step, 'manual'),
              `\`${step.id}\` does not say what a person changes there.`,
            )
          : problem('WB501', step.at, `\`${step.id}\` changes something and has no way back.`),
      );
    }
    if (step.opens !== null && step.opens.proof === null) {
      byMaturity.push(
        problem(
          'WB502',
          fieldAt(book, step, 'opens'),
          `Nothing proves that \`${step.opens.id}\` was given back.`,
        ),
      );
    }
    if (step.ponr !== null && step.ponr.confirm !== 'name') {
      byMaturity.push(
        problem(
          'WB503',
          valueAt(book, step, 'ponr', 'confirm'),
          `\`${step.id}\` crosses the point of no return on one key.`,
        ),
      );
    }
    if (step.retry !== null && !step.idempotent && !step.readOnly) {
      always.push(
        problem('WB508', fieldAt(book, step, 'retry'), `\`${step.id}\` is repeated and is not idempotent.`),
      );
    }
    if (step.kind === 'run' && step.ponr !== null && step.probeAfterCrash === null && !step.idempotent) {
      always.push(
        problem('WB516', step.at, `After a crash in \`${step.id}\` nobody knows whether it happened.`),
      );
    }
  }
  return { always, byMaturity };
}

const wayBack = (step: Step): boolean => step.undo !== null || step.opens !== null || step.ponr !== null;
