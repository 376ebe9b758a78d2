import { spanText } from '../judge/figure-text.ts';
import type { StepOf } from '../runbook/model/step.ts';

/** What a comparison is about, before it begins: shown with the step. */
export function comparisonWords({ comparison: plan }: StepOf<'compare'>): string {
  const { baseline, settleMs, currentMs, extendMs, metrics } = plan;
  const edge = (of: NonNullable<typeof baseline>['from']): string =>
    of.beforeMs === 0 ? of.from : `${spanText(of.beforeMs)} before ${of.from}`;
  const lines = metrics.map(({ probe, against, worse, tolerance, floor, critical }) => {
    const off = [
      ...(tolerance > 0 ? [`${Math.round(tolerance * 1000) / 10} %`] : []),
      ...(floor > 0 ? [String(floor)] : []),
    ];
    const way = worse === 'either' ? 'off' : worse;
    const than = against === null ? '' : ` than ${against}`;
    return `${probe} not ${way}${than} by more than ${off.join(' or ') || '0'}${critical ? ' (critical)' : ''}`;
  });
  return [
    lines.join('; '),
    baseline === null
      ? 'measured at the same time'
      : `baseline from ${edge(baseline.from)} to ${edge(baseline.to)}`,
    `${settleMs === 0 ? '' : `${spanText(settleMs)} to settle, `}${spanText(currentMs)} of points${extendMs === 0 ? '' : `, ${spanText(extendMs)} more while it is not clear`}`,
  ].join('; ');
}
