import {
  type Binding,
  type Bound,
  type Renaming,
  renameDeep,
  renameProbes,
  renameSteps,
  setAt,
  sourceOfTemplate,
  sourceOfValue,
} from './bind.ts';
import { debtsIn } from './debts.ts';
import { parseDuration } from './duration.ts';
import { type FileReader, joinPath } from './files.ts';
import { idsIn, nameSteps } from './ids.ts';
import { limits } from './limits.ts';
import type { Position } from './model/values.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  type ScalarNode,
  child,
  entryOf,
  keyAt,
  mapOf,
  textNode,
  toPlain,
} from './node.ts';
import { didYouMean } from './nearest.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, problem } from './problem.ts';
import { fragmentSchema, runbookSchema } from './schema.ts';
import { hasPlaces } from './template.ts';
import { validate } from './validate.ts';
import { parseVersion } from './version.ts';

/** A runbook with every `use` replaced by the steps that it stands for. */
export interface Expanded {
  readonly root: MapNode;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly debts: ReadonlyMap<string, readonly string[]>;
  /** Files that were read, the runbook itself not included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

class Refused extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super('The runbook cannot be put together');
    this.problems = problems;
  }
}

const refuse = (...problems: readonly Problem[]): never => {
  throw new Refused(problems);
};

/** What grows while files are taken in. */
interface Taken {
  readonly reader: FileReader;
  readonly parsed: Map<string, MapNode>;
  readonly files: Map<string, Uint8Array>;
  readonly report: (found: Problem) => void;
  steps: number;
  nodes: number;
}

/** Blocks and steps that a file comes to once everything that it uses is inside. */
interface Parts {
  readonly phases: readonly MapNode[];
  readonly probes: ReadonlyMap<string, Entry>;
  readonly inputs: ReadonlyMap<string, Entry>;
  readonly groups: Map<string, readonly string[]>;
}

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
    const inside = inherited || wanted.has(textAt(step, 'id') ?? '');
    const opens = entryOf(step, 'opens')?.value;
    const own = inside && opens !== undefined ? (textAt(opens, 'id') ?? []) : [];
    const inner = ['parallel', 'steps'].flatMap((key) =>
      debtsOpenedBy(entryOf(step, key)?.value ?? step, wanted, inside),
    );
    return [own, inner].flat();
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
  const probes = new Map(entriesOf(root, 'probes'));
  const inputs = new Map(entriesOf(root, 'inputs'));
  const groups = new Map<string, readonly string[]>();
  const parts: Parts = { phases: [], probes, inputs, groups };
  const names = new Set<string>();
  const hoisted: MapNode[] = [];
  const written = entryOf(root, 'phases')?.value;
  const phases = written?.kind === 'list' ? written.items : [];
  for (const phase of phases) for (const id of idsIn(child(phase, 'steps'))) names.add(id);

  const expandSteps = (steps: Node): Node => {
    if (steps.kind !== 'list') return steps;
    const items = steps.items.flatMap((step) => {
      if (step.kind !== 'map') return [step];
      count(taken, step.at);
      const used = entryOf(step, 'use');
      if (used !== null) return inline(taken, step, file, chain, parts, hoisted);
      let entries = step.entries;
      for (const key of ['parallel', 'steps']) {
        const inner = entries.get(key);
        if (inner !== undefined)
          entries = new Map([...entries, [key, { ...inner, value: expandSteps(inner.value) }]]);
      }
      return [{ ...step, entries }];
    });
    return { ...steps, items };
  };

  const done = phases.flatMap((phase): readonly MapNode[] => {
    if (phase.kind !== 'map') return [];
    const steps = phase.entries.get('steps');
    if (steps === undefined) return [phase];
    const named = nameSteps(steps.value, textAt(phase, 'id') ?? 'step', names);
    return [
      { ...phase, entries: new Map([...phase.entries, ['steps', { ...steps, value: expandSteps(named) }]]) },
    ];
  });
  return { ...parts, phases: [...done, ...hoisted] };
}

function count(taken: Taken, at: Position): void {
  taken.steps += 1;
  if (taken.steps > limits.steps)
    refuse(problem('WB207', at, `The runbook comes to more than ${limits.steps} steps.`));
}

const entriesOf = (root: MapNode, key: string): ReadonlyMap<string, Entry> => {
  const node = entryOf(root, key)?.value;
  return node?.kind === 'map' ? node.entries : new Map<string, Entry>();
};

function textAt(node: Node, key: string): string | null {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}

/** The steps that one `use` stands for. */
function inline(
  taken: Taken,
  step: MapNode,
  file: string,
  chain: readonly string[],
  host: Parts,
  hoisted: MapNode[],
): readonly Node[] {
  const id = textAt(step, 'id') ?? '';
  const at = child(step, 'use');
  const path = joinPath(file, textAt(step, 'use') ?? '');
  if (path === null)
    return refuse(
      problem('WB202', at.at, `\`${textAt(step, 'use') ?? ''}\` leads out of the runbook’s folder.`),
    );
  if (chain.includes(path))
    return refuse(problem('WB203', at.at, `${[...chain.slice(chain.indexOf(path)), path].join(' uses ')}.`));
  if (chain.length > limits.useDepth)
    return refuse(problem('WB207', at.at, `Files use each other more than ${limits.useDepth} levels deep.`));
  const root = takeFile(taken, path, at.at);
  const inner = partsOf(taken, root, path, [...chain, path]);
  const runbook = root.entries.has('walkback');

  const binding = bindInputs(taken, step, inner, id, path, host);
  const debts = inner.phases.flatMap((phase) => debtsIn(child(phase, 'steps')));
  const onPath = inner.phases.filter(
    (phase) => entryOf(phase, 'off_path')?.value.kind !== 'scalar' || !isTrue(phase, 'off_path'),
  );
  const offPath = inner.phases.filter((phase) => !onPath.includes(phase));
  const phases = new Map<string, string>();
  for (const phase of onPath) {
    const [first] = idsIn(child(phase, 'steps'));
    const name = textAt(phase, 'id');
    if (name !== null && first !== undefined) phases.set(name, `${id}_${first}`);
  }
  for (const phase of offPath) phases.set(textAt(phase, 'id') ?? '', `${id}_${textAt(phase, 'id') ?? ''}`);
  const ids = inner.phases.flatMap((phase) => idsIn(child(phase, 'steps')));
  const renaming: Renaming = {
    prefix: id,
    steps: new Set([...ids, ...inner.groups.keys()]),
    probes: new Set(inner.probes.keys()),
    debts: new Set([...debts.map((debt) => debt.id), ...inner.groups.keys()]),
    phases,
    ...binding,
  };

  for (const [name, entry] of renameProbes({ kind: 'map', at: root.at, entries: inner.probes }, renaming)) {
    (host.probes as Map<string, Entry>).set(name, entry);
  }
  for (const [group, steps] of inner.groups)
    host.groups.set(
      `${id}_${group}`,
      steps.map((one) => `${id}_${one}`),
    );
  for (const phase of offPath) {
    hoisted.push(
      renamedPhase(adjusted(taken, step, phase, ids), `${id}_${textAt(phase, 'id') ?? ''}`, renaming),
    );
  }
  const steps = onPath.flatMap((phase): readonly Node[] => {
    const list = child(adjusted(taken, step, phase, ids), 'steps');
    const renamed = renameSteps(list, renaming);
    return renamed.kind === 'list' ? renamed.items : [];
  });
  const outer = steps.map((one) => withOuter(one, step));
  taken.nodes += outer.reduce((sum, one) => sum + sizeOf(one), 0);
  if (taken.nodes > limits.expandedNodes)
    return refuse(problem('WB207', at.at, 'The files that it uses come to too many values.'));
  host.groups.set(
    id,
    outer.flatMap((one) => textAt(one, 'id') ?? []),
  );
  if (outer.length === 0 && !runbook)
    taken.report(problem('WB206', keyAt(step, 'skip'), `Every step of \`${path}\` is skipped.`));
  return outer;
}

const isTrue = (node: Node, key: string): boolean => {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'scalar' && value.value === true;
};

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

/** Reads, parses and checks a used file, once. A fragment becomes a runbook. */
function takeFile(taken: Taken, path: string, at: Position): MapNode {
  const known = taken.parsed.get(path);
  if (known !== undefined) return known;
  if (taken.files.size >= limits.files)
    return refuse(problem('WB207', at, `The runbook uses more than ${limits.files} files.`));
  const read = taken.reader.read(path);
  if (!read.ok) {
    const code = read.code === 'outside' ? 'WB202' : 'WB201';
    return refuse(problem(code, at, `\`${path}\` cannot be read: ${read.detail}.`));
  }
  const parsed = parseYaml(read.bytes, path);
  if (!parsed.ok) return refuse(...parsed.problems);
  taken.files.set(path, read.bytes);
  const { root } = parsed;
  if (!root.entries.has('walkback') && !root.entries.has('walkback_fragment')) {
    return refuse(problem('WB208', root.at, `\`${path}\` is neither a fragment nor a runbook.`));
  }
  const checked = root.entries.has('walkback')
    ? validate<unknown>(runbookSchema, root)
    : validate<unknown>(fragmentSchema, root);
  if (!checked.ok) return refuse(...checked.problems);
  const whole = root.entries.has('walkback') ? root : asRunbook(root);
  taken.parsed.set(path, whole);
  return whole;
}

/** A fragment as a runbook of one phase, its branches as phases off the path. */
function asRunbook(fragment: MapNode): MapNode {
  const at = fragment.at;
  const id = textAt(fragment, 'id') ?? 'fragment';
  const scalar = (value: string | number, like: Node = fragment): Entry => ({
    keyAt: at,
    value: textNode(value, like),
  });
  const phase = mapOf(at, [
    ['id', scalar(id, child(fragment, 'id'))],
    ['title', scalar(textAt(fragment, 'title') ?? id)],
    ['steps', entryOf(fragment, 'steps') ?? { keyAt: at, value: { kind: 'list', items: [], at } }],
  ]);
  const written = entryOf(fragment, 'branches')?.value;
  const branches = (written?.kind === 'list' ? written.items : []).map((branch): Node => {
    if (branch.kind !== 'map') return branch;
    const offPath: Entry = {
      keyAt: branch.at,
      value: { kind: 'scalar', value: true, at: branch.at, placeAt: () => branch.at },
    };
    return { ...branch, entries: new Map([...branch.entries, ['off_path', offPath]]) };
  });
  const kept = ['inputs', 'probes'].flatMap((key) => {
    const entry = entryOf(fragment, key);
    return entry === null ? [] : [[key, entry] as const];
  });
  return mapOf(at, [
    ['walkback_fragment', scalar(1)],
    ['id', scalar(id)],
    ['title', scalar(textAt(fragment, 'title') ?? id)],
    ...kept,
    ['phases', { keyAt: at, value: { kind: 'list', items: [phase, ...branches], at } }],
  ]);
}

/** The phase with what the `use` skips and overrides. */
function adjusted(taken: Taken, use: MapNode, phase: MapNode, ids: readonly string[]): MapNode {
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
      const id = textAt(step, 'id') ?? '';
      if (skipped.has(id) || step.kind !== 'map') return [];
      let changed: MapNode = step;
      for (const { path, entry } of changes.get(id) ?? []) changed = setAt(changed, path, entry);
      const entries = new Map(changed.entries);
      for (const key of ['parallel', 'steps']) {
        const inner = entries.get(key);
        if (inner !== undefined) entries.set(key, { ...inner, value: visit(inner.value) });
      }
      return [{ ...changed, entries }];
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
function withOuter(step: Node, use: MapNode): Node {
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

/** What each input of the used file stands for. */
function bindInputs(taken: Taken, use: MapNode, inner: Parts, id: string, path: string, host: Parts): Bound {
  const given = entriesOf(use, 'with');
  const bindings = new Map<string, Binding>();
  const words = new Map<string, readonly Node[]>();
  for (const [name, entry] of given) {
    if (!inner.inputs.has(name)) {
      refuse(
        problem(
          'WB204',
          entry.keyAt,
          `\`${path}\` has no input \`${name}\`.${didYouMean(name, inner.inputs.keys())}`,
        ),
      );
    }
  }
  for (const [name, input] of inner.inputs) {
    const type = textAt(input.value, 'type') ?? 'string';
    const value = given.get(name)?.value ?? entryOf(input.value, 'value')?.value;
    if (value !== undefined && (type === 'argv') !== (value.kind === 'list'))
      refuse(
        problem(
          'WB204',
          value.at,
          `\`${name}\` is ${type === 'argv' ? 'a list of words' : `a ${type}`}, and this is not.`,
          type === 'argv' ? 'Write the program and its arguments: [tool, word].' : undefined,
        ),
      );
    if (value?.kind === 'list') words.set(name, value.items);
    else if (value?.kind === 'scalar') bindings.set(name, bindingOf(type, value, name));
    else if (['ask', 'env', 'from'].some((key) => entryOf(input.value, key) !== null)) {
      // A used runbook's own question: it is asked for the runbook that uses it, under a name of its own.
      const hoisted = `${id}_${name}`;
      const node = textNode(`\${{ inputs.${hoisted} }}`, input.value);
      bindings.set(name, { kind: 'expression', node, source: `inputs.${hoisted}` });
      (host.inputs as Map<string, Entry>).set(hoisted, input);
    } else
      refuse(
        problem(
          'WB204',
          keyAt(use, given.size > 0 ? 'with' : 'use'),
          `\`${path}\` needs \`${name}\`, and \`with\` does not give it.`,
        ),
      );
  }
  // What is asked from outside may itself read other inputs of that runbook.
  const own: Renaming = {
    prefix: id,
    steps: new Set(),
    probes: new Set(inner.probes.keys()),
    debts: new Set(),
    phases: new Map(),
    inputs: bindings,
    words,
  };
  for (const [name, input] of inner.inputs) {
    const hoisted = `${id}_${name}`;
    if (bindings.get(name)?.source === `inputs.${hoisted}`) {
      (host.inputs as Map<string, Entry>).set(hoisted, { ...input, value: renameDeep(input.value, own) });
    }
  }
  return { inputs: bindings, words };
}

function bindingOf(type: string, node: ScalarNode, name: string): Binding {
  const { value } = node;
  if (hasPlaces(value)) return { kind: 'expression', node, source: sourceOfTemplate(value) };
  const fits =
    type === 'number'
      ? typeof value === 'number'
      : type === 'boolean'
        ? typeof value === 'boolean'
        : typeof value === 'string' &&
          (type !== 'duration' || parseDuration(value) !== null) &&
          (type !== 'version' || parseVersion(value) !== null);
  if (!fits) {
    const fix = type === 'string' || type === 'version' ? 'Write it in quotes.' : undefined;
    refuse(problem('WB204', node.at, `\`${name}\` is not a ${type}: ${JSON.stringify(toPlain(node))}.`, fix));
  }
  return { kind: 'value', node, source: sourceOfValue(type, value) };
}
