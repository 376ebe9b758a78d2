import type { Collection, Entry, Piece } from './pieces.ts';
import { scalarLines, scalarText } from './scalars.ts';

/** As wide as a line may be for a collection to stay on it; comments are not counted. */
const lineWidth = 110;

/** The lines of a block at an indentation. */
export function printBlock(block: Collection, indent: number): readonly string[] {
  const pad = ' '.repeat(indent);
  const lines = block.entries.flatMap((entry, index) => {
    const lead = index === 0 ? entry.lead.filter((line) => line !== '') : entry.lead;
    return [...once(lead).map((line) => (line === '' ? '' : `${pad}${line}`)), ...printEntry(entry, indent)];
  });
  return [...lines, ...once(block.after).map((line) => (line === '' ? '' : `${pad}${line}`))];
}

/** Several empty lines in a row are one. */
const once = (lines: readonly string[]): readonly string[] =>
  lines.filter((line, index) => line !== '' || lines[index - 1] !== '');

function printEntry(entry: Entry, indent: number): readonly string[] {
  const pad = ' '.repeat(indent);
  const { value } = entry;
  const head = entry.key === null ? '-' : `${scalarText(entry.key)}:`;
  const tail = entry.tail === null ? '' : ` ${entry.tail}`;
  if (value.kind === 'scalar') {
    const [first = '', ...rest] = scalarLines(value, indent + 2);
    const begun = `${pad}${head}${first === '' ? '' : ` ${first}`}`;
    // a comment behind a folded text ends it; one behind `|` or `>` stands before it
    const last = value.style === 'block' ? undefined : rest.pop();
    return last === undefined ? [`${begun}${tail}`, ...rest] : [begun, ...rest, `${last}${tail}`];
  }
  const inline = value.flow ? inlineText(value) : null;
  if (inline !== null && indent + head.length + 1 + inline.length <= lineWidth)
    return [`${pad}${head} ${inline}${tail}`];
  const inner = printBlock(value, indent + 2);
  const [first] = value.entries;
  const joins = entry.key === null && entry.tail === null && first !== undefined && !hasComments(first);
  // the first entry of an item stands beside its dash
  if (joins) return [`${pad}- ${(inner[0] ?? '').trimStart()}`, ...inner.slice(1)];
  return [`${pad}${head}${tail}`, ...inner];
}

const hasComments = ({ lead }: Entry): boolean => lead.some((line) => line !== '');

/** A collection on one line; null where something in it needs lines of its own. */
function inlineText(piece: Piece): string | null {
  if (piece.kind === 'scalar')
    return piece.source.includes('\n') || piece.style === 'block' ? null : scalarText(piece);
  if (piece.after.length > 0) return null;
  const parts = piece.entries.map((entry) => {
    if (entry.tail !== null || hasComments(entry)) return null;
    const value = inlineText(entry.value);
    if (value === null) return null;
    return entry.key === null ? value : `${scalarText(entry.key)}:${value === '' ? '' : ` ${value}`}`;
  });
  if (parts.includes(null)) return null;
  if (piece.kind === 'list') return `[${parts.join(', ')}]`;
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
