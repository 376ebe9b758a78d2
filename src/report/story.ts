import type { Fact, FactOf, FactType } from '../machine/facts.ts';
import type { Opened, Reading, Result, Shown } from '../machine/facts/values.ts';
import { pastGuard, placeKey } from '../machine/place-key.ts';
import type { RecordedFact } from '../session/ports.ts';

/** What reports are written from: one session's facts, in order, and what the facts themselves do not hold. */
export interface SessionRecord {
  /** `outcome` where the caller knows better than the events; null takes theirs. */
  readonly session: { readonly id: string; readonly outcome: string | null };
  readonly events: readonly RecordedFact[];
}

export interface Story {
  readonly id: string;
  readonly outcome: string | null;
  readonly started: FactOf<'session.started'> | null;
  /** ISO times; null before the first event, and before the end. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly closedAt: string | null;
  readonly lastAt: string | null;
  readonly attempts: readonly AttemptStory[];
  readonly decisions: readonly DecisionStory[];
  readonly obligations: readonly ObligationStory[];
}

/** One attempt of one step, from ready to settled. */
export interface AttemptStory {
  readonly attempt: string;
  readonly place: string;
  readonly step: string;
  /** Counts from 1 in its place. */
  readonly number: number;
  readonly shown: Shown | null;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly argv: readonly string[] | null;
  readonly ended: FactOf<'command.ended'> | null;
  /** What became of it, in words. */
  readonly result: string;
  readonly doubt: { readonly why: string; readonly resolved: FactOf<'doubt.resolved'> | null } | null;
  readonly skipped: FactOf<'operator.skipped'> | null;
  readonly judged: Result | null;
  readonly readings: readonly Reading[];
  readonly facts: readonly RecordedFact[];
}

export interface DecisionStory {
  readonly place: string;
  readonly title: string;
  readonly posedAt: string;
  readonly posed: FactOf<'question.posed'>;
  readonly madeAt: string | null;
  readonly made: FactOf<'decision.made'> | null;
}

export interface ObligationStory {
  readonly opened: Opened;
  readonly openedAt: string;
  readonly by: string;
  readonly reason: string | null;
  readonly due: string | null;
  readonly overdueAt: string | null;
  readonly closedAt: string | null;
  readonly closed: FactOf<'obligation.discharged'> | null;
}

/** Facts of one kind, with when and by whom they were recorded. */
export function eventsOf<Type extends FactType>(
  events: readonly RecordedFact[],
  type: Type,
): readonly (RecordedFact & { readonly fact: FactOf<Type> })[] {
  const isOne = (event: RecordedFact): event is RecordedFact & { readonly fact: FactOf<Type> } =>
    event.fact.type === type;
  return events.filter(isOne);
}

/** Reads one session's facts into what people ask about it. */
export function readStory({ session, events }: SessionRecord): Story {
  const attempts = readAttempts(events);
  const closedAt = eventsOf(events, 'session.closed').at(-1)?.at ?? null;
  const ended = eventsOf(events, 'session.ended').at(-1) ?? null;
  return {
    id: session.id,
    outcome: session.outcome ?? ended?.fact.outcome ?? null,
    started: eventsOf(events, 'session.started')[0]?.fact ?? null,
    startedAt: events[0]?.at ?? null,
    endedAt: ended?.at ?? closedAt,
    closedAt,
    lastAt: events.at(-1)?.at ?? null,
    attempts,
    decisions: readDecisions(events, attempts),
    obligations: readObligations(events),
  };
}

type Worked = Extract<Fact, { readonly attempt: string }>;
type WorkedEvent = RecordedFact & { readonly fact: Worked };
const isWorked = (event: RecordedFact): event is WorkedEvent => 'attempt' in event.fact;

function readAttempts(events: readonly RecordedFact[]): readonly AttemptStory[] {
  const groups = Map.groupBy(events.filter(isWorked), ({ fact }) => fact.attempt);
  const seen = new Map<string, number>();
  return [...groups].map(([attempt, facts]) => {
    const place = facts[0] === undefined ? attempt : placeKey(facts[0].fact.place);
    const number = (seen.get(place) ?? 0) + 1;
    seen.set(place, number);
    return readAttempt(attempt, place, number, facts);
  });
}

function readAttempt(
  attempt: string,
  place: string,
  number: number,
  facts: readonly WorkedEvent[],
): AttemptStory {
  const ended = eventsOf(facts, 'command.ended').at(-1)?.fact ?? null;
  const found = eventsOf(facts, 'attempt.found').at(-1)?.fact ?? null;
  const judged = eventsOf(facts, 'check.judged').at(-1)?.fact ?? null;
  const shown = eventsOf(facts, 'step.readied').at(-1)?.fact.shown ?? null;
  const resolved = eventsOf(facts, 'doubt.resolved').at(-1)?.fact ?? null;
  const why = ended?.doubt ?? (found?.verdict === 'in_doubt' ? (found.doubt ?? 'no_outcome') : null);
  return {
    attempt,
    place,
    step: facts[0]?.fact.place.step ?? place,
    number,
    shown,
    firstAt: facts[0]?.at ?? '',
    lastAt: facts.at(-1)?.at ?? '',
    argv: eventsOf(facts, 'step.intent').at(-1)?.fact.command?.argv ?? shown?.argv ?? null,
    ended,
    result: resultText(facts),
    doubt: why === null ? null : { why, resolved },
    skipped: eventsOf(facts, 'operator.skipped').at(-1)?.fact ?? null,
    judged: judged?.result ?? null,
    readings: [...eventsOf(facts, 'guard.read'), ...eventsOf(facts, 'check.judged')].flatMap(
      ({ fact }) => fact.readings,
    ),
    facts,
  };
}

/** What became of an attempt, from the last of its facts that settles something. */
function resultText(facts: readonly WorkedEvent[]): string {
  for (const { fact } of facts.toReversed()) {
    const text = settledText(fact);
    if (text !== null) return text;
  }
  return 'not settled';
}

function settledText(fact: Worked): string | null {
  switch (fact.type) {
    case 'command.ended':
      return fact.doubt !== null
        ? 'in doubt'
        : fact.ending === 'exited'
          ? `exit ${String(fact.exitCode)}`
          : fact.ending.replaceAll('_', ' ');
    case 'check.judged':
      return fact.timedOut ? `${fact.result} (timed out)` : fact.result;
    case 'guard.read':
      return fact.result === 'pass' ? null : `refused by its guard (${fact.result})`;
    case 'doubt.resolved':
      return `in doubt, then judged ${fact.as.replaceAll('_', ' ')}`;
    case 'operator.skipped':
      return fact.override ? 'skipped by override' : 'skipped';
    case 'operator.routed':
      return fact.to === pastGuard ? null : `left to ${fact.to}`;
    case 'step.passed_over':
      return 'not needed';
    case 'step.blocked':
      return `blocked (${fact.code})`;
    case 'decision.made':
      return `chose ${fact.option}`;
    case 'approval.given':
      return 'approved';
    case 'approval.denied':
      return 'denied';
    case 'approval.expired':
      return 'approval expired';
    case 'person.reported':
    case 'message.sent':
      return fact.result;
    case 'value.typed':
      return fact.matches ? 'confirmed' : 'the value did not match';
    case 'wait.over':
      return 'waited';
    case 'attempt.found':
      return fact.verdict === 'in_doubt' ? 'in doubt' : null;
    default:
      return null;
  }
}

function readDecisions(
  events: readonly RecordedFact[],
  attempts: readonly AttemptStory[],
): readonly DecisionStory[] {
  const made = eventsOf(events, 'decision.made');
  return eventsOf(events, 'question.posed').map(({ at, seq, fact }) => {
    const answer = made.find((one) => one.seq > seq && one.fact.attempt === fact.attempt) ?? null;
    const place = placeKey(fact.place);
    return {
      place,
      title: attempts.find(({ attempt }) => attempt === fact.attempt)?.shown?.title ?? place,
      posedAt: at,
      posed: fact,
      madeAt: answer?.at ?? null,
      made: answer?.fact ?? null,
    };
  });
}

function readObligations(events: readonly RecordedFact[]): readonly ObligationStory[] {
  const overdue = eventsOf(events, 'obligation.overdue');
  const discharged = eventsOf(events, 'obligation.discharged');
  return events.flatMap(({ at, actor, fact, seq }) => {
    const opened = openedBy(fact);
    if (opened === null) return [];
    const closed = discharged.find((one) => one.seq > seq && one.fact.key === opened.key) ?? null;
    return [
      {
        opened,
        openedAt: at,
        by: fact.type === 'obligation.opened' ? fact.by : starterOf(events, fact, actor),
        reason: fact.type === 'obligation.opened' ? fact.reason : null,
        due: closed?.fact.due ?? (fact.type === 'obligation.opened' ? fact.due : null),
        overdueAt: overdue.find((one) => one.seq > seq && one.fact.key === opened.key)?.at ?? null,
        closedAt: closed?.at ?? null,
        closed: closed?.fact ?? null,
      },
    ];
  });
}

function openedBy(fact: Fact): Opened | null {
  if (fact.type === 'obligation.opened') return fact.obligation;
  return fact.type === 'step.intent' ? fact.opens : null;
}

/** Who said run for the attempt that opened a debt. */
function starterOf(events: readonly RecordedFact[], fact: Fact, actor: string): string {
  const attempt = 'attempt' in fact ? fact.attempt : null;
  return eventsOf(events, 'operator.ran').findLast((one) => one.fact.attempt === attempt)?.fact.by ?? actor;
}
