import type { ComparisonPlan } from '../model/comparison.ts';
import type { StepOf } from '../model/step.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, fieldAt, valueAt } from './places.ts';

/** As E3 and its judge have it; more points than the last are refused by the system that is asked. */
const least = { baseline: 60, beside: 30, current: 30 } as const;
const mostPoints = 11_000;

/** Comparisons that could never come to RECOVERED, and baselines that nothing places in time. */
export function lintComparisons(book: Book): readonly Problem[] {
  return book.steps.flatMap((step) => (step.kind === 'compare' ? ofStep(book, step) : []));
}

function ofStep(book: Book, step: StepOf<'compare'>): readonly Problem[] {
  const { comparison } = step;
  const { baseline, currentMs, everyMs } = comparison;
  const found: Problem[] = [];
  const floating = baseline?.from.from === 'release' && book.runbook.window === null && !book.alone;
  if (floating)
    found.push(
      problem('WB626', valueAt(book, step, 'compare', 'baseline'), 'Nothing says when the release was.'),
    );
  const before = pointsBefore(comparison);
  const now = Math.floor(currentMs / Math.max(1, everyMs)) + 1;
  const leastBefore = baseline === null ? least.beside : least.baseline;
  if (before > mostPoints || now > mostPoints)
    found.push(
      problem(
        'WB627',
        fieldAt(book, step, 'compare'),
        `It asks for ${Math.max(before, now)} points; ${mostPoints} is the most.`,
        'Shorten the span, or give `every` a longer step.',
      ),
    );
  else if (before < leastBefore || now < least.current)
    found.push(
      problem(
        'WB627',
        fieldAt(book, step, 'compare'),
        `It has ${before} points to compare with and ${now} of now; ${leastBefore} and ${least.current} are needed.`,
      ),
    );
  return found;
}

function pointsBefore({ baseline, currentMs, everyMs }: ComparisonPlan): number {
  const spanMs = baseline === null ? currentMs : baseline.from.beforeMs - baseline.to.beforeMs;
  return Math.floor(spanMs / Math.max(1, everyMs)) + 1;
}
