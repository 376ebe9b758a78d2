import type { RecordedFact } from '../session/ports.ts';
import { personOf } from './actors.ts';
import { inline, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { gapsIn } from './postmortem-questions.ts';
import { sayFact } from './sentences.ts';
import { readingText } from './reading-text.ts';
import type { DecisionStory } from './story.ts';
import { between, clockText, dateText, durationText } from './time.ts';

/** All events in the order in which they were recorded; long silences stand out. */
export function timelineSection(material: Material): string {
  const { events, name } = material;
  const gaps = new Map(gapsIn(events).map((gap) => [gap.to.seq, gap]));
  const rows = events.flatMap((event) => {
    const gap = gaps.get(event.seq);
    if (gap === undefined) return [rowOf(event, name)];
    const silence = `nothing was recorded for ${durationText(gap.ms)}`;
    return [[clockText(gap.from.at), 'GAP', silence, '', ''], rowOf(event, name)];
  });
  return section(
    'Timeline (UTC)',
    [table(['time', 'actor', 'event', 'evidence', '#'], rows)],
    asked(material, 'timeline'),
  );
}

function rowOf(event: RecordedFact, name: Material['name']): readonly string[] {
  const { what, evidence } = sayFact(event.fact);
  return [dateText(event.at), name(personOf(event.fact) ?? event.actor), what, evidence, String(event.seq)];
}

/** What was known, advised, chosen and why: one part for each question. */
export function decisionSection(material: Material): string {
  const parts = material.story.decisions.flatMap((decision, index) =>
    decisionPart(decision, index + 1, material),
  );
  return section('Decision log', parts.length === 0 ? ['No question was put to anybody.'] : parts);
}

function decisionPart(
  { place, title, posedAt, posed, madeAt, made }: DecisionStory,
  number: number,
  material: Material,
): readonly string[] {
  const { name } = material;
  const rows: readonly (readonly [string, string])[] = [
    ['Shown', `${dateText(posedAt)} UTC`],
    ['Recommended', posed.recommended === null ? 'nothing' : `${posed.recommended}: ${posed.because}`],
    ['Chosen', made === null ? 'not decided' : `${made.option}: ${made.title}`],
    ['By', made === null ? '' : name(made.by)],
    ['Reason', made === null ? '' : (made.reason ?? 'none given')],
    ['Objection', made === null ? '' : objectionsOf(made, name)],
    ...(made?.hurried == null ? [] : ([['Not waited for', made.hurried]] as const)),
    ...(made?.consulted == null ? [] : ([['Consulted', made.consulted]] as const)),
    ...(made?.present === undefined || made.present.length === 0
      ? []
      : ([['Present', made.present.map(name).join(', ')]] as const)),
    ...(made?.triggers === undefined || made.triggers.length === 0
      ? []
      : ([
          [
            'Triggers then',
            made.triggers
              .map(({ id, state, value }) => `${id} ${state}${value === null ? '' : ` (${String(value)})`}`)
              .join(', '),
          ],
        ] as const)),
    ...Object.entries(made?.fields ?? {}).map(([field, value]) => [field, value] as const),
    ...(made?.againAt == null ? [] : ([['Asked again at', `${dateText(made.againAt)} UTC`]] as const)),
    [
      'Time to decide',
      madeAt === null ? 'not decided' : durationText(between(posedAt, made?.chosenAt ?? madeAt)),
    ],
  ];
  return [
    `### ${String(number)}. ${inline(title)} (${inline(place)})`,
    table(['', ''], rows),
    '**The facts that were on the screen:**',
    table(
      ['fact'],
      posed.facts.map((reading) => [readingText(reading)]),
      'No facts were shown.',
    ),
    '**The options that were on the screen:**',
    table(
      ['option', 'title', 'offered', 'why', 'reversible in', 'needs'],
      posed.options.map((option) => [
        option.id,
        option.title,
        option.offered,
        option.why,
        option.reversible ?? 'not said',
        option.needs.join(', '),
      ]),
    ),
    asked(material, `decision${String(number)}`),
  ];
}

function objectionsOf(made: NonNullable<DecisionStory['made']>, name: Material['name']): string {
  const raised = [
    ...(made.objection === null ? [] : [made.objection]),
    ...(made.objections ?? []).map(({ by, text }) => `${name(by)}: ${text}`),
  ];
  return raised.length === 0 ? 'none raised' : raised.join('; ');
}
