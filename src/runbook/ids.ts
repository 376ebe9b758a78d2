import { changeInnerSteps, innerSteps } from './inner-steps.ts';
import { type MapNode, type Node, mapOf, textNode, textOf } from './node.ts';
import { kindsIn } from './schema/steps.ts';

/** Gives every step that has no id one of its own: `<phase>_<kind>`, then `<phase>_<kind>_2` and so on. */
export function nameSteps(steps: Node, prefix: string, taken: Set<string>): Node {
  for (const id of idsIn(steps)) taken.add(id);
  const visit = (node: Node): Node => {
    if (node.kind !== 'list') return node;
    return { ...node, items: node.items.map(nameOne) };
  };
  const nameOne = (node: Node): Node => {
    if (node.kind !== 'map') return node;
    if (node.entries.has('id')) return changeInnerSteps(node, visit);
    const id = freeId(node, prefix, taken);
    taken.add(id);
    const named = mapOf(node.at, [['id', { keyAt: node.at, value: textNode(id, node) }], ...node.entries]);
    return changeInnerSteps(named, visit);
  };
  return visit(steps);
}

function freeId(node: MapNode, prefix: string, taken: ReadonlySet<string>): string {
  const plain = Object.fromEntries([...node.entries].map(([key]) => [key, true]));
  const base = `${prefix}_${kindsIn(plain)[0] ?? 'step'}`;
  let id = base;
  for (let number = 2; taken.has(id); number += 1) id = `${base}_${number}`;
  return id;
}

/** Ids written on steps, inner ones included. */
export function idsIn(steps: Node): readonly string[] {
  if (steps.kind !== 'list') return [];
  return steps.items.flatMap((step) => [textOf(step, 'id') ?? [], ...innerSteps(step).map(idsIn)].flat());
}
