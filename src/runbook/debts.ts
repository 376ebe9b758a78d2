import { innerSteps } from './inner-steps.ts';
import { type Node, child, entryOf, textOf } from './node.ts';

/** Ids of the debts that steps open, inner ones included, with the nodes where they are written. */
export function debtsIn(steps: Node): readonly { readonly id: string; readonly node: Node }[] {
  if (steps.kind !== 'list') return [];
  return steps.items.flatMap((step) => {
    const opens = entryOf(step, 'opens')?.value;
    const id = opens === undefined ? null : textOf(opens, 'id');
    const own = opens === undefined || id === null ? [] : [{ id, node: child(opens, 'id') }];
    return [...own, ...innerSteps(step).flatMap(debtsIn)];
  });
}
