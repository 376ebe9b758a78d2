import { fitRow, row, span, type Row } from '../text/row.ts';

/** The rows that fit, with a last or first row that says how much is out of sight and, by `hint`, how to see it. `top` is answered clamped. */
export function scrollView(
  rows: readonly Row[],
  height: number,
  columns: number,
  wantedTop: number,
  signs: { readonly up: string; readonly down: string },
  hint = '',
): { readonly rows: readonly Row[]; readonly top: number } {
  if (height <= 0) return { rows: [], top: 0 };
  if (rows.length <= height) return { rows, top: 0 };
  const last = rows.length - height;
  const top = Math.max(0, Math.min(wantedTop, last));
  const shown = rows.slice(top, top + height).map((line) => fitRow(line, columns));
  const above = top + 1;
  const below = last - top + 1;
  if (top > 0) shown[0] = fitRow(row(span(`${signs.up} ${above} more above`, 'dim')), columns);
  if (top < last)
    shown[height - 1] = fitRow(
      row(span(`${signs.down} ${below} more below${hint === '' ? '' : `  ${hint}`}`, 'dim')),
      columns,
    );
  return { rows: shown, top };
}

/** Where to start so that the row `at` is in sight, near the middle. */
export const centredTop = (at: number, length: number, height: number): number =>
  Math.max(0, Math.min(length - height, at - Math.floor(height / 2)));

/** As `scrollView`, around a chosen row, of a list so long that only the rows in sight are drawn. */
export function longView(
  length: number,
  selected: number,
  height: number,
  columns: number,
  draw: (at: number) => Row,
  signs: { readonly up: string; readonly down: string },
): readonly Row[] {
  const top = centredTop(selected, length, height);
  const last = Math.max(0, length - height);
  return Array.from({ length: Math.max(0, Math.min(height, length - top)) }, (_, index) => {
    if (index === 0 && top > 0) return fitRow(row(span(`${signs.up} ${top + 1} more above`, 'dim')), columns);
    if (index === height - 1 && top < last)
      return fitRow(row(span(`${signs.down} ${last - top + 1} more below`, 'dim')), columns);
    return fitRow(draw(top + index), columns);
  });
}
