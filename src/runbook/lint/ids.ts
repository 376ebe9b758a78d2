import type { Position } from '../model/values.ts';
import { type Node, child, entryOf, textOf } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import { gateId } from '../resolve/runbook.ts';
import { reservedWords } from '../scope.ts';
import { type Book, writtenSteps } from './places.ts';

/** One id stands for one thing: steps, phases and `use` share the names that a way can lead to. */
export function lintIds({ runbook, root }: Book): readonly Problem[] {
  const problems: Problem[] = [];
  const places = new Map<string, { readonly at: Position; readonly what: string }>();
  const take = (id: string, at: Position, what: string): void => {
    const first = places.get(id);
    if (first === undefined) places.set(id, { at, what });
    else problems.push(twice(id, at, first));
    problems.push(...reserved(id, at));
  };
  const phases = child(root, 'phases');
  for (const phase of phases.kind === 'list' ? phases.items : []) {
    const id = textOf(phase, 'id');
    if (id === null) continue;
    take(id, child(phase, 'id').at, 'a phase');
    if (entryOf(phase, 'needs') !== null)
      take(gateId(id), child(phase, 'needs').at, 'the approval of this phase');
  }
  for (const { node } of writtenSteps(root)) {
    const id = textOf(node, 'id');
    if (id !== null) take(id, child(node, 'id').at, 'a step');
    problems.push(...repeated(child(node, 'options'), 'an option'));
  }
  for (const [id, steps] of Object.entries(runbook.groups)) {
    // A `use` that became one step of the same name is that step.
    const first = places.get(id);
    if (first !== undefined && !steps.includes(id))
      problems.push(twice(id, first.at, { at: first.at, what: 'a `use`' }));
  }
  for (const block of ['triggers', 'invariants', 'slo', 'calendar', 'drift'])
    problems.push(...repeated(child(root, block), `one of \`${block}\``));
  problems.push(...repeated(child(child(root, 'evidence'), 'items'), 'an item of evidence'));
  problems.push(...repeated(child(child(root, 'scope'), 'components'), 'a component'));
  problems.push(...debtsTwice(root));
  for (const block of ['inputs', 'probes', 'scope', 'environments', 'roles', 'connections', 'channels']) {
    const node = child(root, block);
    if (node === root || node.kind !== 'map') continue;
    for (const [id, { keyAt: at }] of node.entries) problems.push(...reserved(id, at));
  }
  return problems;
}

const twice = (id: string, at: Position, first: { readonly at: Position; readonly what: string }): Problem =>
  problem('WB301', at, `\`${id}\` is already ${first.what} (line ${first.at.line}).`);

function reserved(id: string, at: Position): readonly Problem[] {
  if (!reservedWords.has(id) && id !== 'ask') return [];
  return [problem('WB311', at, `\`${id}\` cannot be a name.`)];
}

function repeated(list: Node, what: string): readonly Problem[] {
  if (list.kind !== 'list') return [];
  const places = new Map<string, Position>();
  return list.items.flatMap((item) => {
    const id = textOf(item, 'id');
    if (id === null) return [];
    const first = places.get(id);
    if (first !== undefined) return [twice(id, child(item, 'id').at, { at: first, what })];
    places.set(id, child(item, 'id').at);
    return [];
  });
}

function debtsTwice(root: Node): readonly Problem[] {
  const places = new Map<string, Position>();
  return writtenSteps(root).flatMap(({ node }) => {
    const opens = entryOf(node, 'opens')?.value;
    const id = opens === undefined ? null : textOf(opens, 'id');
    if (opens === undefined || id === null) return [];
    const at = child(opens, 'id').at;
    const first = places.get(id);
    if (first !== undefined) return [twice(id, at, { at: first, what: 'an obligation' })];
    places.set(id, at);
    return [];
  });
}
