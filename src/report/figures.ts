import { verdictIn } from '../machine/verdict-text.ts';
import type { RecordedFact } from '../session/ports.ts';
import { eventsOf, type Story } from './story.ts';
import { between } from './time.ts';

/** The numbers people ask for first. Milliseconds; null where the session has no such moment (yet). */
export interface Figures {
  readonly durationMs: number | null;
  /** When the clock for deciding started, and what started it. */
  readonly zero: { readonly at: string; readonly what: 'trigger fired' | 'session started' } | null;
  readonly decidedAt: string | null;
  readonly toDecideMs: number | null;
  /** First proof of recovery after the decision, and what proved it. */
  readonly recovered: { readonly at: string; readonly what: string } | null;
  readonly toRestoreMs: number | null;
  /** From the decision to the last debt given back. */
  readonly toGiveBackMs: number | null;
  readonly verdict: string | null;
  readonly steps: number;
  readonly attempts: number;
  readonly retries: number;
  readonly timeouts: number;
  readonly inDoubt: number;
  readonly skipped: number;
  readonly overrides: number;
  readonly unknowns: number;
  readonly refused: number;
  readonly debts: {
    readonly opened: number;
    readonly closed: number;
    readonly open: number;
    readonly overdue: number;
  };
}

/** Counts and spans of one session; every one of them can be counted again by hand from the timeline. */
export function figuresOf(story: Story, events: readonly RecordedFact[]): Figures {
  const zero = zeroOf(story, events);
  const decided = eventsOf(events, 'decision.made').find(({ fact }) => fact.againAt === null);
  // held open for objections after it was made: that time is not spent on deciding
  const decidedAt = decided?.fact.chosenAt ?? decided?.at ?? null;
  const recovered = decidedAt === null ? null : recoveryAfter(story, events, decidedAt);
  const closings = story.obligations.flatMap(({ closedAt }) => closedAt ?? []);
  const skips = eventsOf(events, 'operator.skipped');
  const open = story.obligations.filter(({ closed }) => closed === null).length;
  return {
    durationMs: span(story.startedAt, story.endedAt ?? story.lastAt),
    zero,
    decidedAt,
    toDecideMs: span(zero?.at ?? null, decidedAt),
    recovered,
    toRestoreMs: span(decidedAt, recovered?.at ?? null),
    toGiveBackMs: span(decidedAt, closings.toSorted().at(-1) ?? null),
    verdict: verdictOf(events),
    steps: new Set(story.attempts.map(({ place }) => place)).size,
    attempts: story.attempts.length,
    retries: story.attempts.filter(({ number }) => number > 1).length,
    timeouts:
      eventsOf(events, 'command.ended').filter(({ fact }) => fact.ending === 'timed_out').length +
      eventsOf(events, 'check.judged').filter(({ fact }) => fact.timedOut).length,
    inDoubt: story.attempts.filter(({ doubt }) => doubt !== null).length,
    skipped: skips.length,
    overrides:
      skips.filter(({ fact }) => fact.override).length +
      eventsOf(events, 'session.started').filter(({ fact }) => fact.review === 'break_glass').length,
    unknowns: [...eventsOf(events, 'check.judged'), ...eventsOf(events, 'guard.read')].filter(
      ({ fact }) => fact.result === 'unknown',
    ).length,
    refused: eventsOf(events, 'intent.refused').length,
    debts: {
      opened: story.obligations.length,
      closed: story.obligations.length - open,
      open,
      overdue: story.obligations.filter(({ overdueAt }) => overdueAt !== null).length,
    },
  };
}

const span = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : between(from, to);

function zeroOf(story: Story, events: readonly RecordedFact[]): Figures['zero'] {
  const fired = eventsOf(events, 'trigger.changed').find(({ fact }) => fact.state === 'FIRED');
  if (fired !== undefined) return { at: fired.at, what: 'trigger fired' };
  return story.startedAt === null ? null : { at: story.startedAt, what: 'session started' };
}

/** The last verdict of a comparison, as its reading words it. */
function verdictOf(events: readonly RecordedFact[]): string | null {
  return verdictsIn(events).at(-1)?.verdict ?? null;
}

function verdictsIn(events: readonly RecordedFact[]) {
  const made = eventsOf(events, 'comparison.made').filter(({ fact }) => fact.final);
  if (made.length > 0) return made.map(({ at, fact }) => ({ at, verdict: fact.verdict }));
  // before comparisons were on record by themselves, and where a command of the runbook's own compares
  return eventsOf(events, 'check.judged').flatMap(({ at, fact }) =>
    fact.readings.flatMap((reading) => {
      const verdict = verdictIn(reading);
      return verdict === null ? [] : [{ at, verdict }];
    }),
  );
}

/**
 * What counts as recovery, best evidence first: a comparison that says RECOVERED, else the moment from which no
 * trigger that had fired is left, else the last check that passed in a session that has ended.
 */
function recoveryAfter(
  story: Story,
  events: readonly RecordedFact[],
  decidedAt: string,
): Figures['recovered'] {
  const later = events.filter(({ at }) => at >= decidedAt);
  const compared = verdictsIn(later).find(({ verdict }) => verdict === 'RECOVERED');
  if (compared !== undefined) return { at: compared.at, what: 'verdict RECOVERED' };
  const cleared = clearedAfter(events, decidedAt);
  if (cleared !== null) return cleared;
  const passed = eventsOf(later, 'check.judged').findLast(({ fact }) => fact.result === 'pass');
  const over = story.outcome !== null && story.outcome !== 'aborted' && story.outcome !== 'not_possible';
  return over && passed !== undefined
    ? { at: passed.at, what: `check ${passed.fact.place.step} passed` }
    : null;
}

/** When the last trigger that had fired was well again, if none fired after it; UNKNOWN is not well. */
function clearedAfter(events: readonly RecordedFact[], decidedAt: string): Figures['recovered'] {
  const fired = new Set<string>();
  let cleared: Figures['recovered'] = null;
  for (const { at, fact } of eventsOf(events, 'trigger.changed')) {
    if (fact.state === 'FIRED') {
      fired.add(fact.id);
      cleared = null;
    } else if ((fact.state === 'OK' || fact.state === 'CLEARED') && fired.delete(fact.id)) {
      cleared = fired.size === 0 ? { at, what: `trigger ${fact.id} ${fact.state}` } : null;
    }
  }
  return cleared !== null && cleared.at >= decidedAt ? cleared : null;
}
