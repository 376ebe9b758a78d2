import type { Step } from '../model/step.ts';
import { allSteps } from '../model.ts';
import type { Runbook } from '../model.ts';
import { innerSteps } from '../inner-steps.ts';
import { type MapNode, type Node, child, entryOf, textOf } from '../node.ts';

/** A resolved runbook beside the text that it came from. */
export interface Book {
  readonly runbook: Runbook;
  readonly root: Node;
  readonly steps: readonly Step[];
  /** Step id → where it was written. */
  readonly nodes: ReadonlyMap<string, MapNode>;
  /** Names of debts → the debts. */
  readonly debts: ReadonlyMap<string, readonly string[]>;
  /** A fragment by itself. */
  readonly alone: boolean;
}

export function bookOf(runbook: Runbook, root: Node, debts: Book['debts'], alone: boolean): Book {
  const nodes = new Map<string, MapNode>();
  for (const { node } of writtenSteps(root)) {
    const id = textOf(node, 'id');
    if (id !== null && !nodes.has(id)) nodes.set(id, node);
  }
  return { runbook, root, steps: allSteps(runbook), nodes, debts, alone };
}

/** Every step as written, inner ones included, twice the same id included. */
export function writtenSteps(root: Node): readonly { readonly node: MapNode; readonly phase: MapNode }[] {
  const phases = child(root, 'phases');
  if (phases.kind !== 'list') return [];
  return phases.items.flatMap((phase) => {
    if (phase.kind !== 'map') return [];
    const inside = (steps: Node): readonly MapNode[] =>
      steps.kind !== 'list'
        ? []
        : steps.items.flatMap((step) =>
            step.kind !== 'map' ? [] : [step, ...innerSteps(step).flatMap(inside)],
          );
    return inside(child(phase, 'steps')).map((node) => ({ node, phase }));
  });
}

/** Where a field of a step was written, by a path of keys; the step itself where it was not. */
export function fieldAt(book: Book, step: Step, ...path: readonly (string | number)[]): Step['at'] {
  let here: Node | undefined = book.nodes.get(step.id);
  let at = step.at;
  for (const key of path) {
    if (here === undefined) break;
    const entry: { readonly keyAt: Step['at']; readonly value: Node } | null =
      here.kind === 'map' ? entryOf(here, String(key)) : null;
    const next: Node = entry?.value ?? child(here, key);
    if (next === here) break;
    at = entry?.keyAt ?? next.at;
    here = next;
  }
  return at;
}

/** Where the value of a field was written. */
export function valueAt(book: Book, step: Step, ...path: readonly (string | number)[]): Step['at'] {
  const node = book.nodes.get(step.id);
  if (node === undefined) return step.at;
  return path.reduce<Node>((here, key) => child(here, key), node).at;
}
