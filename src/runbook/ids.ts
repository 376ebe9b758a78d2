import { type Entry, type MapNode, type Node, child, textNode } from './node.ts';
import { kindsIn } from './schema-steps.ts';

/** Gives every step that has no id one of its own: `<phase>_<kind>`, then `<phase>_<kind>_2` and so on. */
export function nameSteps(steps: Node, prefix: string, taken: Set<string>): Node {
  for (const id of idsIn(steps)) taken.add(id);
  const visit = (node: Node): Node => {
    if (node.kind !== 'list') return node;
    return { ...node, items: node.items.map(nameOne) };
  };
  const nameOne = (node: Node): Node => {
    if (node.kind !== 'map') return node;
    const entries = new Map<string, Entry>();
    if (!node.entries.has('id')) {
      const id = freeId(node, prefix, taken);
      taken.add(id);
      entries.set('id', { keyAt: node.at, value: textNode(id, node) });
    }
    for (const [key, entry] of node.entries) {
      entries.set(
        key,
        key === 'parallel' || key === 'steps' ? { ...entry, value: visit(entry.value) } : entry,
      );
    }
    return { ...node, entries };
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
  return steps.items.flatMap((step) => {
    const id = child(step, 'id');
    const own = id !== step && id.kind === 'scalar' && typeof id.value === 'string' ? [id.value] : [];
    const inner = ['parallel', 'steps'].flatMap((key) => {
      const node = child(step, key);
      return node === step ? [] : idsIn(node);
    });
    return [...own, ...inner];
  });
}
