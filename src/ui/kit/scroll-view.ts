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
