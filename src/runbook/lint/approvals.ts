import { child, entryOf } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, fieldAt } from './places.ts';

/** Whoever is asked can sign: there are enough people, and they are not the ones who may not. */
export function lintApprovals(book: Book): readonly Problem[] {
  const { runbook, root } = book;
  return book.steps.flatMap((step) => {
    if (step.kind !== 'approve') return [];
    const { role, not, count } = step.approval;
    const place = (field: string): Problem['at'] => {
      if (book.nodes.has(step.id)) return fieldAt(book, step, field);
      // The approval that a phase needs was not written as a step.
      const index = runbook.phases.findIndex(({ id }) => id === step.phase);
      const needs = child(child(child(child(root, 'phases'), index), 'needs'), 'approval');
      return entryOf(needs, field)?.keyAt ?? step.at;
    };
    if (not === role)
      return [problem('WB515', place('not'), `\`${role}\` is asked, and \`${role}\` may not sign.`)];
    const people = runbook.roles.find(({ id }) => id === role);
    if (people === undefined || people.anyone || people.users.length >= count) return [];
    return [
      problem(
        'WB515',
        place('count'),
        `${count} people of \`${role}\` are to sign, and it has ${people.users.length}.`,
      ),
    ];
  });
}
