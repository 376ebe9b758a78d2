import type { FactOf } from '../../../machine/facts.ts';
import type { RecordedFact } from '../../../session/ports.ts';
import { eventsOf } from '../../story.ts';
import type { Series } from './metric-svg.ts';

type Comparison = FactOf<'comparison.made'>;
type Metric = Comparison['metrics'][number];

/** The three spans of each final comparison on one line: before, the failed release, after. */
export const comparedSeries = (events: readonly RecordedFact[]): readonly Series[] =>
  eventsOf(events, 'comparison.made')
    .filter(({ fact }) => fact.final)
    .flatMap(({ fact }) => fact.metrics.flatMap((metric) => seriesOf(fact, metric)));

function seriesOf({ everyMs, spans, place }: Comparison, metric: Metric): readonly Series[] {
  const { probe, series, unit, against, verdict } = metric;
  const limit = limitOf(metric);
  const pointsIn = (name: keyof Metric['series']): Series['points'] => {
    const from = spans[name]?.[0];
    if (from === undefined || series[name].length === 0) return [];
    const points = series[name].map((value, at) => [from + at * everyMs, value] as const);
    // nothing was measured between this span and the next one
    return [...points, [from + points.length * everyMs, null]];
  };
  if (against !== null)
    return [
      { id: `${against} beside ${probe} in ${place.step}`, unit, limit: null, points: pointsIn('baseline') },
      { id: `${probe} in ${place.step}: ${verdict}`, unit, limit, points: pointsIn('current') },
    ];
  // spans may touch: of two points at one moment the later span's counts
  const points = new Map([...pointsIn('baseline'), ...pointsIn('failed'), ...pointsIn('current')]);
  return [
    {
      id: `${probe} in ${place.step}, before, in the failed release and after: ${verdict}`,
      unit,
      limit,
      points: [...points].toSorted(([one], [other]) => one - other),
    },
  ];
}

/** How far the middle may be off to one side; nothing where both sides count. */
function limitOf({ baseline, limit, worse }: Metric): number | null {
  if (baseline.median === null || limit === null || worse === 'either') return null;
  return worse === 'higher' ? baseline.median + limit : baseline.median - limit;
}
