import type { Reading } from '../../machine/facts.ts';
import { resultRole } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { row, span, type Row } from '../text/row.ts';
import { tableRows } from '../kit/table.ts';

const rank = { fail: 0, unknown: 1, pass: 2 } as const;

const valueText = ({ value, unit, result, code }: Reading): string => {
  if (value === null) return `unknown: ${plain(code ?? 'no value')}`;
  const shown = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  return `${plain(shown)}${unit === null ? '' : ` ${plain(unit)}`}${result === 'unknown' && code !== null ? ` (${plain(code)})` : ''}`;
};

/** At most seven measurements, worst first: sign and word, what, the value, what was expected, why. */
export function readingRows(
  readings: readonly Reading[],
  look: Look,
  columns: number,
  most = 7,
): readonly Row[] {
  const sorted = readings.toSorted((left, right) => rank[left.result] - rank[right.result]);
  const cells = sorted.slice(0, most).map((reading): readonly Row[] => {
    const role = resultRole[reading.result];
    const why = [reading.expected === '' ? '' : `expected ${plain(reading.expected)}`, plain(reading.detail)];
    return [
      row(span(`${look.glyphs[reading.result]} ${reading.result}`, role)),
      row(span(plain(reading.subject))),
      row(span(valueText(reading), reading.result === 'pass' ? 'strong' : role)),
      row(span(why.filter((text) => text !== '').join(` ${look.glyphs.dot} `), 'dim')),
    ];
  });
  const rows = tableRows(
    cells,
    [9, Math.max(10, Math.floor(columns * 0.25)), Math.max(12, Math.floor(columns * 0.3)), columns],
    columns,
  );
  return sorted.length > most
    ? [...rows, row(span(`+${sorted.length - most} more, all of them no worse`, 'dim'))]
    : rows;
}
