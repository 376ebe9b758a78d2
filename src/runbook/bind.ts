import { parseCel } from './cel.ts';
import { parseDuration } from './duration.ts';
import { type Entry, type MapNode, type Node, type ScalarNode, child, mapOf, textNode } from './node.ts';
import { survey } from './references.ts';
import { hasPlaces, splitTemplate } from './template.ts';

/** What a used file's names become in the runbook that uses it. */
export interface Renaming {
  /** The id of the `use` step: the prefix. */
  readonly prefix: string;
  readonly steps: ReadonlySet<string>;
  readonly probes: ReadonlySet<string>;
  readonly debts: ReadonlySet<string>;
  /** Phase of a used runbook → where a way to it leads now. */
  readonly phases: ReadonlyMap<string, string>;
  readonly inputs: Bound['inputs'];
  readonly words: Bound['words'];
}

export type Binding =
  /** Known before the run: a value of the input's type. */
  | { readonly kind: 'value'; readonly node: ScalarNode; readonly source: string }
  /** Known during the run: an expression of the runbook that uses the file. */
  | { readonly kind: 'expression'; readonly node: ScalarNode; readonly source: string };

/** What the inputs of a used file stand for. */
export interface Bound {
  readonly inputs: ReadonlyMap<string, Binding>;
  /** Inputs of the type `argv`: the words that stand in place of a list's item. */
  readonly words: ReadonlyMap<string, readonly Node[]>;
}

/** A value as the text of an expression. */
export function sourceOfValue(type: string, value: string | number | boolean | null): string {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value);
  const text = quoted(value ?? '');
  if (type === 'version') return `version(${text})`;
  if (type === 'duration') return `duration("${parseDuration(value ?? '') ?? 0}ms")`;
  return text;
}

const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** A text with places as one expression. */
export function sourceOfTemplate(text: string): string {
  const { pieces } = splitTemplate(text);
  const parts = pieces.map((piece) => ('text' in piece ? quoted(piece.text) : piece.source));
  const [only = '""', ...rest] = parts;
  if (rest.length === 0) return `(${only})`;
  return `(${pieces.map((piece, index) => ('text' in piece ? parts[index] : `string(${piece.source})`)).join(' + ')})`;
}

/** Gives the names of an expression their new ones, from the end so that places stay right. */
function renameExpression(source: string, renaming: Renaming): string {
  const parsed = parseCel(source);
  if (!parsed.ok) return source;
  let text = source;
  for (const { path, start, ends } of survey(parsed.run.ast).references.toSorted(
    (a, b) => b.start - a.start,
  )) {
    const [root, name] = path;
    const end = ends[1];
    if (name === undefined || end === undefined) continue;
    const next = renamed(root ?? '', name, renaming);
    if (next !== null) text = text.slice(0, start) + next + text.slice(end);
  }
  return text;
}

function renamed(root: string, name: string, renaming: Renaming): string | null {
  if (root === 'inputs') return renaming.inputs.get(name)?.source ?? null;
  if (root === 'steps' && renaming.steps.has(name)) return `steps.${renaming.prefix}_${name}`;
  if (root === 'probes' && renaming.probes.has(name)) return `probes.${renaming.prefix}_${name}`;
  return null;
}

/** A text of the used file: its places get the new names, values that are known are put in. */
function renameText(node: ScalarNode, renaming: Renaming): ScalarNode {
  const { value } = node;
  if (!hasPlaces(value)) return node;
  const { pieces, unclosed } = splitTemplate(value);
  if (unclosed !== null) return node;
  const [only, ...rest] = pieces;
  const whole =
    only !== undefined && rest.length === 0 && 'source' in only ? bindingOf(only.source, renaming) : null;
  if (whole !== null) return textNode(whole.node.value, node);
  const text = pieces
    .map((piece) => {
      if ('text' in piece) return piece.text;
      const binding = bindingOf(piece.source, renaming);
      if (binding !== null) return String(binding.node.value);
      return `\${{ ${renameExpression(piece.source, renaming)} }}`;
    })
    .join('');
  return textNode(text, node);
}

const inputOf = (source: string): string | null => /^inputs\.([a-z][a-z0-9_]*)$/.exec(source)?.[1] ?? null;

/** Set where a place is exactly one input. */
function bindingOf(source: string, renaming: Renaming): Binding | null {
  const name = inputOf(source);
  return name === null ? null : (renaming.inputs.get(name) ?? null);
}

/** The items of a list under their new names; one that is exactly a list of words becomes those words. */
const renameItems = (
  items: readonly Node[],
  { words }: Renaming,
  rename: (item: Node) => Node,
): readonly Node[] =>
  items.flatMap((item) => {
    const source =
      item.kind === 'scalar' ? /^\s*\$\{\{\s*(.*?)\s*\}\}\s*$/.exec(String(item.value))?.[1] : undefined;
    const given = source === undefined ? undefined : words.get(inputOf(source) ?? '');
    return given ?? [rename(item)];
  });

/** Keys whose text is an expression without `${{ }}`. */
const expressionKeys: ReadonlySet<string> = new Set(['when', 'recommend', 'cel', 'requires']);

/** Keys under which the name of a probe stands, or a probe itself. */
const probeKeys: ReadonlySet<string> = new Set(['probe', 'probe_after_crash', 'against', 'up']);

type Rename = (name: string) => string;

/** Gives everything in the steps of a used file its new names. */
export function renameSteps(steps: Node, renaming: Renaming): Node {
  const prefixed = (name: string): string => `${renaming.prefix}_${name}`;
  const asStep: Rename = (name) =>
    renaming.steps.has(name) ? prefixed(name) : (renaming.phases.get(name) ?? name);
  const asProbe: Rename = (name) => (renaming.probes.has(name) ? prefixed(name) : name);
  const asDebt: Rename = (name) => (renaming.debts.has(name) ? prefixed(name) : name);

  const each = (node: Node, rename: Rename): Node => {
    if (node.kind === 'scalar')
      return typeof node.value === 'string' && !hasPlaces(node.value)
        ? textNode(rename(node.value), node)
        : texts(node);
    return node.kind === 'list'
      ? { ...node, items: node.items.map((item) => each(item, rename)) }
      : texts(node);
  };
  const values = (node: Node, rename: Rename): Node =>
    node.kind === 'map'
      ? mapOf(
          node.at,
          [...node.entries].map(([key, entry]) => [key, { ...entry, value: each(entry.value, rename) }]),
        )
      : each(node, rename);
  /** Texts below here, with names where a key says that one stands there. */
  const texts = (node: Node): Node => {
    if (node.kind === 'scalar') return renameText(node, renaming);
    if (node.kind === 'list') return { ...node, items: renameItems(node.items, renaming, texts) };
    return mapOf(
      node.at,
      [...node.entries].map(([key, entry]) => [key, { ...entry, value: field(key, entry.value) }]),
    );
  };
  const field = (key: string, value: Node): Node => {
    if (expressionKeys.has(key)) {
      return value.kind === 'scalar' && typeof value.value === 'string'
        ? textNode(
            hasPlaces(value.value)
              ? (renameText(value, renaming).value ?? '')
              : renameExpression(value.value, renaming),
            value,
          )
        : value;
    }
    if (probeKeys.has(key)) return each(value, asProbe);
    if (key === 'obligation') return each(value, asDebt);
    if (key === 'goto') return each(value, asStep);
    return texts(value);
  };
  const step = (node: Node): Node => {
    if (node.kind !== 'map') return node;
    return mapOf(
      node.at,
      [...node.entries].map(([key, entry]): readonly [string, Entry] => {
        const { value } = entry;
        switch (key) {
          case 'id':
            return [key, { ...entry, value: each(value, prefixed) }];
          case 'on':
            return [key, { ...entry, value: values(value, asStep) }];
          case 'release':
            return [key, { ...entry, value: each(value, asDebt) }];
          case 'show':
            return [key, { ...entry, value: each(value, asProbe) }];
          case 'capture':
            return [key, { ...entry, value: values(value, asProbe) }];
          case 'opens':
            return [key, { ...entry, value: opens(value) }];
          case 'parallel':
          case 'steps':
            return [key, { ...entry, value: renameSteps(value, renaming) }];
          default:
            return [key, { ...entry, value: field(key, value) }];
        }
      }),
    );
  };
  const opens = (node: Node): Node => {
    const texted = texts(node);
    if (texted.kind !== 'map') return texted;
    const entries = new Map(texted.entries);
    const id = entries.get('id');
    if (id !== undefined) entries.set('id', { ...id, value: each(child(node, 'id'), prefixed) });
    return { ...texted, entries };
  };
  return steps.kind === 'list' ? { ...steps, items: steps.items.map(step) } : steps;
}

/** The probes of a used file under their new names. */
export function renameProbes(probes: Node | null, renaming: Renaming): readonly (readonly [string, Entry])[] {
  if (probes?.kind !== 'map') return [];
  return [...probes.entries].map(([name, entry]) => [
    `${renaming.prefix}_${name}`,
    { ...entry, value: renameDeep(entry.value, renaming) },
  ]);
}

export function renameDeep(node: Node, renaming: Renaming): Node {
  if (node.kind === 'scalar') return renameText(node, renaming);
  if (node.kind === 'list')
    return { ...node, items: renameItems(node.items, renaming, (item) => renameDeep(item, renaming)) };
  const entries = [...node.entries].map(([key, entry]): readonly [string, Entry] => [
    key,
    { ...entry, value: renameDeep(entry.value, renaming) },
  ]);
  return mapOf(node.at, entries);
}

/** Replaces or adds a value in a map, by a path of keys. */
export function setAt(node: MapNode, path: readonly string[], { keyAt, value }: Entry): MapNode {
  const [key, ...rest] = path;
  if (key === undefined) return node;
  const entries = new Map(node.entries);
  const before = entries.get(key)?.value;
  if (rest.length === 0) entries.set(key, { keyAt, value });
  else {
    const inner = before?.kind === 'map' ? before : mapOf(value.at, []);
    entries.set(key, { keyAt, value: setAt(inner, rest, { keyAt, value }) });
  }
  return { ...node, entries };
}
