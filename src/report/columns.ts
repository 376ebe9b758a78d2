import { graphemes, isNarrow } from './graphemes.ts';
import { visibleLine } from './inert.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way where the table is too wide, the last such column first. */
  readonly shrinks?: boolean;
}

/** Drawn over two cells: East Asian wide and full-width ranges, and pictures. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;

/** Cells a text takes on a terminal. */
export function cellWidth(text: string): number {
  if (isNarrow(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + (wide.test(grapheme) ? 2 : 1), 0);
}

/** Cuts a text to `width` cells; what was cut shows as `…`. */
export function fit(text: string, width: number): string {
  if (cellWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const next = wide.test(grapheme) ? 2 : 1;
    if (used + next > width - 1) break;
    kept += grapheme;
    used += next;
  }
  return width < 1 ? '' : `${kept}…`;
}

const gap = '  ';
const narrowest = 8;

/** A table of plain text, aligned by spaces, at most `width` cells wide; values are sanitised here. */
export function alignedTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
): string {
  const cells = rows.map((row) => columns.map(({ value }) => visibleLine(value(row))));
  const natural = columns.map(({ title }, index) =>
    Math.max(cellWidth(title), ...cells.map((row) => cellWidth(row[index] ?? ''))),
  );
  const widths = shrunk(natural, columns, width - gap.length * (columns.length - 1));
  const line = (values: readonly string[]) =>
    values
      .map((value, index) => padded(value, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join(gap)
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)].map((text) => `${text}\n`).join('');
}

function shrunk<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  room: number,
): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, one) => sum + one, 0) - room;
  for (const [index, { shrinks }] of [...columns.entries()].toReversed()) {
    if (shrinks !== true || excess <= 0) continue;
    const had = widths[index] ?? 0;
    const gives = Math.min(excess, Math.max(0, had - narrowest));
    widths[index] = had - gives;
    excess -= gives;
  }
  return widths;
}

function padded(value: string, width: number, align: 'left' | 'right'): string {
  const text = fit(value, width);
  const space = ' '.repeat(Math.max(0, width - cellWidth(text)));
  return align === 'right' ? space + text : text + space;
}
