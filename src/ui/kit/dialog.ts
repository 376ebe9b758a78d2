import { fitRow, row, span, type Row } from '../text/row.ts';
import type { Role } from '../theme.ts';

/** A line through `columns` with a title at its start and a word at its end: `── title ─────────── word ──`. */
export function titledRule(
  title: string,
  right: string,
  columns: number,
  rule: string,
  role: Role = 'border',
  titleRole: Role = 'title',
): Row {
  const start = title === '' ? '' : `${rule.repeat(2)} `;
  const end = right === '' ? '' : ` ${right} ${rule.repeat(2)}`;
  const gap = columns - start.length - title.length - end.length - (title === '' ? 0 : 1);
  if (gap < 1) return fitRow(row(span(start, role), span(title, titleRole)), columns);
  return fitRow(
    row(
      span(start, role),
      span(title, titleRole),
      span(title === '' ? '' : ' '),
      span(rule.repeat(gap), role),
      span(end, role),
    ),
    columns,
  );
}
