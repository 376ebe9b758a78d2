import { setAt } from '../bind.ts';
import { changeInnerSteps } from '../inner-steps.ts';
import { didYouMean } from '../nearest.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  type ScalarNode,
  entriesOf,
  entryOf,
  textNode,
  textOf,
} from '../node.ts';
import { problem } from '../problem.ts';
import { refuse } from './refuse.ts';

/** The phase with what the `use` skips and overrides. */
export function adjusted(use: MapNode, phase: MapNode, ids: readonly string[]): MapNode {
  const skipped = new Set<string>();
  const skip = entryOf(use, 'skip')?.value;
  if (skip?.kind === 'list') {
    for (const item of skip.items) {
      const name = item.kind === 'scalar' ? String(item.value) : '';
      if (!ids.includes(name))
        refuse(problem('WB206', item.at, `There is no step \`${name}\` to skip.${didYouMean(name, ids)}`));
      skipped.add(name);
    }
  }
  const changes = new Map<string, { readonly path: readonly string[]; readonly entry: Entry }[]>();
  for (const [key, entry] of entriesOf(use, 'override')) {
    const [step = '', ...path] = key.split('.');
    if (!ids.includes(step) || path.length === 0) {
      const hint = path.length === 0 ? ' Write `step.field`.' : didYouMean(step, ids);
      refuse(problem('WB205', entry.keyAt, `\`${key}\` names no field of a step.${hint}`));
    }
    if (path[0] === 'id' || path.some((part) => part === '__proto__' || part === '')) {
      refuse(problem('WB205', entry.keyAt, `\`${key}\` cannot be overridden.`));
    }
    changes.set(step, [...(changes.get(step) ?? []), { path, entry }]);
  }
  const visit = (steps: Node): Node => {
    if (steps.kind !== 'list') return steps;
    const items = steps.items.flatMap((step): readonly Node[] => {
      const id = textOf(step, 'id') ?? '';
      if (skipped.has(id) || step.kind !== 'map') return [];
      let changed: MapNode = step;
      for (const { path, entry } of changes.get(id) ?? []) changed = setAt(changed, path, entry);
      return [changeInnerSteps(changed, visit)];
    });
    return { ...steps, items };
  };
  const steps = phase.entries.get('steps');
  if (steps === undefined) return phase;
  return {
    ...phase,
    entries: new Map([...phase.entries, ['steps', { ...steps, value: visit(steps.value) }]]),
  };
}

/** A condition and a role of the `use` hold for each of its steps. */
export function withOuter(step: Node, use: MapNode): Node {
  if (step.kind !== 'map') return step;
  const entries = new Map(step.entries);
  const when = entryOf(use, 'when');
  if (when?.value.kind === 'scalar') {
    const own = entries.get('when');
    const source =
      own?.value.kind === 'scalar'
        ? `(${bareExpression(when.value)}) && (${bareExpression(own.value)})`
        : String(when.value.value);
    entries.set('when', { keyAt: when.keyAt, value: textNode(source, when.value) });
  }
  const role = entryOf(use, 'role');
  if (role !== null && !entries.has('role')) entries.set('role', role);
  return { ...step, entries };
}

const bareExpression = (node: ScalarNode): string =>
  String(node.value).replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1');
