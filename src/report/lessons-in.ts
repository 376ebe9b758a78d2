import { quantileOf } from '../judge/quantile.ts';
import type { Runbook } from '../runbook/model.ts';
import { allSteps } from '../runbook/model.ts';
import { asksAt, timeoutFor, type Lesson } from '../runbook/learning/lessons.ts';
import type { RecordedFact } from '../session/ports.ts';
import { eventsOf } from './story.ts';

/** What is known of a runbook beside the session that is learned from. */
export interface Practice {
  /** Durations of good endings by step, in milliseconds. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  /** Facts of every session of this runbook, this one included. */
  readonly sessions: readonly (readonly RecordedFact[])[];
}

/** Below this a quantile says nothing. */
const fewestSamples = 5;
/** Below this nobody can say that a check is skipped by all. */
const fewestSessions = 3;

/** What one session teaches about its runbook as it is now, in the order of the record. */
export function lessonsIn(
  runbook: Runbook,
  events: readonly RecordedFact[],
  { times, sessions }: Practice,
): readonly Lesson[] {
  const steps = new Map(allSteps(runbook).map((step) => [step.id, step]));
  const found = new Map<string, { readonly step: string; readonly event: 'timeout' | 'fail' | 'unknown' }>();
  for (const { fact } of events) {
    const trouble = troubleOf(fact);
    if (trouble !== null && steps.has(trouble.step)) found.set(`${trouble.step} ${trouble.event}`, trouble);
  }
  const wentWrong = [...found.values()].flatMap(({ step, event }): readonly Lesson[] => {
    const known = times[step] ?? [];
    const nowMs = steps.get(step)?.timeoutMs ?? 0;
    const p95Ms =
      quantileOf(
        known.toSorted((one, other) => one - other),
        0.95,
      ) ?? 0;
    const longer = event === 'timeout' && known.length >= fewestSamples && timeoutFor(p95Ms) > nowMs;
    return [
      { kind: 'failure_mode', step, event },
      ...(longer ? [{ kind: 'timeout', step, nowMs, p95Ms, samples: known.length } as const] : []),
      ...(asksAt(runbook, step, event) ? [{ kind: 'branch', step, event } as const] : []),
    ];
  });
  const skipped = [...new Set(eventsOf(events, 'operator.skipped').map(({ fact }) => fact.place.step))];
  return [
    ...wentWrong,
    ...skipped.flatMap((step): readonly Lesson[] => {
      const known = steps.get(step);
      if (known?.kind !== 'check' || known.required) return [];
      const reached = sessions.filter((facts) =>
        facts.some(({ fact }) => 'place' in fact && fact.place.step === step),
      );
      const passedOver = reached.filter((facts) =>
        facts.some(({ fact }) => fact.type === 'operator.skipped' && fact.place.step === step),
      );
      return reached.length >= fewestSessions && passedOver.length === reached.length
        ? [{ kind: 'skipped', step, sessions: reached.length }]
        : [];
    }),
  ];
}

function troubleOf(
  fact: RecordedFact['fact'],
): { readonly step: string; readonly event: 'timeout' | 'fail' | 'unknown' } | null {
  if (fact.type === 'command.ended') {
    if (fact.ending === 'timed_out') return { step: fact.place.step, event: 'timeout' };
    return fact.ending === 'exited' && fact.exitCode !== 0 ? { step: fact.place.step, event: 'fail' } : null;
  }
  if (fact.type !== 'check.judged' || fact.result === 'pass') return null;
  return { step: fact.place.step, event: fact.timedOut ? 'timeout' : fact.result };
}
