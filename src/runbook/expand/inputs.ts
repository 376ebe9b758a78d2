import {
  type Binding,
  type Bound,
  type Renaming,
  renameDeep,
  sourceOfTemplate,
  sourceOfValue,
} from '../bind.ts';
import { parseDuration } from '../duration.ts';
import { didYouMean } from '../nearest.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  type ScalarNode,
  entriesOf,
  entryOf,
  keyAt,
  textNode,
  textOf,
  toPlain,
} from '../node.ts';
import { problem } from '../problem.ts';
import { hasPlaces } from '../template.ts';
import { parseVersion } from '../version.ts';
import { refuse } from './refuse.ts';

interface Used {
  /** The step that uses the file, and its id. */
  readonly use: MapNode;
  readonly id: string;
  readonly path: string;
  readonly probes: ReadonlyMap<string, Entry>;
  readonly inputs: ReadonlyMap<string, Entry>;
}

/** What each input of the used file stands for. What it asks for itself is asked by the host, under a name of its own. */
export function bindInputs({ use, id, path, probes, inputs }: Used, hostInputs: Map<string, Entry>): Bound {
  const given = entriesOf(use, 'with');
  const bindings = new Map<string, Binding>();
  const words = new Map<string, readonly Node[]>();
  for (const [name, entry] of given) {
    if (!inputs.has(name)) {
      refuse(
        problem(
          'WB204',
          entry.keyAt,
          `\`${path}\` has no input \`${name}\`.${didYouMean(name, inputs.keys())}`,
        ),
      );
    }
  }
  for (const [name, input] of inputs) {
    const type = textOf(input.value, 'type') ?? 'string';
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
      const hoisted = `${id}_${name}`;
      const node = textNode(`\${{ inputs.${hoisted} }}`, input.value);
      bindings.set(name, { kind: 'expression', node, source: `inputs.${hoisted}` });
      hostInputs.set(hoisted, input);
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
    probes: new Set(probes.keys()),
    debts: new Set(),
    phases: new Map(),
    inputs: bindings,
    words,
  };
  for (const [name, input] of inputs) {
    const hoisted = `${id}_${name}`;
    if (bindings.get(name)?.source === `inputs.${hoisted}`) {
      hostInputs.set(hoisted, { ...input, value: renameDeep(input.value, own) });
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
