import { CST, Lexer } from 'yaml';
import type { Entry, Written } from './pieces.ts';

interface Comment {
  readonly offset: number;
  readonly text: string;
  /** Nothing but space before it on its line. */
  readonly alone: boolean;
}

/** Every comment of a text, in order. */
export function commentsOf(text: string): readonly Comment[] {
  const found: Comment[] = [];
  let offset = 0;
  for (const source of new Lexer().lex(text)) {
    if (source === CST.DOCUMENT || source === CST.FLOW_END || source === CST.SCALAR) continue;
    if (CST.tokenType(source) === 'comment') {
      const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
      found.push({ offset, text: source.trimEnd(), alone: /^\s*(?:---\s*)?$/.test(line) });
    }
    offset += source.length;
  }
  return found;
}

/**
 * Gives each comment, and each empty line, to the entry it stands at: on the line of an entry, above the next one, or
 * behind the last one of a block, by how far it is indented.
 * @returns the comments above the whole document
 */
export function attach(text: string, written: Written): readonly string[] {
  const { entries, root, positionOf } = written;
  const header: string[] = [];
  let lastLine = 0;
  let empty = false;
  const lines = text.split('\n');
  const emptyBetween = (from: number, to: number): boolean =>
    lines.slice(from, Math.max(from, to - 1)).some((line) => line.trim() === '');

  let next = 0;
  const leading = new Map<Entry, boolean>();
  for (const comment of commentsOf(text)) {
    const { line, column } = positionOf(comment.offset);
    while ((entries[next]?.start ?? Infinity) < comment.offset) next += 1;
    const before = entries[next - 1];
    const following = entries[next];
    if (!comment.alone && before !== undefined) {
      const owner = ownerOf(before, comment.offset);
      owner.tail = owner.tail === null ? comment.text : `${owner.tail} ${comment.text}`;
      continue;
    }
    const from = Math.max(lastLine, lineEndOf(before, written));
    empty = emptyBetween(from, line);
    lastLine = line;
    if (before === undefined) {
      if (empty && header.length > 0) header.push('');
      header.push(comment.text);
      continue;
    }
    const inFlow = insideFlow(before, comment.offset);
    if (inFlow !== null) {
      const inside = following !== undefined && following.home === inFlow;
      (inside ? following.lead : inFlow.after).push(comment.text);
    } else if (following !== undefined && column <= following.column) {
      if (empty) following.lead.push('');
      following.lead.push(comment.text);
      leading.set(following, true);
    } else {
      const { after } = following === undefined && column === 1 ? root : homeAt(before, following, column);
      if (empty) after.push('');
      after.push(comment.text);
    }
  }
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    if (before === undefined ? header.length === 0 : entry.line === before.line) continue;
    const from = Math.max(
      before === undefined ? 0 : lineEndOf(before, written),
      lastCommentLine(lines, entry.line),
    );
    if (emptyBetween(from, entry.line)) entry.lead.push('');
  }
  return header;
}

/** The line of the comment right above, past empty lines; 0 where something else stands there. */
function lastCommentLine(lines: readonly string[], line: number): number {
  let above = line - 1;
  while (above > 0 && (lines[above - 1] ?? '').trim() === '') above -= 1;
  return /^\s*(?:#|---)/.test(lines[above - 1] ?? '') ? above : 0;
}

/** The line on which an entry ends, as far as it is written on its own: not with the block inside it. */
function lineEndOf(entry: Entry | undefined, { positionOf }: Written): number {
  if (entry === undefined) return 0;
  const { value } = entry;
  const whole = value.kind === 'scalar' || value.flow;
  return whole ? positionOf(Math.max(entry.start, value.end - 1)).line : entry.line;
}

/** A comment behind a flow collection belongs to the entry whose value that is. */
function ownerOf(entry: Entry, offset: number): Entry {
  let owner = entry;
  while (owner.home.flow && owner.home.end <= offset && owner.parent !== null) owner = owner.parent;
  return owner;
}

/** The innermost flow collection that a comment stands in. */
function insideFlow(entry: Entry, offset: number): Entry['home'] | null {
  const { value } = entry;
  if (value.kind !== 'scalar' && value.flow && value.end > offset) return value;
  for (let here: Entry | null = entry; here !== null; here = here.parent)
    if (here.home.flow && here.home.end > offset) return here.home;
  return null;
}

/** The block whose entries are not indented deeper than a comment that closes it. */
function homeAt(entry: Entry, following: Entry | undefined, column: number): Entry['home'] {
  let here = entry;
  while (here.parent !== null && (here.home.flow || here.column > column || here.home === following?.home))
    here = here.parent;
  return here.home;
}
