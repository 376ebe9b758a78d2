import { commandText } from './inert.ts';
import { bullets, fenced, inline, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import { burnLines } from './postmortem-burn.ts';
import { estimateTable } from './postmortem-estimates.ts';
import type { Material } from './postmortem-material.ts';
import { readingText } from './reading-text.ts';
import { eventsOf, type AttemptStory, type ObligationStory } from './story.ts';
import { between, clockText, dateText, durationText } from './time.ts';

/** Impact, detection, and how well the way back worked. */
export function effectSections(material: Material): readonly string[] {
  const { events, story, figures } = material;
  const triggers = eventsOf(events, 'trigger.changed');
  const troubled = story.attempts.filter(
    (one) => one.number > 1 || one.doubt !== null || one.ended?.ending === 'timed_out' || isBad(one),
  );
  const fired = triggers.find(({ fact }) => fact.state === 'FIRED');
  const breach = triggers.find(({ fact }) => fact.state === 'PENDING' || fact.state === 'FIRED');
  const frozen = story.obligations.filter(({ closedAt }) => closedAt !== null);
  return [
    section(
      'Impact',
      [
        bullets([
          breach === undefined
            ? 'No breach of a trigger was recorded.'
            : `First breach ${dateText(breach.at)} UTC (${breach.fact.id}: ${breach.fact.detail})`,
          breach === undefined || figures.recovered === null
            ? 'The span of the breach is not known.'
            : `From the first breach to the proof of recovery: ${durationText(between(breach.at, figures.recovered.at))}`,
          ...burnLines(events),
          ...frozen.map(
            ({ opened, openedAt, closedAt }) =>
              `${opened.title}: for ${durationText(between(openedAt, closedAt ?? openedAt))}`,
          ),
          ...eventsOf(events, 'invariant.measured').map(
            ({ fact }) => `Invariant ${fact.id} (${fact.moment}): ${readingText(fact.reading)}`,
          ),
        ]),
      ],
      asked(material, 'impact'),
    ),
    section(
      'Detection',
      [
        table(
          ['time', 'trigger', 'state', 'detail'],
          triggers.map(({ at, fact }) => [clockText(at), fact.id, fact.state, fact.detail]),
          'No trigger changed its state.',
        ),
        bullets(
          [
            ...eventsOf(events, 'trigger.blind').map(
              ({ at, fact }) =>
                `${clockText(at)} ${fact.id} was blind for ${durationText(fact.forMs)}: ${fact.code}, ${fact.detail}`,
            ),
            ...eventsOf(events, 'advice.changed').map(
              ({ at, fact }) => `${clockText(at)} the numbers said ${fact.advice}: ${fact.because}`,
            ),
            ...eventsOf(events, 'success.changed').map(
              ({ at, fact }) =>
                `${clockText(at)} success criterion ${fact.id} ${fact.result}: ${fact.detail}`,
            ),
          ],
          'What the triggers advise together was not recorded.',
        ),
        fired === undefined || breach === undefined
          ? 'No trigger fired.'
          : `From the first breach to FIRED: ${inline(durationText(between(breach.at, fired.at)))}.`,
      ],
      asked(material, 'detection'),
    ),
    section(
      'Rollback effectiveness',
      [
        table(
          ['step', 'attempt', 'what happened'],
          troubled.map(({ place, number, result, doubt }) => [
            place,
            String(number),
            doubt === null ? result : `${result} (${doubt.why.replaceAll('_', ' ')})`,
          ]),
          'Every step worked at its first attempt.',
        ),
        '**The path that was taken:**',
        bullets(pathOf(material)),
        '**The time that was estimated, and what it took:**',
        estimateTable(material),
        '**Worse after the decision:**',
        bullets(worseAfter(material), 'Nothing that was watched got worse.'),
      ],
      asked(material, 'effectiveness'),
    ),
  ];
}

/** Where it left the way that the runbook has for when all goes well. */
function pathOf({ events, story }: Material): readonly string[] {
  const places = [...new Set(story.attempts.map(({ place }) => place))];
  const count = (type: 'operator.skipped' | 'operator.routed' | 'step.passed_over'): number =>
    eventsOf(events, type).length;
  return [
    places.length === 0 ? 'No step was reached.' : places.join(' → '),
    `${String(count('operator.skipped'))} skipped, ${String(count('operator.routed'))} left by another way, ${String(count('step.passed_over'))} not needed`,
  ];
}

/** What got worse once it was decided to go back. */
function worseAfter({ events, figures }: Material): readonly string[] {
  const { decidedAt } = figures;
  if (decidedAt === null) return [];
  const later = events.filter(({ at }) => at >= decidedAt);
  return [
    ...eventsOf(later, 'watch.breached').map(
      ({ at, fact }) => `${clockText(at)} the watch ${fact.id}: ${readingText(fact.reading)}`,
    ),
    ...eventsOf(later, 'trigger.changed').flatMap(({ at, fact }) =>
      fact.state === 'FIRED' ? [`${clockText(at)} the trigger ${fact.id} fired: ${fact.detail}`] : [],
    ),
    ...eventsOf(later, 'comparison.made').flatMap(({ at, fact }) =>
      fact.verdict === 'WORSE' ? [`${clockText(at)} the comparison ${fact.place.step}: WORSE`] : [],
    ),
  ];
}

const isBad = ({ ended, judged }: AttemptStory): boolean =>
  (ended !== null && (ended.ending !== 'exited' || ended.exitCode !== 0)) ||
  judged === 'fail' ||
  judged === 'unknown';

/** Every step with its attempts: what ran, what became of it, what it printed. */
export function stepSection({ story, output }: Material): string {
  const rows = story.attempts.map(({ place, number, shown, firstAt, lastAt, result }) => [
    place,
    String(number),
    shown?.title ?? '',
    clockText(firstAt),
    durationText(between(firstAt, lastAt)),
    result,
  ]);
  const details = story.attempts.flatMap((attempt) => attemptPart(attempt, output));
  return section('Steps', [
    table(['step', 'attempt', 'title', 'ready at', 'took', 'result'], rows, 'No step was reached.'),
    ...details,
  ]);
}

function attemptPart(attempt: AttemptStory, output: Material['output']): readonly string[] {
  if (attempt.ended === null) return [];
  const { place, number, argv, ended, doubt, readings } = attempt;
  const tail = output(attempt.attempt) || ended.tail;
  return [
    `### ${inline(place)}, attempt ${String(number)}: ${inline(attempt.result)}`,
    ...(argv === null ? [] : [fenced(commandText(argv), 'sh')]),
    bullets([
      `Ended: ${ended.ending.replaceAll('_', ' ')}${ended.exitCode === null ? '' : `, exit code ${String(ended.exitCode)}`}${ended.signal === null ? '' : `, signal ${ended.signal}`}, after ${durationText(ended.durationMs)}`,
      ...(doubt === null
        ? []
        : [
            `In doubt: ${doubt.why.replaceAll('_', ' ')}${doubt.resolved === null ? ', not resolved' : `, judged ${doubt.resolved.as.replaceAll('_', ' ')} because ${doubt.resolved.reason}`}`,
          ]),
      ...Object.entries(ended.outputs).map(([name, value]) => `Output ${name} = ${value}`),
      ...readings.map(readingText),
      ...(ended.output === null
        ? []
        : [
            `Printed ${String(ended.output.lines)} lines (${String(ended.output.bytes)} bytes), sha256 ${ended.output.sha256}${ended.output.truncated ? ', cut at the limit' : ''}`,
          ]),
    ]),
    ...(tail.trim() === '' ? [] : ['The end of what it printed:', fenced(tail)]),
  ];
}

/** What was bent, and how it was given back. */
export function obligationSection(material: Material): string {
  const { story, name } = material;
  const rows = story.obligations.map((debt) => [
    debt.opened.key,
    debt.opened.title,
    dateText(debt.openedAt),
    name(debt.by),
    closedText(debt, name),
    debt.closedAt === null ? 'open' : durationText(between(debt.openedAt, debt.closedAt)),
    debt.overdueAt === null ? 'no' : `since ${clockText(debt.overdueAt)}`,
  ]);
  return section(
    'Obligations',
    [table(['debt', 'title', 'opened', 'by', 'closed', 'open for', 'past its limit'], rows)],
    asked(material, 'obligations'),
  );
}

function closedText({ opened, closed, closedAt }: ObligationStory, name: Material['name']): string {
  if (closed === null || closedAt === null) return `NOT CLOSED; way back: ${commandText(opened.release)}`;
  const whose = [
    ...(closed.owner === null ? [] : [`owner ${name(closed.owner)}`]),
    ...(closed.due === null ? [] : [`due ${closed.due}`]),
  ];
  return [`${closed.how} ${dateText(closedAt)} by ${name(closed.by)}: ${closed.reason}`, ...whose].join(', ');
}
