import type { ComparisonView, CurrentStep, SessionView } from '../../machine/view.ts';
import { drawnSpans, shiftText, type ComparedMetric } from '../../report/comparison-text.ts';
import { resultRole } from '../glyphs.ts';
import { sparkline } from '../../report/drawn.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { row, span, type Row, type Span } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';

const resultOf = { RECOVERED: 'pass', WORSE: 'fail', INCONCLUSIVE: 'unknown' } as const;
/** Signs that a span is drawn with: all three stand in one row, with their words. */
const signsIn = (columns: number): number => Math.min(12, Math.max(4, Math.floor((columns - 48) / 3)));

/** The comparison that a step made. */
export function comparisonAt(view: SessionView, step: CurrentStep): ComparisonView | null {
  const all = view.comparisons ?? [];
  return all.find(({ attempt }) => attempt === step.attempt) ?? null;
}

/** Verdict and spans of a comparison, all spans of a metric on one scale, so that “better, but not back” is seen. */
export function comparisonRows(
  comparison: ComparisonView | null,
  look: Look,
  columns: number,
): readonly Row[] {
  if (comparison === null) return [];
  const { final, metrics } = comparison;
  return metrics.flatMap((metric) => {
    const result = resultOf[metric.verdict];
    const head = row(
      span(`  ${look.glyphs[result]} ${metric.verdict}`, resultRole[result]),
      span(final ? ' ' : ' so far '),
      span(plain(metric.probe), 'strong'),
      span(metric.critical ? ' critical' : '', 'unknown'),
      span(` ${look.glyphs.dot} ${plain(shiftText(metric))}`, 'dim'),
    );
    return [...wrapRow(head, columns, 4), ...wrapRow(spansOf(metric, look, signsIn(columns)), columns, 4)];
  });
}

function spansOf(metric: ComparedMetric, look: Look, signs: number): Row {
  const parts = drawnSpans(metric, signs);
  const all = parts.flatMap(({ points }) => points);
  const shape = [...sparkline(all, all.length, look.glyphs.spark, look.glyphs.gap)];
  let drawn = 0;
  const spans = parts.flatMap(({ span: which, name, median, points }, at): readonly Span[] => {
    const piece = shape.slice(drawn, drawn + points.length).join('');
    drawn += points.length;
    return [
      span(at === 0 ? '    ' : '  '),
      span(`${plain(name)} `, 'dim'),
      span(piece, which === 'failed' ? 'bad' : 'dim'),
      span(`${piece === '' ? '' : ' '}${plain(median)}`, which === 'current' ? 'strong' : undefined),
    ];
  });
  return row(...spans);
}
