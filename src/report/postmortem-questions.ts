import type { RecordedFact } from '../session/ports.ts';
import type { Story } from './story.ts';
import { between, clockText, durationText } from './time.ts';

/** What only people can answer. `id` is what their answer is recorded under, so it never changes its meaning. */
export interface Question {
  readonly id: string;
  /** The part of the document that it stands in. */
  readonly section: string;
  /** Our words: no value of the record is put into it but times and numbers. */
  readonly ask: string;
}

/** Those of one section that do not depend on the session, in their order. */
const fixed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  header: { owner: 'Who owns this document?', reviewers: 'Who reviews it?' },
  summary: {
    felt: 'In one sentence: what did users feel?',
    mattered: 'In one sentence: why did it matter?',
  },
  scope: { missing: 'Which part had to go back that was not in scope, and which rule was missing?' },
  impact: {
    customers: 'How many customers were affected, and how?',
    tickets: 'How many support tickets?',
    money: 'What did it cost?',
  },
  detection: {
    first: 'When did the first person notice, and how?',
    earlier: 'Why not earlier? Which signal was missing?',
  },
  effectiveness: { right: 'Was rollback the right tool?', faster: 'What would have been faster?' },
  obligations: {
    waived: 'Why was each debt waived or carried, and who will see that it is paid?',
    missing: 'Was anything bent that is not in this list?',
  },
  factors: {
    conditions:
      'Which conditions in the system, the process, the tools and what people knew made this possible? Several; no single root, no names.',
  },
  lessons: { well: 'What went well?', badly: 'What went badly?', lucky: 'Where were we lucky?' },
  data: { owed: 'Is any repair of data still owed, and to whom?' },
  drift: { why: 'Why was each of them needed, and is it still in place?' },
  messages: { lacked: 'What did readers still lack?' },
  readiness: { lied: 'Which readiness item turned out to be wrong?' },
  actions: {
    lasting:
      'Which of these changes lasts, and does not ask anybody to be more careful? At least one, with owner, date, and how we shall know that it worked.',
  },
  followup: {
    missing: 'Which branch, check or limit was missing from the runbook?',
    drill: 'Which part of this is worth a drill?',
  },
};

const ofSection = (section: string): readonly Question[] =>
  Object.entries(fixed[section] ?? {}).map(([key, ask]) => ({ id: `${section}.${key}`, section, ask }));

/** Silence that is worth a question. */
const gapMs = 5 * 60_000;

/** Times at which nothing was recorded for longer than 5 minutes: the event before each. */
export const gapsIn = (
  events: readonly RecordedFact[],
): readonly { readonly from: RecordedFact; readonly to: RecordedFact; readonly ms: number }[] =>
  events.flatMap((to, index) => {
    const from = events[index - 1];
    const ms = from === undefined ? 0 : between(from.at, to.at);
    return from !== undefined && ms > gapMs ? [{ from, to, ms }] : [];
  });

/** Every question of one session's document, in the order of the document. `events` are those of the record alone. */
export function questionsOf(
  { decisions, obligations }: Pick<Story, 'decisions' | 'obligations'>,
  events: readonly RecordedFact[],
): readonly Question[] {
  const gaps = gapsIn(events);
  const bent = obligations.some(({ closed }) => closed !== null && closed.how !== 'proved');
  const scope = events.some(({ fact }) => fact.type === 'scope.decided');
  const timeline = [
    ...gaps.map(({ from, ms }): Question => ({
      id: `timeline.gap${String(from.seq)}`,
      section: 'timeline',
      ask: `Nothing was recorded for ${durationText(ms)} after ${clockText(from.at)}: what did you believe then, and what were you doing?`,
    })),
    ...(gaps.length > 0
      ? []
      : [
          {
            id: 'timeline.unrecorded',
            section: 'timeline',
            ask: 'There is no silence longer than 5 minutes. Was anything done that is not recorded here?',
          },
        ]),
  ];
  const decided = decisions.flatMap((_, index): readonly Question[] => {
    const section = `decision${String(index + 1)}`;
    return [
      { id: `${section}.believed`, section, ask: 'What did you believe then?' },
      { id: `${section}.changed`, section, ask: 'What would have changed your mind?' },
    ];
  });
  return [
    ...ofSection('header'),
    ...ofSection('summary'),
    ...timeline,
    ...(scope ? ofSection('scope') : []),
    ...decided,
    ...['impact', 'detection', 'effectiveness'].flatMap(ofSection),
    ...ofSection('obligations').filter(({ id }) => (id === 'obligations.waived') === bent),
    ...['factors', 'lessons', 'data', 'drift', 'messages', 'readiness', 'actions', 'followup'].flatMap(
      ofSection,
    ),
  ];
}

/** Without these the document is not finished; the others may stay open, and the document shows that they do. */
export const neededAnswers: ReadonlySet<string> = new Set([
  'header.owner',
  'header.reviewers',
  'summary.felt',
  'summary.mattered',
  'factors.conditions',
  'lessons.well',
  'lessons.badly',
  'lessons.lucky',
]);
