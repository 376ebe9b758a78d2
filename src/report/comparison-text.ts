import { thinned } from '../machine/thin.ts';
import { figureText } from '../judge/figure-text.ts';
import type { ComparisonView } from '../machine/view.ts';

export type ComparedMetric = ComparisonView['metrics'][number];

const text = (value: number | null, unit: string | null): string =>
  value === null ? 'not known' : figureText(String(value), unit);

const signed = (value: number | null, unit: string | null): string =>
  value === null ? 'not bounded' : `${value < 0 ? '−' : '+'}${text(Math.abs(value), unit)}`;

const short = (value: number): string => String(Number(value.toPrecision(2)));

/** The spans by name, with their medians: what it is measured against, the failed release where it is known, now. */
export function spanMedians({ against, baseline, failed, current, unit }: ComparedMetric): readonly {
  readonly span: 'baseline' | 'failed' | 'current';
  readonly name: string;
  readonly median: string;
}[] {
  return [
    { span: 'baseline', name: against ?? 'before', median: text(baseline.median, unit) },
    ...(failed === null
      ? []
      : [{ span: 'failed' as const, name: 'failed', median: text(failed.median, unit) }]),
    { span: 'current', name: 'now', median: text(current.median, unit) },
  ];
}

/** At most `most` points of each span, for drawing. */
export const drawnSpans = (metric: ComparedMetric, most: number) =>
  spanMedians(metric).map((part) => ({ ...part, points: thinned(metric.series[part.span], most) }));

/** How far it is off, what it is held against, and what that is worth. */
export function shiftText({ shift, low, high, limit, unit, worse, ...metric }: ComparedMetric): string {
  const { p, rho, a12, baseline, current } = metric;
  if (shift === null || limit === null || p === null || rho === null || a12 === null) return metric.detail;
  const sign = worse === 'higher' ? '+' : worse === 'lower' ? '−' : '±';
  const outliers = baseline.outliers + current.outliers;
  return [
    `shift ${signed(shift, unit)} (90 % ${signed(low, unit)} to ${signed(high, unit)})`,
    `limit ${sign}${text(limit, unit)}`,
    `p ${p < 0.001 ? 'below 0.001' : short(p)}`,
    `A12 ${short(a12)}`,
    `ρ ${short(rho)}`,
    `n ${baseline.n}/${current.n}`,
    ...(outliers === 0 ? [] : [`${outliers} outliers counted in`]),
  ].join(', ');
}

/** One line a metric, for readers without pictures. */
export function comparisonLines({ verdict, final, score, metrics }: ComparisonView): readonly string[] {
  const several = metrics.length > 1;
  const of = score.least === score.most ? String(score.least) : `${score.least} to ${score.most}`;
  return [
    `comparison ${verdict}${several ? `, ${of} of 100` : ''}${final ? '' : ', not clear so far: it is looked at for longer'}`,
    ...metrics.map((metric) => {
      const medians = spanMedians(metric).map(({ name, median }) => `${name} ${median}`);
      const word = several ? ` ${metric.verdict.toLowerCase()}${metric.critical ? ' (critical)' : ''}:` : ':';
      return `  ${metric.probe}${word} ${medians.join(', ')}; ${shiftText(metric)}`;
    }),
  ];
}
