import { driftFinding } from '../machine/drift.ts';
import type { ActionKind } from '../machine/action-kinds.ts';
import type { Fact } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import { blameWordings, namesIn, vagueWordings, type BlameWording } from './blame.ts';
import type { Names } from './actors.ts';
import { personOf } from './actors.ts';
import { eventsOf } from './story.ts';

/** What people told after the session: their answers and their action items, beside the record and never in it. */

export interface Told {
  readonly text: string;
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
}

/** What a person sets of an action item. */
export interface ItemText {
  readonly kind: ActionKind;
  readonly text: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly proof: string | null;
  readonly lasting: boolean;
  readonly finding: string | null;
}

export interface ActionItem extends ItemText {
  /** `AI-12` */
  readonly id: string;
  readonly by: string;
  readonly at: string;
  readonly closed: {
    /** `settled`: what was changed by hand, and was left so until a date, is dealt with. */
    readonly how: 'resolved' | 'dropped' | 'settled';
    readonly at: string;
    readonly reason: string;
  } | null;
}

const isTold = ({ type }: Fact): boolean => type.startsWith('pm.') || type.startsWith('learn.');

/** A debt of the post-mortem itself, or of an action item: it belongs to the story, not to the session. */
const isTellingDebt = (fact: Fact): boolean => {
  if (fact.type === 'obligation.opened') return /^AI-\d+$/.test(fact.obligation.key);
  if (fact.type === 'obligation.discharged') return /^AI-\d+$/.test(fact.key) || isPaid(fact);
  return false;
};
const isPaid = (fact: Extract<Fact, { type: 'obligation.discharged' }>): boolean =>
  fact.key === 'post-mortem' && fact.how === 'proved';

/** What the session recorded, without what was told about it afterwards. */
export const recordOf = (events: readonly RecordedFact[]): readonly RecordedFact[] =>
  events.filter(({ fact }) => !isTold(fact) && !isTellingDebt(fact));

/** The newest answer to each question; one that was taken back is not there. */
export function answersIn(events: readonly RecordedFact[]): ReadonlyMap<string, Told> {
  const answers = new Map<string, Told>();
  for (const { at, fact } of eventsOf(events, 'pm.edited')) {
    if (fact.text.trim() === '') answers.delete(fact.part);
    else answers.set(fact.part, { text: fact.text, by: fact.by, at });
  }
  return answers;
}

/**
 * Every action item as it stands, in the order in which they were made. One that a drift left behind ends with the debt of
 * that drift.
 */
export function itemsIn(events: readonly RecordedFact[]): readonly ActionItem[] {
  const items = new Map<string, ActionItem>();
  const findings = new Map<string, string>();
  for (const { at, fact } of events) {
    if (fact.type === 'drift.added' && fact.key !== undefined) findings.set(fact.key, driftFinding(fact));
    if (fact.type === 'obligation.discharged' && fact.how !== 'carried') {
      const finding = findings.get(fact.key);
      const carried = [...items.values()].find((item) => item.finding === finding && item.closed === null);
      if (finding !== undefined && carried !== undefined)
        items.set(carried.id, { ...carried, closed: { how: 'settled', at, reason: fact.reason } });
    }
    if (fact.type === 'pm.item') {
      const { type: _type, ...item } = fact;
      items.set(fact.id, { ...item, at, closed: items.get(fact.id)?.closed ?? null });
    }
    const open = fact.type === 'pm.item_closed' ? items.get(fact.id) : undefined;
    if (fact.type === 'pm.item_closed' && open !== undefined)
      items.set(fact.id, { ...open, closed: { how: fact.how, at, reason: fact.reason } });
  }
  return [...items.values()];
}

/** Names of people as a text can hold them: everybody who did something in the session. */
export function peopleIn(events: readonly RecordedFact[]): readonly string[] {
  return [...new Set(events.flatMap(({ fact }) => personOf(fact) ?? []))].filter((one) => one !== 'walkback');
}

/** Words to look at once more, in what was told: blame, hindsight, names, and changes that are only good intentions. */
export interface FlaggedWords extends BlameWording {
  /** The question or the action item that it stands in. */
  readonly part: string;
}

/** What an answer says that a reader may take as blame; `part` is where it stands. */
export function flaggedIn(
  part: string,
  text: string,
  people: readonly string[],
  name: Names,
): readonly FlaggedWords[] {
  return [
    ...blameWordings(text),
    // who owns and who reviews is meant to be a name
    ...(part.startsWith('header.') ? [] : namesIn(text, people, name)),
    ...(part.startsWith('AI-') ? vagueWordings(text) : []),
  ]
    .toSorted((one, other) => one.line - other.line)
    .map((wording) => ({ part, ...wording }));
}

/** The same over everything that was told. */
export function flaggedWords(events: readonly RecordedFact[], name: Names): readonly FlaggedWords[] {
  const people = peopleIn(events);
  return [
    ...[...answersIn(events)].flatMap(([part, { text }]) => flaggedIn(part, text, people, name)),
    ...itemsIn(events).flatMap(({ id, text }) => flaggedIn(id, text, people, name)),
  ];
}
