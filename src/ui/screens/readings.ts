import type { Reading } from '../../machine/facts/values.ts';
import { measuredText } from '../../report/reading-text.ts';
import { resultRole } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { row, rowWidth, span, type Row } from '../text/row.ts';
import { textWidth } from '../text/width.ts';
import { wrapRow } from '../text/wrap.ts';
import { tableRows } from '../kit/table.ts';

const rank = { fail: 0, unknown: 1, pass: 2 } as const;

/** The code of a measurement that nothing says what is good about. */
const onlyRead = 'no_tolerance';

/** A value that is held against nothing: a green sign beside it would call it good. */
const isOnlyRead = ({ value, code, expected, result }: Reading): boolean =>
  value !== null && (code === onlyRead || (expected === '' && result === 'pass'));

const valueText = ({ value, unit, result, code }: Reading): string => {
  if (value === null) return `unknown: ${plain(code ?? 'no value')}`;
  return `${plain(measuredText(value, unit))}${result === 'unknown' && code !== null && code !== onlyRead ? ` (${plain(code)})` : ''}`;
};

/** At most seven measurements, worst first: sign and word, what, the value, what was expected, why. */
export function readingRows(
  readings: readonly Reading[],
  look: Look,
  columns: number,
  most = 7,
): readonly Row[] {
  const sorted = readings.toSorted((left, right) => rank[left.result] - rank[right.result]);
  const worst = sorted.slice(0, most);
  const reasonOf = (reading: Reading): string =>
    [
      reading.expected === '' ? '' : `expected ${plain(reading.expected)}`,
      isOnlyRead(reading) ? '' : plain(reading.detail),
    ]
      .filter((text) => text !== '')
      .join(` ${look.glyphs.dot} `);
  const cells = worst.map((reading): readonly Row[] => {
    if (isOnlyRead(reading)) {
      return [
        row(span(`${look.glyphs.dot} read`)),
        row(span(plain(reading.subject))),
        row(span(valueText(reading), 'strong')),
      ];
    }
    const role = resultRole[reading.result];
    return [
      row(span(`${look.glyphs[reading.result]} ${reading.result}`, role)),
      row(span(plain(reading.subject))),
      row(span(valueText(reading), reading.result === 'pass' ? 'strong' : role)),
    ];
  });
  const limits = [
    9,
    Math.max(10, Math.floor(columns * 0.25)),
    Math.max(12, Math.floor(columns * 0.3)),
    columns,
  ];
  const used = limits
    .slice(0, 3)
    .reduce(
      (sum, limit, at) =>
        sum + Math.min(limit, Math.max(0, ...cells.map((line) => rowWidth(line[at] ?? [])))) + 2,
      0,
    );
  const fits = (text: string): boolean => textWidth(text) <= columns - used;
  const lines = tableRows(
    cells.map((line, at) => {
      const reason = worst[at] === undefined ? '' : reasonOf(worst[at]);
      return [...line, row(span(fits(reason) ? reason : '', 'dim'))];
    }),
    limits,
    columns,
  );
  const rows = lines.flatMap((line, at): readonly Row[] => {
    const reason = worst[at] === undefined ? '' : reasonOf(worst[at]);
    return fits(reason) ? [line] : [line, ...wrapRow(row(span(`           ${reason}`, 'dim')), columns, 11)];
  });
  return sorted.length > most
    ? [...rows, row(span(`+${sorted.length - most} more, none of them worse`, 'dim'))]
    : rows;
}
