import type { StepOf } from '../model/step.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, fieldAt, valueAt } from './places.ts';

/** Smoke tests that could pass on the release that is to go, and tests that nobody could tell apart. */
export function lintSmokes(book: Book): readonly Problem[] {
  return book.steps.flatMap((step) => (step.kind === 'smoke' ? ofStep(book, step) : []));
}

function ofStep(book: Book, step: StepOf<'smoke'>): readonly Problem[] {
  const { proxy, instances, tests } = step.plan;
  const found: Problem[] = [];
  const [first] = tests;
  const ways = [proxy, instances].filter((address) => address !== null).length;
  const isWhole = first?.id === 'version' && first.critical && first.through.length === ways;
  if (first !== undefined && !isWhole)
    found.push(
      problem(
        'WB641',
        valueAt(book, step, 'smoke', 0),
        first.id === 'version'
          ? 'The version is not read on every way, or does not decide.'
          : `The first test is \`${first.id}\`, not the version.`,
      ),
    );
  for (const [index, { id }] of tests.entries())
    if (tests.findIndex((other) => other.id === id) < index)
      found.push(problem('WB643', fieldAt(book, step, 'smoke', index, 'id'), `\`${id}\` is there twice.`));
  return found;
}
