import { keyAt } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import { isStateful } from '../stateful.ts';
import type { Book } from './places.ts';

/** What is to hold after each step that changes data needs a step that says so. */
export function lintData({ runbook, root, steps }: Book): readonly Problem[] {
  const onTheWay = runbook.invariants.some(({ at }) => at === undefined || at.includes('steps'));
  const counted = (runbook.counted ?? []).length > 0;
  if ((!onTheWay && !counted) || steps.some(isStateful)) return [];
  const block = counted ? (runbook.lossBudget ? 'loss_budget' : 'preserve') : 'invariants';
  return [
    problem('WB853', keyAt(root, block), `\`${block}\` is measured, and no step says that it changes data.`),
  ];
}
