import { Composer, LineCounter, Parser, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { CST } from 'yaml';
import { checkedTokens, decode, limits } from './limits.ts';
import type { Position } from './model/values.ts';
import type { Entry, MapNode, Node } from './node.ts';
import { type Problem, problem } from './problem.ts';

export type Parsed =
  | { readonly ok: true; readonly root: MapNode; readonly nodes: number }
  | { readonly ok: false; readonly problems: readonly Problem[] };

class Refusal extends Error {
  readonly found: Problem;
  constructor(found: Problem) {
    super(found.message);
    this.found = found;
  }
}

/** Bytes to nodes with positions; everything that the limits or YAML itself refuse is answered as a problem. */
export function parseYaml(bytes: Uint8Array, file: string): Parsed {
  const decoded = decode(bytes, file);
  if (!decoded.ok) return { ok: false, problems: [decoded.problem] };
  const { text } = decoded;
  const tokens = checkedTokens(text, file);
  if ('code' in tokens) return { ok: false, problems: [tokens] };

  const lineCounter = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const composer = new Composer({
    uniqueKeys: false, // quadratic there; done below with a set
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(parsed(tokens, lineCounter))];
  const start: Position = { file, line: 1, column: 1 };
  if (documents.length === 0) {
    return { ok: false, problems: [problem('WB012', start, 'The file is empty.')] };
  }
  const [document, second] = documents;
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) {
    const at = error.pos[0];
    const bare = barePlace(text, at);
    const found =
      bare === null
        ? problem('WB011', positionOf(at), plainMessage(error.message))
        : problem(
            'WB011',
            positionOf(bare),
            'A text with `${{ … }}` in it needs quotes here: to YAML the braces are its own.',
          );
    return { ok: false, problems: [found] };
  }
  if (second !== undefined) {
    return {
      ok: false,
      problems: [problem('WB009', positionOf(second.range[0]), 'A second document starts here.')],
    };
  }

  let nodes = 0;
  const convert = (item: unknown, depth: number, fallback: Position): Node => {
    nodes += 1;
    const range = rangeOf(item);
    const at = range === null ? fallback : positionOf(range[0]);
    if (depth > limits.depth)
      throw new Refusal(problem('WB004', at, `This is nested deeper than ${limits.depth} levels.`));
    if (nodes > limits.nodes)
      throw new Refusal(problem('WB005', at, `The file has more than ${limits.nodes} values.`));
    if (isMap(item)) return convertMap(item.items, depth, at);
    if (isSeq(item)) return { kind: 'list', items: item.items.map((one) => convert(one, depth + 1, at)), at };
    const value = isScalar(item) ? item.value : null;
    if (
      typeof value === 'number' &&
      (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    ) {
      throw new Refusal(
        problem('WB102', at, 'This number cannot be kept exactly.', 'Write it in quotes, as text.'),
      );
    }
    const plain =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', value: plain, at, placeAt: (n) => placeIn(text, range, n, positionOf) ?? at };
  };
  const convertMap = (pairs: readonly unknown[], depth: number, at: Position): MapNode => {
    const entries = new Map<string, Entry>();
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const keyRange = rangeOf(pair.key);
      const keyAt = keyRange === null ? at : positionOf(keyRange[0]);
      const key = isScalar(pair.key) ? pair.key.value : null;
      if (typeof key !== 'string' || key === '') {
        throw new Refusal(problem('WB013', keyAt, 'A key here is not plain text.'));
      }
      if (key === '<<')
        throw new Refusal(problem('WB008', keyAt, 'Merge keys (`<<`) are not part of the format.'));
      if (key === '__proto__') throw new Refusal(problem('WB106', keyAt, '`__proto__` cannot be a key.'));
      if (entries.has(key))
        throw new Refusal(problem('WB010', keyAt, `\`${key}\` is written twice in this mapping.`));
      entries.set(key, { keyAt, value: convert(pair.value, depth + 1, keyAt) });
    }
    return { kind: 'map', entries, at };
  };

  try {
    const root = convert(document?.contents, 1, start);
    if (root.kind !== 'map')
      return { ok: false, problems: [problem('WB012', root.at, 'The file is not a mapping.')] };
    return { ok: true, root, nodes };
  } catch (refusal) {
    if (refusal instanceof Refusal) return { ok: false, problems: [refusal.found] };
    throw refusal;
  }
}

/** What `Parser.parse` answers for a text, from the tokens that were read of it already. */
function* parsed(tokens: readonly string[], { addNewLine }: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(addNewLine);
  addNewLine(0);
  for (const token of tokens) yield* parser.next(token);
  yield* parser.end();
}

function rangeOf(item: unknown): readonly [number, number] | null {
  if (typeof item !== 'object' || item === null || !('range' in item) || !Array.isArray(item.range))
    return null;
  const [from, to] = item.range as readonly unknown[];
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : null;
}

function placeIn(
  text: string,
  range: readonly [number, number] | null,
  n: number,
  positionOf: (offset: number) => Position,
): Position | null {
  if (range === null) return null;
  let at = range[0] - 1;
  for (let found = 0; found <= n; found += 1) {
    at = text.indexOf('${{', at + 1);
    if (at < 0 || at >= range[1]) return null;
  }
  return positionOf(at);
}

/** Where `${{` stands before this place on its line, nothing quoted around it; null where it does not. */
function barePlace(text: string, at: number): number | null {
  const line = text.lastIndexOf('\n', Math.max(0, at - 1)) + 1;
  const place = text.lastIndexOf('${{', at);
  if (place < line) return null;
  const quotes = text.slice(line, place).replaceAll(/[^'"]/g, '');
  return quotes.length % 2 === 0 ? place : null;
}

const plainMessage = (message: string): string =>
  `${message.replace(/\s+at line \d+.*$/s, '').replace(/\.?$/, '')}.`;
