import type { Position } from '../model/values.ts';
import type { Step } from '../model/step.ts';
import { child } from '../node.ts';
import { didYouMean } from '../nearest.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, valueAt } from './places.ts';

/** Every way leads to something that can be entered: a step, a phase, a `use`. */
export function lintWays(book: Book): readonly Problem[] {
  const { runbook, steps } = book;
  const byId = new Map(steps.map((step) => [step.id, step]));
  const phases = new Set(runbook.phases.map(({ id }) => id));
  const uses = Object.keys(runbook.groups);
  const names = [...byId.keys(), ...phases, ...uses];
  const inGroup = new Map<string, string[]>();
  for (const [group, ids] of Object.entries(runbook.groups)) {
    for (const id of ids) inGroup.set(id, [...(inGroup.get(id) ?? []), group]);
  }
  const around = (step: Step): readonly string[] => [...(inGroup.get(topOf(step, byId).id) ?? [])];

  const problems: Problem[] = [];
  const follow = (from: Step, target: string, at: Position): void => {
    if (phases.has(target) || uses.includes(target)) return;
    const to = byId.get(target);
    if (to === undefined) {
      problems.push(
        problem(
          'WB302',
          at,
          `\`${target}\` is no step, phase or \`use\` of this runbook.${didYouMean(target, names)}`,
        ),
      );
      return;
    }
    const inside = [...to.enclosing, ...(to.parallel === null ? [] : [to.parallel])].find(
      (id) => !from.enclosing.includes(id) && from.parallel !== id && from.id !== id,
    );
    // Regions of a `parallel` never lead into each other, even beside one another.
    const beside = to.parallel !== null && from.parallel === to.parallel && from.id !== to.id;
    if (inside !== undefined || beside) {
      problems.push(problem('WB309', at, `\`${target}\` stands inside \`${inside ?? to.parallel ?? ''}\`.`));
      return;
    }
    const group = around(to).find((id) => !around(from).includes(id) && runbook.groups[id]?.[0] !== target);
    // a branch of a fragment leads back into its own steps
    const branch = from.at.file === to.at.file && from.phase.startsWith(`${group ?? ''}_`);
    if (group !== undefined && !branch)
      problems.push(problem('WB309', at, `\`${target}\` stands inside the file that \`${group}\` uses.`));
  };
  for (const step of steps) {
    for (const [on, route] of Object.entries(step.on)) {
      if (route.kind === 'goto') follow(step, route.target, valueAt(book, step, 'on', on));
    }
    if (step.on.denied.kind !== 'ask' && step.kind !== 'approve') {
      problems.push(
        problem('WB517', valueAt(book, step, 'on', 'denied'), `Nothing is denied in \`${step.id}\`.`),
      );
    }
    if (step.kind !== 'decide') continue;
    for (const [index, option] of step.options.entries()) {
      if (option.route?.kind === 'goto')
        follow(step, option.route.target, valueAt(book, step, 'options', index, 'goto'));
    }
  }
  for (const [index, watch] of runbook.watch.entries()) {
    if (watch.from === null || names.includes(watch.from)) continue;
    const at = child(child(child(book.root, 'watch'), index), 'from').at;
    problems.push(
      problem('WB312', at, `There is no step \`${watch.from}\`.${didYouMean(watch.from, names)}`),
    );
  }
  return problems;
}

/** The outermost step around a step: what a `use` became. */
function topOf(step: Step, byId: ReadonlyMap<string, Step>): Step {
  const outer = step.enclosing[0] ?? step.parallel;
  const found = outer === null ? undefined : byId.get(outer);
  return found === undefined || found === step ? step : topOf(found, byId);
}
