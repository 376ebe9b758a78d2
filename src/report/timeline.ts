import type { FactType } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import { personOf } from './actors.ts';
import { sayFact } from './sentences.ts';
import { between } from './time.ts';
import type { TimelineKind } from './timeline-kinds.ts';

export interface TimelineLine {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Since the session's first event, milliseconds. */
  readonly afterMs: number;
  readonly kind: TimelineKind;
  readonly who: string;
  readonly what: string;
  readonly evidence: string;
  /** A decision that was made: what people jump to. */
  readonly isDecision: boolean;
}

/** By what stands before the dot of a fact's type. */
const kinds: Readonly<Record<string, TimelineKind>> = {
  question: 'decisions',
  decision: 'decisions',
  objection: 'decisions',
  approval: 'decisions',
  authority: 'decisions',
  override: 'decisions',
  step: 'steps',
  operator: 'steps',
  command: 'steps',
  attempt: 'steps',
  doubt: 'steps',
  wait: 'steps',
  each: 'steps',
  check: 'checks',
  guard: 'checks',
  probe: 'checks',
  comparison: 'checks',
  invariant: 'checks',
  watch: 'checks',
  smoke: 'checks',
  data: 'checks',
  evidence: 'checks',
  obligation: 'debts',
  release: 'debts',
  trigger: 'numbers',
  advice: 'numbers',
  success: 'numbers',
  window: 'numbers',
  calendar: 'numbers',
  event: 'numbers',
  note: 'people',
  drift: 'people',
  handover: 'people',
  person: 'people',
  value: 'people',
  comms: 'messages',
  message: 'messages',
  escalation: 'messages',
  incident: 'messages',
};

const decisive: ReadonlySet<FactType> = new Set([
  'decision.made',
  'override.used',
  'approval.given',
  'approval.denied',
]);

/** What happened in a session, a line an event; what is about no step, number or person is about the session itself. */
export function timelineOf(events: readonly RecordedFact[]): readonly TimelineLine[] {
  const first = events[0]?.at ?? '';
  return events.map(({ seq, at, actor, fact }) => ({
    seq,
    at,
    afterMs: between(first, at),
    kind: kinds[fact.type.slice(0, fact.type.indexOf('.'))] ?? 'session',
    who: personOf(fact) ?? actor,
    ...sayFact(fact),
    isDecision: decisive.has(fact.type),
  }));
}

export interface TimelineFilter {
  readonly kind: TimelineKind | null;
  /** Words that all have to be in the line, in any case; empty for every line. */
  readonly search: string;
}

export const filteredTimeline = (
  lines: readonly TimelineLine[],
  { kind, search }: TimelineFilter,
): readonly TimelineLine[] => {
  const words = wordsOf(search);
  return lines.filter(
    (line) =>
      (kind === null || line.kind === kind) &&
      hasWords(`${line.at} ${line.who} ${line.what} ${line.evidence}`, words),
  );
};

/** The words that are searched for. */
export const wordsOf = (search: string): readonly string[] =>
  search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');

/** Whether a text has all of these words (of `wordsOf`) in it. */
export function hasWords(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
