import { barOf } from '../../report/drawn.ts';
import { comparedFigures, otherRunbook, outcomesText } from '../../report/history.ts';
import type { SideBySide, StepPair } from '../../report/side-by-side.ts';
import { tableRows } from '../kit/table.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span, type Row } from '../text/row.ts';
import { lengthText } from '../time.ts';

/** What is told of the two sessions where there is little room. */
const brief: ReadonlySet<string> = new Set(['session', 'outcome', 'to decide', 'to restore']);

/** The two sessions beside each other, before their steps; in few rows only what matters most. */
export function comparedHead(compared: SideBySide, columns: number, height: number): readonly Row[] {
  const side = Math.floor((columns - 18) / 2);
  const figures = comparedFigures(compared).filter(([name]) =>
    height < 20 ? brief.has(name) : name !== 'retries',
  );
  return [
    ...tableRows(
      figures.map(([name, left, right]) => [
        row(span(` ${name}`, 'dim')),
        row(span(plain(left), name === 'session' ? 'key' : undefined)),
        row(span(plain(right), name === 'session' ? 'key' : left === right ? undefined : 'strong')),
      ]),
      [15, side, side],
      columns,
    ),
    ...(compared.sameRunbook ? [] : [row(span(` ${otherRunbook}`, 'unknown'))]),
    ...(height < 12 ? [] : [emptyRow]),
  ];
}

/** A step: how long it took left and right, drawn to one scale, and by how much they differ. */
export function comparedRow(step: StepPair, most: number, width: number, { glyphs }: Look): Row {
  const { place, left, right, differs } = step;
  const bar = glyphs.spark.at(-1) ?? '#';
  const barColumns = Math.max(4, Math.floor((width - 26 - 3 * 10) / 2));
  const cell = (text: string, columns: number, role?: Parameters<typeof span>[1]): Row =>
    fitRow(row(span(plain(text), role)), columns);
  const time = (side: typeof left): string => (side === null ? '-' : lengthText(side.ms));
  const drawn = (side: typeof left, role: Parameters<typeof span>[1]): Row =>
    cell(barOf(side?.ms ?? 0, most, barColumns, bar), barColumns, role);
  return [
    ...cell(`${differs ? '* ' : '  '}${place}`, 24, differs ? 'strong' : undefined),
    span('  '),
    ...cell(time(left), 8),
    ...drawn(left, 'running'),
    span('  '),
    ...cell(time(right), 8),
    ...drawn(right, 'prompt'),
    span('  '),
    ...cell(differenceOf(step), 10, 'dim'),
  ];
}

/** How much longer the right one took, or shorter; nothing where only one of them did it. */
function differenceOf({ left, right }: StepPair): string {
  if (left === null || right === null) return '';
  const ms = right.ms - left.ms;
  return ms === 0 ? 'the same' : `${ms < 0 ? '-' : '+'}${lengthText(Math.abs(ms))}`;
}

export const comparisonDetail = (step: StepPair): readonly Row[] => [
  row(span(` ${plain(step.place)}`, 'key'), span(`  ${plain(step.title)}`, 'strong')),
  row(
    span(` ended: ${plain(outcomesText(step))}`, step.differs ? 'unknown' : undefined),
    span('   a time runs from when it was shown until it was settled', 'dim'),
  ),
];
