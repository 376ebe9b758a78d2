import { fitRow, rowWidth, type Row, type Span } from '../text/row.ts';

/**
 * Lines up cells in columns, each as wide as its widest cell up to its limit; the last column takes what is left.
 * Two blanks stand between columns.
 */
export function tableRows(
  cells: readonly (readonly Row[])[],
  limits: readonly number[],
  columns: number,
): readonly Row[] {
  const widths = limits.map((limit, at) =>
    Math.min(limit, Math.max(0, ...cells.map((line) => rowWidth(line[at] ?? [])))),
  );
  return cells.map((line) => {
    const spans: Span[] = [];
    let used = 0;
    for (const [at, cell] of line.entries()) {
      const isLast = at === line.length - 1;
      const width = isLast ? Math.max(0, columns - used) : (widths[at] ?? 0);
      spans.push(...fitRow(cell, width));
      used += width;
      if (!isLast) {
        spans.push({ text: '  ' });
        used += 2;
      }
    }
    return fitRow(spans, columns);
  });
}
