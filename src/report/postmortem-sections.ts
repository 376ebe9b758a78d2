import { driftSection } from './drift.ts';
import { bullets, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import { dataTables } from './postmortem-data.ts';
import { catchesIn, findingsIn } from './postmortem-findings.ts';
import type { Material } from './postmortem-material.ts';
import { eventsOf } from './story.ts';
import { dateText, durationText } from './time.ts';

const byTime = ([left = '']: readonly string[], [right = '']: readonly string[]): number =>
  left < right ? -1 : left > right ? 1 : 0;

/** What remains after the story is told: factors, lessons, data, notes, drift and messages. */
export function remainingSections(material: Material): readonly string[] {
  const { events, name } = material;
  return [
    section(
      'Contributing factors',
      [
        '**Hints:**',
        bullets(
          findingsIn(material).map(({ text }) => text),
          'None found.',
        ),
      ],
      asked(material, 'factors'),
    ),
    section(
      'Went well, went badly, was lucky',
      [
        '**Well: caught before it did harm:**',
        bullets(catchesIn(material), 'No guard had to stop anything.'),
        ...pace(material),
      ],
      asked(material, 'lessons'),
    ),
    section(
      'Data and evidence',
      [
        ...dataTables(events),
        table(
          ['time', 'evidence', 'file', 'bytes', 'sha256', 'detail'],
          eventsOf(events, 'evidence.captured').map(({ at, fact }) => [
            dateText(at),
            fact.id,
            fact.file,
            `${String(fact.bytes)}${fact.partial ? ' (in part)' : ''}`,
            fact.sha256,
            fact.detail,
          ]),
          'No evidence was captured.',
        ),
      ],
      asked(material, 'data'),
    ),
    section('Notes', [
      table(
        ['time', 'by', 'note'],
        eventsOf(events, 'note.added').map(({ at, fact }) => [dateText(at), name(fact.by), fact.text]),
        'No notes.',
      ),
    ]),
    driftSection(material),
    messageSection(material),
  ];
}

/** Steps against what they usually take; nothing where no history is known. */
function pace({ story, usual }: Material): readonly string[] {
  const timed = story.attempts.flatMap(({ place, step, ended }) => {
    const p50 = usual[step];
    if (p50 === undefined || ended === null || ended.ending !== 'exited' || ended.exitCode !== 0) return [];
    return [{ place, took: ended.durationMs, p50 }];
  });
  if (timed.length === 0) return [];
  const line = ({ place, took, p50 }: (typeof timed)[number]): string =>
    `${place}: ${durationText(took)}, usually ${durationText(p50)}`;
  return [
    '**Well: faster than usual:**',
    bullets(timed.filter(({ took, p50 }) => took < p50).map(line), 'None.'),
    '**Badly: twice the usual time or more:**',
    bullets(timed.filter(({ took, p50 }) => took >= 2 * p50).map(line), 'None.'),
  ];
}

/** What was sent, what was due and did not go out, and who had command. */
function messageSection(material: Material): string {
  const { events, name } = material;
  const sent = eventsOf(events, 'comms.sent');
  const waiting = eventsOf(events, 'comms.due').filter(
    ({ fact }) => !sent.some((one) => one.fact.key === fact.key),
  );
  return section(
    'Messages',
    [
      table(
        ['time', 'to', 'result', 'acknowledged', 'text'],
        [
          ...sent.map(({ at, fact }) => [dateText(at), fact.to, fact.result, fact.ack ?? '', fact.text]),
          ...waiting.map(({ at, fact }) => [dateText(at), fact.to, 'DUE, NOT SENT', '', fact.text]),
          ...eventsOf(events, 'message.sent').map(({ at, fact }) => [
            dateText(at),
            fact.place.step,
            fact.result,
            '',
            fact.text,
          ]),
          ...eventsOf(events, 'escalation.sent').map(({ at, fact }) => [
            dateText(at),
            fact.to,
            fact.result,
            '',
            `escalation: ${fact.detail}`,
          ]),
        ].toSorted(byTime),
        'No message was sent.',
      ),
      '**Command and incident:**',
      table(
        ['time', 'what', 'detail'],
        [
          ...eventsOf(events, 'handover.accepted').map(({ at, fact }) => [
            dateText(at),
            `${name(fact.from)} handed command to ${name(fact.to)}`,
            `read back: at ${fact.readBack.step}, ${String(fact.readBack.owed)} owed`,
          ]),
          ...eventsOf(events, 'incident.read').map(({ at, fact }) => [
            dateText(at),
            `incident ${fact.id ?? '?'} ${fact.state ?? 'unknown'} (${fact.severity ?? 'no severity'})`,
            `read at ${fact.phase}${fact.detail === '' ? '' : `: ${fact.detail}`}`,
          ]),
        ].toSorted(byTime),
        'Command stayed in one hand, and no incident was read.',
      ),
    ],
    asked(material, 'messages'),
  );
}
