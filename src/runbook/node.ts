import type { Position } from './model/values.ts';

/** A YAML value that still knows where every part of it was written. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly at: Position;
  /** Where the n-th `${{` of this scalar stands (from 0). */
  readonly placeAt: (n: number) => Position;
}

interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly at: Position;
}

export interface Entry {
  readonly keyAt: Position;
  readonly value: Node;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Position;
}

export type Plain = null | string | number | boolean | Plain[] | { [key: string]: Plain };

export function toPlain(node: Node): Plain {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain: { [key: string]: Plain } = {};
  for (const [key, { value }] of node.entries) plain[key] = toPlain(value);
  return plain;
}

/** The node under a key or index, or the node itself where there is none: positions never fail. */
export function child(node: Node, key: string | number): Node {
  if (node.kind === 'map') return node.entries.get(String(key))?.value ?? node;
  if (node.kind === 'list' && typeof key === 'number') return node.items[key] ?? node;
  return node;
}

export function entryOf(node: Node, key: string): Entry | null {
  return node.kind === 'map' ? (node.entries.get(key) ?? null) : null;
}

/** The text under a key; null where there is none. */
export function textOf(node: Node, key: string): string | null {
  const value = entryOf(node, key)?.value;
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}

/** What stands in the map under a key; nothing where there is none. */
export function entriesOf(node: Node, key: string): ReadonlyMap<string, Entry> {
  const map = entryOf(node, key)?.value;
  return map?.kind === 'map' ? map.entries : new Map<string, Entry>();
}

/** Where a key was written, or the map itself where it is not there. */
export function keyAt(node: Node, key: string): Position {
  return entryOf(node, key)?.keyAt ?? node.at;
}

/** The nearest written position on a path. */
export function positionAt(node: Node, path: readonly PropertyKey[]): Position {
  let here = node;
  for (const key of path) {
    const next = typeof key === 'symbol' ? here : child(here, key);
    if (next === here) break;
    here = next;
  }
  return here.at;
}

export function mapOf(at: Position, entries: Iterable<readonly [string, Entry]>): MapNode {
  return { kind: 'map', entries: new Map(entries), at };
}

export function textNode(value: ScalarNode['value'], like: Node): ScalarNode {
  const placeAt = like.kind === 'scalar' ? like.placeAt : () => like.at;
  return { kind: 'scalar', value, at: like.at, placeAt };
}
