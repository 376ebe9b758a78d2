import type { ActionKind } from '../machine/action-kinds.ts';
import { driftFinding } from '../machine/drift.ts';
import { postmortemDebt } from '../session/postmortem-duty.ts';
import type { Material } from './postmortem-material.ts';
import { readingText } from './reading-text.ts';
import { eventsOf } from './story.ts';
import { durationText } from './time.ts';

/** Something the ledger shows that deserves an action, and which kind of action it hints at. */
export interface Finding {
  readonly text: string;
  readonly kind: ActionKind;
}

/** What a guard stopped before it did harm. */
export function catchesIn({ events }: Pick<Material, 'events'>): readonly string[] {
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
    ...eventsOf(events, 'drift.added').map(({ fact }): Finding => ({
      text: driftFinding(fact),
      kind: 'prevent',
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
