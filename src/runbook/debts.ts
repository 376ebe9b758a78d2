import { type Node, child } from './node.ts';

/** Ids of the debts that steps open, inner ones included, with the steps that open them. */
export function debtsIn(steps: Node): readonly { readonly id: string; readonly node: Node }[] {
  if (steps.kind !== 'list') return [];
  return steps.items.flatMap((step) => {
    const opens = child(step, 'opens');
    const id = opens === step ? opens : child(opens, 'id');
    const own =
      opens !== step && id.kind === 'scalar' && typeof id.value === 'string'
        ? [{ id: id.value, node: id }]
        : [];
    const inner = ['parallel', 'steps'].flatMap((key) => {
      const node = child(step, key);
      return node === step ? [] : debtsIn(node);
    });
    return [...own, ...inner];
  });
}
