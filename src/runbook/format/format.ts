import { type MapNode, type Plain, toPlain } from '../node.ts';
import { parseYaml } from '../parse-yaml.ts';
import { type Problem, problem } from '../problem.ts';
import { attach, commentsOf } from './comments.ts';
import { putInOrder } from './order.ts';
import { piecesOf } from './pieces.ts';
import { printBlock } from './print.ts';

export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Writes a runbook or a fragment the one way: two spaces, the blocks in the format's order, names first, flow
 * collections on one line or else as blocks, single quotes, at most one empty line. Values and comments never change;
 * a text of which that could not be said is refused.
 */
export function formatRunbook(bytes: Uint8Array, file: string): Formatted {
  const parsed = parseYaml(bytes, file);
  if (!parsed.ok) return { ok: false, problems: parsed.problems };
  const refuse = (message: string, fix?: string): Formatted => ({
    ok: false,
    problems: [problem('WB012', parsed.root.at, message, fix)],
  });
  if (!parsed.root.entries.has('walkback') && !parsed.root.entries.has('walkback_fragment'))
    return refuse('The file has neither `walkback: 1` nor `walkback_fragment: 1`: it is left alone.');

  const text = new TextDecoder().decode(bytes).replaceAll('\r\n', '\n');
  const written = piecesOf(text);
  if (written === null) return refuse('The file is not a mapping.');
  const header = attach(text, written);
  const [first] = written.root.entries;
  const gap = header.length > 0 && first?.lead[0] === '';
  putInOrder(written.root);
  const lines = [...header, ...(gap ? [''] : []), ...printBlock(written.root, 0)];
  const made = `${lines.join('\n')}\n`;
  return keeps(parsed.root, text, made, file)
    ? { ok: true, text: made }
    : refuse(
        'The file is written in a way that cannot be formatted without changing it.',
        'Write its values on lines of their own, without `?` keys, then try again.',
      );
}

/** The same values, and the same comments: looked at each time, for nobody reads a runbook again after it was formatted. */
function keeps(root: MapNode, text: string, made: string, file: string): boolean {
  const again = parseYaml(new TextEncoder().encode(made), file);
  return (
    again.ok && sameValue(toPlain(again.root), toPlain(root)) && sortedComments(made) === sortedComments(text)
  );
}

const sortedComments = (text: string): string =>
  commentsOf(text)
    .flatMap((comment) => comment.text.split(/ (?=#)/))
    .toSorted()
    .join('\n');

/** Mappings have no order; everything else does. */
function sameValue(a: Plain, b: Plain): boolean {
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameValue(item, b[index] ?? null))
    );
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key] ?? null, b[key] ?? null))
  );
}
