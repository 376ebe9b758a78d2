import { table } from './markdown.ts';
import { section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { faultText, runsText } from './smoke-text.ts';
import { eventsOf } from './story.ts';
import { clockText } from './time.ts';

/** What the core journeys came to, on every way. Nothing where no smoke test was run. */
export function smokeSection({ events }: Material): readonly string[] {
  const rows = eventsOf(events, 'smoke.ran')
    .filter(({ fact }) => fact.final)
    .flatMap(({ at, fact }) =>
      fact.cells.map((cell) => [
        clockText(at),
        fact.place.step,
        cell.name,
        cell.critical ? cell.test : `${cell.test} (not critical)`,
        cell.result,
        runsText(cell),
        faultText(cell),
      ]),
    );
  if (rows.length === 0) return [];
  return [
    section('Smoke tests', [
      table(['time', 'step', 'through', 'test', 'result', 'runs', 'what was wrong'], rows),
    ]),
  ];
}
