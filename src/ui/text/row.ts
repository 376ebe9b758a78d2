import type { Role } from '../theme.ts';
import { takeColumns, textWidth } from './width.ts';

/** A piece of one screen row: `role` is a meaning that the theme colours, `sgr` a colour that the output itself chose. */
export interface Span {
  readonly text: string;
  readonly role?: Role;
  readonly sgr?: string;
}

/** One row of the screen, always a single line. */
export type Row = readonly Span[];

export const span = (text: string, role?: Role): Span => (role === undefined ? { text } : { text, role });
export const row = (...parts: readonly (Span | string)[]): Row =>
  parts.map((part) => (typeof part === 'string' ? { text: part } : part));
export const emptyRow: Row = [];

export const rowWidth = (spans: Row): number => spans.reduce((sum, { text }) => sum + textWidth(text), 0);
export const rowText = (spans: Row): string => spans.map(({ text }) => text).join('');

/** The beginning of a row that fits into `columns`. */
function takeRow(spans: Row, columns: number): Row {
  const taken: Span[] = [];
  let left = columns;
  for (const piece of spans) {
    if (left <= 0) break;
    const width = textWidth(piece.text);
    taken.push(width <= left ? piece : { ...piece, text: takeColumns(piece.text, left) });
    left -= Math.min(width, left);
  }
  return taken;
}

/** Exactly `columns` wide: filled with blanks, or cut with `more` to say so. */
export function fitRow(spans: Row, columns: number, more = '…'): Row {
  if (columns <= 0) return emptyRow;
  const width = rowWidth(spans);
  if (width <= columns) return width === columns ? spans : [...spans, { text: ' '.repeat(columns - width) }];
  const kept = takeRow(spans, columns - textWidth(more));
  const last = kept.at(-1);
  const tail = last === undefined ? { text: more } : { ...last, text: more };
  const gap = columns - rowWidth(kept) - textWidth(more);
  return [...kept, tail, ...(gap > 0 ? [{ text: ' '.repeat(gap) }] : [])];
}

/** `left` at the start and `right` at the end of a row; `right` goes first when there is no room for both. */
export function spreadRow(left: Row, right: Row, columns: number): Row {
  const room = columns - rowWidth(right) - 2;
  if (rowWidth(right) === 0 || room < 8) return fitRow(left, columns);
  return fitRow([...fitRow(left, room), { text: '  ' }, ...right], columns);
}

/** A row in one look: its own roles give way (a selected row). */
export const recolor = (spans: Row, role: Role): Row => [{ text: rowText(spans), role }];
