import type { FigureRow } from '../statistics-rows.ts';
import { csvLine, inertCell } from './csv-cells.ts';

const heads = ['mode', 'by', 'name', 'figure', 'detail', 'unit', 'n', 'value', 'low', 'high'];

/** One figure a row; an empty cell is a figure that is not known, or a side of its interval that is open. */
export const statisticsCsv = (rows: readonly FigureRow[]): string =>
  [
    heads,
    ...rows.map(({ mode, by, name, figure, detail, unit, n, value, low, high }) => [
      mode,
      by,
      inertCell(name),
      figure,
      inertCell(detail),
      unit,
      String(n),
      ...[value, low, high].map((number) => (number === null ? '' : String(number))),
    ]),
  ]
    .map(csvLine)
    .join('');
