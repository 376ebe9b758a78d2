import type { ActionKind } from '../machine/postmortem-facts.ts';
import { postmortemDebt } from '../session/postmortem-duty.ts';
import { driftSection, driftStory } from './drift.ts';
import { dataTables } from './postmortem-data.ts';
import { bullets, prompts, table } from './markdown.ts';
import type { Material } from './postmortem.ts';
import { readingText } from './sentences.ts';
import { eventsOf } from './story.ts';
import { durationText } from './time.ts';

/** Something the ledger shows that deserves an action, and which kind of action it hints at. */
export interface Finding {
  readonly text: string;
  readonly kind: ActionKind;
}

/** What a guard stopped before it did harm. */
export function catchesIn({ events }: Pick<Material, 'events'>): readonly string[] {
  readonly kind: 'prevent' | 'detect' | 'mitigate' | 'process';
  /** Where somebody has taken it on already: who, until when, and what shows that it is done. */
  readonly owner?: string;
  readonly date?: string;
  readonly proof?: string;
}

/** Notes, drift, data, messages, what went well, action items: what remains after the story is told. */
export function factsAndFindings(material: Material): readonly string[] {
  const { events, story, figures, name } = material;
  const findings = findingsIn(material);
  return [
    [
      '## Contributing factors',
      '**Hints from the ledger:**',
      bullets(
        findings.map(({ text }) => text),
        'None found.',
      ),
      prompts([
        'Which conditions in the system, the process, the tools and what people knew made this possible? Several; no single root, no names.',
      ]),
    ].join('\n\n'),
    [
      '## Went well, went badly, was lucky',
      '**Well: caught before it did harm:**',
      bullets(catchesIn(material), 'No guard had to stop anything.'),
      prompts(['What went well?', 'What went badly?', 'Where were we lucky?']),
    ].join('\n\n'),
    [
      '## Data and evidence',
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
      prompts(['Is any repair of data still owed, and to whom?']),
    ].join('\n\n'),
    [
      '## Notes',
      table(
        ['time', 'by', 'note'],
        eventsOf(events, 'note.added').map(({ at, fact }) => [dateText(at), name(fact.by), fact.text]),
        'No notes.',
      ),
    ].join('\n\n'),
    driftSection(material),
    [
      '## Messages',
      table(
        ['time', 'to', 'result', 'text'],
        [
          ...eventsOf(events, 'comms.sent').map(({ at, fact }) => [
            dateText(at),
            fact.to,
            fact.result,
            fact.text,
          ]),
          ...eventsOf(events, 'message.sent').map(({ at, fact }) => [
            dateText(at),
            fact.place.step,
            fact.result,
            fact.text,
          ]),
          ...eventsOf(events, 'escalation.sent').map(({ at, fact }) => [
            dateText(at),
            fact.to,
            fact.result,
            `escalation: ${fact.detail}`,
          ]),
        ].toSorted(([left = ''], [right = '']) => (left < right ? -1 : left > right ? 1 : 0)),
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
        ].toSorted(([left = ''], [right = '']) => (left < right ? -1 : left > right ? 1 : 0)),
        'Command stayed in one hand, and no incident was read.',
      ),
      prompts(['What did readers still lack?']),
    ].join('\n\n'),
    [
      '## Recovery time in parts',
      table(
        ['part', 'time'],
        [
          ['decide', figures.toDecideMs],
          ['restore', figures.toRestoreMs],
          ['give back', figures.toGiveBackMs],
        ].map(([part, ms]) => [String(part), typeof ms === 'number' ? durationText(ms) : 'not known']),
      ),
      prompts(['Which readiness item turned out to be wrong?']),
    ].join('\n\n'),
    [
      '## Action items (drafts)',
      table(
        ['draft', 'type', 'finding', 'owner', 'date', 'how we shall know it worked'],
        findings.map(({ text, kind, owner, date, proof }, index) => [
          `AI-${String(index + 1)}`,
          kind,
          text,
          owner === undefined ? '?' : name(owner),
          date ?? '?',
          proof ?? '?',
        ]),
        'The ledger suggests none.',
      ),
      prompts([
        'For each: owner, date, and how we shall know that it worked. At least one lasting change; "be careful" is not one.',
      ]),
    ].join('\n\n'),
    [
      '## Runbook and drill follow-up',
      prompts([
        `Which branch, check or limit was missing from ${story.started === null ? 'the runbook' : 'this runbook'}?`,
        'Which part of this is worth a drill?',
      ]),
    ].join('\n\n'),
  ];
}

function catchesIn({ events }: Material): readonly string[] {
  return [
    ...eventsOf(events, 'guard.read')
      .filter(({ fact }) => fact.result !== 'pass')
      .map(
        ({ fact }) => `The guard of ${fact.place.step} refused: ${fact.readings.map(readingText).join('; ')}`,
      ),
    ...eventsOf(events, 'step.blocked').map(
      ({ fact }) => `${fact.place.step} was blocked: ${fact.code} ${fact.detail}`,
    ),
    ...eventsOf(events, 'value.typed')
      .filter(({ fact }) => !fact.matches)
      .map(({ fact }) => `A wrong value was refused at ${fact.place.step}`),
    ...eventsOf(events, 'intent.refused').map(({ fact }) => `${fact.intent} was refused: ${fact.message}`),
  ];
}

/** One for each thing in the record that deserves an action. */
export function findingsIn({ events, story }: Pick<Material, 'events' | 'story'>): readonly Finding[] {
  const skips = eventsOf(events, 'operator.skipped').map(({ fact }): Finding => ({
    text: `${fact.place.step} was skipped${fact.override ? ' by override' : ''}: ${fact.reason}`,
    kind: 'process',
  }));
  const attempts = story.attempts.flatMap((one): readonly Finding[] => [
    ...(one.doubt === null
      ? []
      : [
          {
            text: `${one.place} was in doubt (${one.doubt.why.replaceAll('_', ' ')})`,
            kind: 'mitigate',
          } as const,
        ]),
    ...(one.ended?.ending === 'timed_out'
      ? [
          {
            text: `${one.place} timed out after ${durationText(one.ended.durationMs)}`,
            kind: 'prevent',
          } as const,
        ]
      : []),
    ...(one.ended?.ending === 'exited' && one.ended.exitCode !== 0
      ? [
          {
            text: `${one.place} failed with exit code ${String(one.ended.exitCode)}`,
            kind: 'prevent',
          } as const,
        ]
      : []),
    ...(one.judged === 'unknown'
      ? [{ text: `The check ${one.place} had no answer`, kind: 'detect' } as const]
      : []),
  ]);
  const bent = story.obligations.filter(({ opened }) => opened.key !== postmortemDebt);
  const debts = bent.flatMap((debt): readonly Finding[] => [
    ...(debt.overdueAt === null
      ? []
      : [{ text: `The debt ${debt.opened.key} went past its limit`, kind: 'process' } as const]),
    ...(debt.closed === null
      ? [{ text: `The debt ${debt.opened.key} is still open`, kind: 'process' } as const]
      : []),
    ...(debt.closed !== null && debt.closed.how !== 'proved'
      ? [
          {
            text: `The debt ${debt.opened.key} was ${debt.closed.how}: ${debt.closed.reason}`,
            kind: 'process',
          } as const,
        ]
      : []),
  ]);
  return [
    ...attempts,
    ...skips,
    ...debts,
    ...driftStory(events).map(({ drift, disposed }): Finding => ({
      text: `Drift on ${drift.target}: ${drift.what}`,
      kind: 'prevent',
      ...(disposed?.how === 'accepted'
        ? {
            owner: disposed.owner ?? '?',
            date: disposed.until ?? '?',
            proof: 'it is in the repository, or gone',
          }
        : {}),
    })),
    ...eventsOf(events, 'scope.overridden').map(({ fact }): Finding => ({
      text: `The scope was overridden: ${fact.component} ${fact.was.toUpperCase()} → ${fact.as.toUpperCase()}: ${fact.reason}`,
      kind: 'process',
    })),
    ...eventsOf(events, 'watch.breached').map(({ fact }): Finding => ({
      text: `The watch ${fact.id} was breached`,
      kind: 'detect',
    })),
    ...eventsOf(events, 'invariant.measured')
      .filter(({ fact }) => fact.reading.result !== 'pass')
      .map(({ fact }): Finding => ({
        text: `The invariant ${fact.id} did not hold (${fact.moment}): ${fact.reading.result}`,
        kind: 'mitigate',
      })),
    ...eventsOf(events, 'runbook.rebased').map(({ fact }): Finding => ({
      text: `The runbook had to be changed under way (${fact.changed.map(({ path }) => path).join(', ')}): ${fact.reason}`,
      kind: 'process',
    })),
    ...eventsOf(events, 'session.started')
      .filter(({ fact }) => fact.review === 'break_glass')
      .map((): Finding => ({
        text: 'The session was started without a review (break-glass)',
        kind: 'process',
      })),
  ];
}
