import { type MapNode, type Node, entryOf } from './node.ts';

/** Keys under which a step holds others. */
const holding = ['parallel', 'steps'] as const;

/** The lists of steps that stand right inside a step. */
export const innerSteps = (step: Node): readonly Node[] =>
  holding.flatMap((key) => entryOf(step, key)?.value ?? []);

/** The step with each list of steps inside it changed. */
export function changeInnerSteps(step: MapNode, change: (steps: Node) => Node): MapNode {
  const entries = new Map(step.entries);
  for (const key of holding) {
    const inner = entries.get(key);
    if (inner !== undefined) entries.set(key, { ...inner, value: change(inner.value) });
  }
  return { ...step, entries };
}
