import { eventsOf } from './story.ts';
import { comparisonLines, spanMedians, shiftText } from './comparison-text.ts';
import { bullets, table } from './markdown.ts';
import { section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { clockText, dateText } from './time.ts';
import { isoOf } from '../machine/iso-time.ts';

/** What was compared with before, or beside: all spans, all figures. Nothing where no series was compared. */
export function comparisonSection({ events }: Material): readonly string[] {
  const made = eventsOf(events, 'comparison.made');
  if (made.length === 0) return [];
  const rows = made.flatMap(({ at, fact }) =>
    fact.metrics.map((metric) => {
      const medians = new Map(spanMedians(metric).map(({ span, median }) => [span, median]));
      return [
        clockText(at),
        metric.against === null ? metric.probe : `${metric.probe} beside ${metric.against}`,
        medians.get('baseline') ?? '',
        medians.get('failed') ?? '',
        medians.get('current') ?? '',
        fact.final ? metric.verdict : `${metric.verdict} so far`,
        shiftText(metric),
      ];
    }),
  );
  return [
    section('Comparison with the baseline', [
      table(['time', 'measured', 'before', 'failed release', 'after', 'verdict', 'figures'], rows),
      bullets(
        made.map(({ at, fact }) => {
          const [whole = ''] = comparisonLines({ ...fact, at });
          const spans = [
            ['baseline', fact.spans.baseline],
            ['failed release', fact.spans.failed],
            ['after', fact.spans.current],
          ] as const;
          const told = spans.flatMap(([name, span]) =>
            span === null ? [] : [`${name} ${dateText(isoOf(span[0]))} to ${clockText(isoOf(span[1]))}`],
          );
          return `${clockText(at)} ${fact.place.step}: ${whole}; ${told.join(', ')}`;
        }),
      ),
    ]),
  ];
}
