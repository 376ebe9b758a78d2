import type { DataView } from '../../machine/view.ts';
import { budgetText, dataTable, type DataRow } from '../../report/data-table.ts';
import type { Look } from '../look.ts';
import { plain, plainLines } from '../text/plain.ts';
import { row, span, type Row } from '../text/row.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import { textWidth } from '../text/width.ts';

const roleOf = { good: 'good', bad: 'bad', unknown: 'unknown' } as const;

/** Before, now and the difference of everything that is measured in the data; what blocks comes first. */
export function dataRows(data: DataView, look: Look, columns: number): readonly Row[] {
  const table = dataTable(data);
  const budget = budgetText(data);
  return [
    ...data.blocks.flatMap(({ detail, role }) =>
      wrapRow(
        row(
          span(`${look.glyphs.fail} `, 'bad'),
          span(plain(detail), 'bad'),
          span(role === null ? '' : `  ${plain(role)} has to agree`, 'unknown'),
        ),
        columns,
        2,
      ),
    ),
    ...(data.measuring === null
      ? []
      : [row(span(`measuring after ${plain(data.measuring)}: nothing is changed meanwhile`, 'unknown'))]),
    ...tableRows(table, look, columns),
    ...(budget === null ? [] : wrapRow(row(span(plain(budget), 'dim')), columns, 2)),
    ...data.accepted.flatMap(({ by, principal, reason, override }) =>
      wrapRow(
        row(
          span(`agreed by ${plain(principal ?? by)}${override ? ' BY OVERRIDE' : ''}: `, 'unknown'),
          plain(reason),
        ),
        columns,
        2,
      ),
    ),
    ...(data.request === null
      ? []
      : [
          row(span('the request to sign, word for word:', 'dim')),
          ...plainLines(data.request.trimEnd()).flatMap((line) =>
            hardWrapRow([span(line)], columns - 2).map((part): Row => [span('  '), ...part]),
          ),
        ]),
  ];
}

function tableRows(table: readonly DataRow[], look: Look, columns: number): readonly Row[] {
  const most = (cells: readonly string[]): number => Math.max(0, ...cells.map((cell) => textWidth(cell)));
  const short = (text: string): string => (text.length > 24 ? `${text.slice(0, 23)}…` : text);
  const cells = table.map(({ name, before, now, change }) => ({
    name: short(plain(name)),
    before: short(plain(before)),
    now: short(plain(now)),
    change: plain(change),
  }));
  const head = { name: '', before: 'before', now: 'now', change: '' };
  const width = {
    name: most([head, ...cells].map(({ name }) => name)),
    before: most([head, ...cells].map(({ before }) => before)),
    now: most([head, ...cells].map(({ now }) => now)),
    change: most(cells.map(({ change }) => change)),
  };
  const line = (one: typeof head): string =>
    `${one.name.padEnd(width.name)}  ${one.before.padStart(width.before)}  ${one.now.padStart(width.now)}  ${one.change.padStart(width.change)}`;
  return [
    row(span(`  ${line(head)}`, 'dim')),
    ...table.flatMap(({ verdict, note }, index) => {
      const cell = cells[index];
      if (cell === undefined) return [];
      const glyph = { good: look.glyphs.pass, bad: look.glyphs.fail, unknown: '?' }[verdict];
      return wrapRow(
        row(
          span(`${glyph} `, roleOf[verdict]),
          verdict === 'good' ? span(line(cell)) : span(line(cell), roleOf[verdict]),
          span(note === '' ? '' : `  ${plain(note)}`, 'dim'),
        ),
        columns,
        4,
      );
    }),
  ];
}
