import { figureText } from '../../../judge/figure-text.ts';
import type { RecordedFact } from '../../../session/ports.ts';
import { eventsOf } from '../../story.ts';
import { drawing, label, line, rect, scale, width } from './svg.ts';

/** What was measured for one trigger: epoch milliseconds (of the session's own clock) and values. */
export interface Series {
  readonly id: string;
  readonly unit: string | null;
  /** The number agreed beforehand; null where the runbook is not at hand. */
  readonly limit: number | null;
  readonly points: readonly (readonly [number, number | null])[];
}

const height = 150;
const left = 74;
const bottom = height - 20;

/** One series with its limit; the spans in which the trigger had fired are shaded, gaps stay gaps. */
export function metricSvg({ id, unit, limit, points }: Series, events: readonly RecordedFact[]): string {
  const known = points.flatMap(([ms, value]) => (value === null ? [] : [[ms, value] as const]));
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || known.length === 0) return '';
  const highest = Math.max(limit ?? 0, ...known.map(([, value]) => value)) * 1.1 || 1;
  const lowest = Math.min(0, ...known.map(([, value]) => value));
  const x = scale(first[0], Math.max(last[0], first[0] + 1), left, width - 10);
  const y = scale(lowest, highest, bottom, 8);
  const fired = firedSpans(id, events, last[0]).map(([from, to]) => {
    const start = Math.max(from, first[0]);
    const wide = (Number(x(Math.max(to, start))) - Number(x(start))).toFixed(1);
    return rect('fired', x(start), '8', wide, String(bottom - 8), `${id} had fired`);
  });
  const limitLine =
    limit === null
      ? []
      : [
          line('limit', String(left), y(limit), String(width - 10), y(limit)),
          label(left - 4, Number(y(limit)) + 4, figureText(String(limit), unit), { anchor: 'end' }),
        ];
  // the limit's own label stands there already
  const crowded = limit !== null && Number(y(limit)) < 28;
  const topText = figureText(String(Number(highest.toPrecision(3))), unit);
  const minutes = (last[0] - first[0]) / 60_000;
  return drawing(height, `${id} over ${minutes.toFixed(0)} minutes`, [
    line('axis', String(left), y(lowest), String(width - 10), y(lowest)),
    ...fired,
    ...limitLine,
    ...paths(points, x, y),
    ...(crowded ? [] : [label(left - 4, 16, topText, { soft: true, anchor: 'end' })]),
    label(left, height - 5, `${minutes.toFixed(0)} min before the end`, { soft: true }),
    label(width - 10, height - 5, 'end', { soft: true, anchor: 'end' }),
  ]);
}

/** Lines through neighbours that are both known: nothing is drawn where nothing was measured. */
function paths(
  points: Series['points'],
  x: (value: number) => string,
  y: (value: number) => string,
): readonly string[] {
  const runs: string[][] = [[]];
  for (const [ms, value] of points) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push(`${x(ms)},${y(value)}`);
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) => `<polyline class="series" points="${run.join(' ')}"/>`);
}

/** Spans in which a trigger was FIRED, on the clock of its samples. */
function firedSpans(
  id: string,
  events: readonly RecordedFact[],
  end: number,
): readonly (readonly [number, number])[] {
  const changes = eventsOf(events, 'trigger.changed').flatMap(({ fact }) => {
    const ms = fact.samples.at(-1)?.[0];
    return fact.id === id && ms !== undefined ? [{ state: fact.state, ms }] : [];
  });
  return changes.flatMap(({ state, ms }, index) =>
    state === 'FIRED' ? [[ms, changes[index + 1]?.ms ?? end] as const] : [],
  );
}
