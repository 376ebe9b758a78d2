import { isDay } from '../runbook/day.ts';
import { actionKinds, type ActionKind } from '../machine/action-kinds.ts';
import type { RecordedFact } from '../session/ports.ts';
import { rolesFor, type Names } from './actors.ts';
import { draftsIn } from './postmortem-actions.ts';
import type { Finding } from './postmortem-findings.ts';
import { neededAnswers, questionsOf, type Question } from './postmortem-questions.ts';
import {
  answersIn,
  flaggedIn,
  flaggedWords,
  itemsIn,
  peopleIn,
  recordOf,
  type ActionItem,
  type ItemText,
  type FlaggedWords,
} from './postmortem-told.ts';
import { eventsOf, readStory, type Story } from './story.ts';

export const itemKinds: readonly ActionKind[] = actionKinds;

/** A day that an action item can be due on: `2026-12-31`. */
export const isDueDay = (text: string): boolean => isDay(text);

export const isItemKind = (text: string): text is ActionKind => itemKinds.some((kind) => kind === text);

export interface ItemDraft extends ItemText {
  /** Null for one that has no number yet. */
  readonly id: string | null;
}

/** The human part of one session's post-mortem as it stands: what both front ends ask from. */
export interface Telling {
  readonly session: string;
  readonly title: string;
  readonly drill: boolean;
  /** The debt of the document, or null where none is owed any more. */
  readonly due: string | null;
  readonly owed: boolean;
  readonly finished: boolean;
  readonly questions: readonly (Question & { readonly answer: string | null })[];
  readonly items: readonly ActionItem[];
  readonly drafts: readonly Finding[];
  readonly flagged: readonly FlaggedWords[];
  /** What stands between it and being finished; empty where nothing does. */
  readonly missing: readonly string[];
  readonly story: Story;
  readonly people: readonly string[];
  readonly name: Names;
}

/** Reads it from everything that the ledger has of the session. */
export function readTelling(
  session: string,
  outcome: string | null,
  events: readonly RecordedFact[],
): Telling {
  const record = recordOf(events);
  const story = readStory({ session: { id: session, outcome }, events: record });
  const answers = answersIn(events);
  const items = itemsIn(events);
  const name = rolesFor(events);
  const duty = eventsOf(events, 'obligation.discharged').findLast(({ fact }) => fact.key === 'post-mortem');
  const questions = questionsOf(story, record).map((question) => ({
    ...question,
    answer: answers.get(question.id)?.text ?? null,
  }));
  return {
    session,
    title: story.started?.runbook.title ?? session,
    drill: story.started?.mode === 'DRILL',
    due: duty?.fact.due ?? null,
    owed: duty?.fact.how === 'carried',
    finished: eventsOf(events, 'pm.finished').length > 0,
    questions,
    items,
    drafts: draftsIn({ events: record, story, items }),
    flagged: flaggedWords(events, name),
    missing: missingIn(questions, items),
    story,
    people: peopleIn(events),
    name,
  };
}

function missingIn(questions: Telling['questions'], items: readonly ActionItem[]): readonly string[] {
  const open = questions
    .filter(({ id, answer }) => neededAnswers.has(id) && answer === null)
    .map(({ id, ask }) => `${id}: ${ask}`);
  const lasting = items.some(
    ({ closed, lasting: lasts, owner, due, proof }) =>
      closed?.how === 'resolved' ||
      (closed === null && lasts && owner !== null && due !== null && proof !== null),
  );
  return lasting
    ? open
    : [...open, 'at least one lasting action item with owner, date, and how we shall know that it worked'];
}

/** What a reader may stumble over in an answer before it is recorded. */
export const wordingOf = ({ people, name }: Telling, part: string, text: string): readonly FlaggedWords[] =>
  flaggedIn(part, text, people, name);

/** `lessons.badly line 2: “human error”: What made the action possible …?` */
export const flaggedText = ({ part, line, words, instead }: FlaggedWords): string =>
  `${part} line ${String(line)}: “${words}”: ${instead}`;

/** What a front end can do with it; each is on record when it returns. */
export interface TellingDesk {
  /** Said before anything is asked. */
  readonly warnings: readonly string[];
  readonly read: () => Telling;
  /** An empty text takes the answer back. */
  readonly answer: (question: string, text: string) => void;
  /** Answers the id. */
  readonly setItem: (item: ItemDraft) => string;
  /** Null where it is finished now; else why not. */
  readonly finish: () => string | null;
  /** The text as the person left it in their editor; null where they gave up. */
  readonly edit: (text: string) => Promise<string | null>;
}
