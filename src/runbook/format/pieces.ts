import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';

/** A runbook as it was written: its values with their spelling, and its comments at the entry that they belong to. */
export type Piece =
  | { readonly kind: 'scalar'; readonly style: ScalarStyle; readonly source: string; readonly end: number }
  | {
      readonly kind: 'map' | 'list';
      readonly flow: boolean;
      readonly entries: Entry[];
      /** Comments on lines of their own behind the last entry. */
      readonly after: string[];
      readonly end: number;
    };

export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';
export type Collection = Extract<Piece, { entries: Entry[] }>;

/** One key with its value, or one item of a list. */
export interface Entry {
  readonly key: { readonly source: string; readonly style: ScalarStyle; readonly name: string } | null;
  readonly start: number;
  readonly line: number;
  readonly column: number;
  readonly value: Piece;
  readonly parent: Entry | null;
  /** The collection it stands in. */
  readonly home: Collection;
  /** Comment lines above it; an empty text is an empty line. */
  readonly lead: string[];
  /** The comment on its own line. */
  tail: string | null;
}

export interface Written {
  readonly root: Collection;
  /** Every entry in the order of the file. */
  readonly entries: readonly Entry[];
  readonly positionOf: (offset: number) => { readonly line: number; readonly column: number };
}

/** The pieces of a text that is known to be one mapping of plain YAML; null where the root is none. */
export function piecesOf(text: string): Written | null {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    stringKeys: true,
    logLevel: 'silent',
  });
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const entries: Entry[] = [];

  const add = (
    home: Collection,
    parent: Entry | null,
    start: number,
    key: Entry['key'],
    valueOf: (own: Entry) => Piece,
  ): void => {
    const { line, column } = positionOf(start);
    const own = { key, start, line, column, parent, home, lead: [], tail: null } as unknown as Entry;
    entries.push(own);
    home.entries.push(Object.assign(own, { value: valueOf(own) }));
  };

  const pieceOf = (node: unknown, parent: Entry | null, fallback: number): Piece => {
    const [start, end] = rangeOf(node) ?? [fallback, fallback];
    if (isMap(node) || isSeq(node)) {
      const piece: Collection = {
        kind: isMap(node) ? 'map' : 'list',
        flow: node.flow === true || node.items.length === 0,
        entries: [],
        after: [],
        end,
      };
      for (const item of node.items as readonly unknown[]) {
        if (isPair(item)) {
          const at = rangeOf(item.key)?.[0] ?? end;
          const source = text.slice(at, rangeOf(item.key)?.[1] ?? at);
          const name = isScalar(item.key) ? String(item.key.value) : '';
          const from = rangeOf(item.key)?.[1] ?? at;
          const key = { source, style: styleOf(source), name };
          add(piece, parent, at, key, (own) => pieceOf(item.value, own, from));
        } else {
          const at = rangeOf(item)?.[0] ?? end;
          const start = piece.flow ? at : dashBefore(text, at);
          add(piece, parent, start, null, (own) => pieceOf(item, own, at));
        }
      }
      return piece;
    }
    const source = text.slice(start, end);
    return { kind: 'scalar', style: styleOf(source), source, end };
  };

  const root = pieceOf(document.contents, null, 0);
  return root.kind === 'scalar' ? null : { root, entries, positionOf };
}

function styleOf(source: string): ScalarStyle {
  const [first] = source;
  if (first === "'") return 'single';
  if (first === '"') return 'double';
  return first === '|' || first === '>' ? 'block' : 'plain';
}

/** The dash of a list item: the last one before its value that is not inside a comment. */
function dashBefore(text: string, value: number): number {
  let at = value;
  for (;;) {
    const line = text.lastIndexOf('\n', at - 1) + 1;
    const dash = /^(?:\s*(?:- +)*)?-(?=\s|$)/.exec(text.slice(line, value))?.[0];
    const before = text.slice(line, at).replace(/#.*$/s, '');
    const found = before.lastIndexOf('-');
    if (dash !== undefined && found >= 0) return line + found;
    if (line === 0) return value;
    at = line - 1;
  }
}

function rangeOf(item: unknown): readonly [number, number] | null {
  if (typeof item !== 'object' || item === null || !('range' in item) || !Array.isArray(item.range))
    return null;
  const [from, to] = item.range as readonly unknown[];
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : null;
}
