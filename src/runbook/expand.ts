import { type Renaming, renameProbes, renameSteps } from './bind.ts';
import { debtsIn } from './debts.ts';
import { adjusted, withOuter } from './expand/adjust.ts';
import { bindInputs } from './expand/inputs.ts';
import { Refused, refuse } from './expand/refuse.ts';
import { type Taken, pathOfUse, takeFile } from './expand/used-file.ts';
import type { FileReader } from './files.ts';
import { idsIn, nameSteps } from './ids.ts';
import { changeInnerSteps, innerSteps } from './inner-steps.ts';
import { limits } from './limits.ts';
import type { Position } from './model/values.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  child,
  entriesOf,
  entryOf,
  keyAt,
  textNode,
  textOf,
} from './node.ts';
import { type Problem, problem } from './problem.ts';

/** A runbook with every `use` replaced by the steps that it stands for. */
export interface Expanded {
  readonly root: MapNode;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly debts: ReadonlyMap<string, readonly string[]>;
  /** Files that were read, the runbook itself not included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What a file takes over from those that it uses, under new names. */
interface Host {
  readonly probes: Map<string, Entry>;
  readonly inputs: Map<string, Entry>;
  readonly groups: Map<string, readonly string[]>;
  /** Phases off the path of used files: they come after the file's own. */
  readonly offPath: MapNode[];
}

/** Blocks and steps that a file comes to once everything that it uses is inside. */
interface Parts extends Omit<Host, 'offPath'> {
  readonly phases: readonly MapNode[];
}

/**
 * Takes in the files that `use` names, with their inputs bound and their steps renamed. Every problem is reported,
 * and a document that has one is not expanded.
 */
export function expand(
  root: MapNode,
  file: string,
  reader: FileReader,
  report: (found: Problem) => void,
):
  | { readonly ok: true; readonly expanded: Expanded }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const taken: Taken = { reader, parsed: new Map(), files: new Map(), report, steps: 0, nodes: 0 };
  try {
    const parts = partsOf(taken, root, file, [file]);
    const debts = new Map<string, readonly string[]>();
    const opened = parts.phases.flatMap((phase) => debtsIn(child(phase, 'steps')).map(({ id }) => id));
    for (const [group, steps] of parts.groups) {
      const inside = new Set(steps);
      const own = parts.phases.flatMap((phase) => debtsOpenedBy(child(phase, 'steps'), inside, false));
      if (own.length > 0) debts.set(group, own);
    }
    for (const id of opened) debts.set(id, [id]);
    return {
      ok: true,
      expanded: {
        root: rebuilt(root, parts),
        groups: Object.fromEntries(parts.groups),
        debts,
        files: taken.files,
      },
    };
  } catch (refused) {
    if (refused instanceof Refused) return { ok: false, problems: refused.problems };
    throw refused;
  }
}

function debtsOpenedBy(steps: Node, wanted: ReadonlySet<string>, inherited: boolean): readonly string[] {
  if (steps.kind !== 'list') return [];
  return steps.items.flatMap((step) => {
    const inside = inherited || wanted.has(textOf(step, 'id') ?? '');
    const opens = entryOf(step, 'opens')?.value;
    const own = inside && opens !== undefined ? (textOf(opens, 'id') ?? []) : [];
    return [own, ...innerSteps(step).map((inner) => debtsOpenedBy(inner, wanted, inside))].flat();
  });
}

function rebuilt(root: MapNode, parts: Parts): MapNode {
  const entries = new Map(root.entries);
  const put = (key: string, value: ReadonlyMap<string, Entry>): void => {
    if (value.size === 0) return;
    const before = entries.get(key);
    entries.set(key, {
      keyAt: before?.keyAt ?? root.at,
      value: { kind: 'map', at: before?.value.at ?? root.at, entries: value },
    });
  };
  put('inputs', parts.inputs);
  put('probes', parts.probes);
  const phases = entries.get('phases');
  if (phases !== undefined)
    entries.set('phases', { ...phases, value: { kind: 'list', at: phases.value.at, items: parts.phases } });
  return { ...root, entries };
}

/** A file's own blocks, with those of the files that it uses added under their new names. */
function partsOf(taken: Taken, root: MapNode, file: string, chain: readonly string[]): Parts {
  const host: Host = {
    probes: new Map(entriesOf(root, 'probes')),
    inputs: new Map(entriesOf(root, 'inputs')),
    groups: new Map(),
    offPath: [],
  };
  const written = entryOf(root, 'phases')?.value;
  const phases = written?.kind === 'list' ? written.items : [];
  const names = new Set(phases.flatMap((phase) => idsIn(child(phase, 'steps'))));

  const expandSteps = (steps: Node): Node => {
    if (steps.kind !== 'list') return steps;
    const items = steps.items.flatMap((step) => {
      if (step.kind !== 'map') return [step];
      count(taken, step.at);
      return entryOf(step, 'use') === null
        ? [changeInnerSteps(step, expandSteps)]
        : inline(taken, step, file, chain, host);
    });
    return { ...steps, items };
  };

  const done = phases.flatMap((phase): readonly MapNode[] => {
    if (phase.kind !== 'map') return [];
    const steps = phase.entries.get('steps');
    if (steps === undefined) return [phase];
    const named = nameSteps(steps.value, textOf(phase, 'id') ?? 'step', names);
    return [
      { ...phase, entries: new Map([...phase.entries, ['steps', { ...steps, value: expandSteps(named) }]]) },
    ];
  });
  return { ...host, phases: [...done, ...host.offPath] };
}

function count(taken: Taken, at: Position): void {
  taken.steps += 1;
  if (taken.steps > limits.steps)
    refuse(problem('WB207', at, `The runbook comes to more than ${limits.steps} steps.`));
}

/** The steps that one `use` stands for; what else the used file brings goes to its host. */
function inline(
  taken: Taken,
  use: MapNode,
  file: string,
  chain: readonly string[],
  host: Host,
): readonly Node[] {
  const id = textOf(use, 'id') ?? '';
  const path = pathOfUse(use, file, chain);
  const at = child(use, 'use');
  const root = takeFile(taken, path, at.at);
  const inner = partsOf(taken, root, path, [...chain, path]);
  const ids = inner.phases.flatMap((phase) => idsIn(child(phase, 'steps')));
  const renaming: Renaming = {
    ...namesOf(inner, id, ids),
    ...bindInputs({ use, id, path, probes: inner.probes, inputs: inner.inputs }, host.inputs),
  };

  for (const [name, entry] of renameProbes({ kind: 'map', at: root.at, entries: inner.probes }, renaming))
    host.probes.set(name, entry);
  for (const [group, steps] of inner.groups)
    host.groups.set(
      `${id}_${group}`,
      steps.map((one) => `${id}_${one}`),
    );
  host.offPath.push(
    ...inner.phases
      .filter(isOffPath)
      .map((phase) =>
        renamedPhase(adjusted(use, phase, ids), `${id}_${textOf(phase, 'id') ?? ''}`, renaming),
      ),
  );
  const steps = inner.phases
    .filter((phase) => !isOffPath(phase))
    .flatMap((phase): readonly Node[] => {
      const renamed = renameSteps(child(adjusted(use, phase, ids), 'steps'), renaming);
      return renamed.kind === 'list' ? renamed.items : [];
    })
    .map((step) => withOuter(step, use));
  taken.nodes += steps.reduce((sum, step) => sum + sizeOf(step), 0);
  if (taken.nodes > limits.expandedNodes)
    return refuse(problem('WB207', at.at, 'The files that it uses come to too many values.'));
  host.groups.set(
    id,
    steps.flatMap((step) => textOf(step, 'id') ?? []),
  );
  if (steps.length === 0 && !root.entries.has('walkback'))
    taken.report(problem('WB206', keyAt(use, 'skip'), `Every step of \`${path}\` is skipped.`));
  return steps;
}

/** What the names of a used file become; a way to one of its phases leads to that phase's first step, or to the phase off the path. */
function namesOf(inner: Parts, prefix: string, ids: readonly string[]): Omit<Renaming, 'inputs' | 'words'> {
  const phases = new Map<string, string>();
  for (const phase of inner.phases) {
    const name = textOf(phase, 'id') ?? '';
    const [first] = idsIn(child(phase, 'steps'));
    if (isOffPath(phase)) phases.set(name, `${prefix}_${name}`);
    else if (first !== undefined) phases.set(name, `${prefix}_${first}`);
  }
  const debts = inner.phases.flatMap((phase) => debtsIn(child(phase, 'steps')));
  return {
    prefix,
    steps: new Set([...ids, ...inner.groups.keys()]),
    probes: new Set(inner.probes.keys()),
    debts: new Set([...debts.map((debt) => debt.id), ...inner.groups.keys()]),
    phases,
  };
}

function isOffPath(phase: Node): boolean {
  const value = entryOf(phase, 'off_path')?.value;
  return value?.kind === 'scalar' && value.value === true;
}

function sizeOf(node: Node): number {
  if (node.kind === 'scalar') return 1;
  const inner = node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value);
  return inner.reduce((sum, one) => sum + sizeOf(one), 1);
}

function renamedPhase(phase: MapNode, id: string, renaming: Renaming): MapNode {
  const entries = new Map(phase.entries);
  const steps = entries.get('steps');
  if (steps !== undefined) entries.set('steps', { ...steps, value: renameSteps(steps.value, renaming) });
  const name = entries.get('id');
  if (name !== undefined) entries.set('id', { ...name, value: textNode(id, name.value) });
  return { ...phase, entries };
}
