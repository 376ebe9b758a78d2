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

/** Figures stand below each other; what is longer is told in words, so that a narrow screen keeps its columns. */
const widestFigure = 10;
const mostName = 24;

function tableRows(table: readonly DataRow[], look: Look, columns: number): readonly Row[] {
  const most = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => textWidth(text)));
  const short = (text: string): string =>
    textWidth(text) > mostName ? `${text.slice(0, mostName - 1)}…` : text;
  const figures = table.filter(isFigures);
  const head = { before: 'before', now: 'now', change: '' };
  const width = {
    name: most(table.map(({ name }) => short(plain(name)))),
    before: most([head, ...figures].map(({ before }) => before)),
    now: most([head, ...figures].map(({ now }) => now)),
    change: most(figures.map(({ change }) => change)),
  };
  const cells = ({ before, now, change }: typeof head): string =>
    `  ${plain(before).padStart(width.before)}  ${plain(now).padStart(width.now)}  ${plain(change).padStart(width.change)}`;
  return [
    ...(figures.length === 0
      ? []
      : [row(span(`  ${' '.repeat(width.name)}${cells(head)}`.trimEnd(), 'dim'))]),
    ...table.flatMap((one) => {
      const { name, verdict, note } = one;
      const glyph = { good: look.glyphs.pass, bad: look.glyphs.fail, unknown: '?' }[verdict];
      const said = isFigures(one) ? cells(one) : `  ${inWords(one)}`;
      const text = `${short(plain(name)).padEnd(width.name)}${said}`;
      return wrapRow(
        row(
          span(`${glyph} `, roleOf[verdict]),
          verdict === 'good' ? span(text) : span(text, roleOf[verdict]),
          span(note === '' ? '' : `  ${plain(note)}`, 'dim'),
        ),
        columns,
        4,
      );
    }),
  ];
}

const isFigures = ({ before, now }: DataRow): boolean =>
  textWidth(plain(before)) <= widestFigure && textWidth(plain(now)) <= widestFigure;

const inWords = ({ before, now }: DataRow): string =>
  before === now ? `${plain(now)}, as before` : `${plain(before)} before, ${plain(now)} now`;
