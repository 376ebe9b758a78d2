import type { FactOf } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import { realNames, rolesFor, type Names } from './actors.ts';
import { figuresOf, type Figures } from './figures.ts';
import { learningSections } from './postmortem-actions.ts';
import { comparisonSection } from './postmortem-comparisons.ts';
import { headerSection, summarySection } from './postmortem-header.ts';
import { scopeSection } from './postmortem-scope.ts';
import { smokeSection } from './postmortem-smoke.ts';
import type { LastDrill } from './postmortem-readiness.ts';
import { remainingSections } from './postmortem-sections.ts';
import { decisionSection, timelineSection } from './postmortem-story.ts';
import { effectSections, obligationSection, stepSection } from './postmortem-work.ts';
import { questionsOf, type Question } from './postmortem-questions.ts';
import { answersIn, itemsIn, recordOf, type ActionItem, type Told } from './postmortem-told.ts';
import { eventsOf, readStory, type Story } from './story.ts';

export interface PostmortemInput {
  readonly session: { readonly id: string; readonly outcome: string | null };
  readonly events: readonly RecordedFact[];
  /** The last lines of what an attempt printed, already redacted; empty where there is none. */
  readonly output: (attempt: string) => string;
  readonly verified: { readonly ok: boolean; readonly brokenAt: number | null };
  /** Name and version of the program that writes the document. */
  readonly program: string;
  /** `roles` (the default) calls people by their role in the session. */
  readonly names?: 'roles' | 'real';
  /** What each step usually takes, in milliseconds, from earlier sessions; without it nothing is said of pace. */
  readonly usual?: Readonly<Record<string, number>>;
  /** The last drill of the runbook before the session; null where there is none, left out where nobody looked. */
  readonly drill?: LastDrill | null;
}

/** What every section is written from. */
export interface Material extends Omit<PostmortemInput, 'names' | 'usual'> {
  readonly story: Story;
  readonly figures: Figures;
  readonly name: Names;
  readonly questions: readonly Question[];
  readonly answers: ReadonlyMap<string, Told>;
  readonly items: readonly ActionItem[];
  readonly learned: readonly FactOf<'learn.proposed'>[];
  readonly usual: Readonly<Record<string, number>>;
  /** How many events the whole chain has, and the hash of the last one. */
  readonly chain: { readonly events: number; readonly head: string | null };
}

/**
 * The post-mortem document in Markdown. What the ledger says and what people told afterwards stand apart in each section,
 * marked as such; nothing in it can act, whatever the recorded text holds. A session that goes on gives a draft so far.
 */
export function postmortemMarkdown(input: PostmortemInput): string {
  const events = recordOf(input.events);
  const story = readStory({ session: input.session, events });
  const material: Material = {
    ...input,
    events,
    story,
    figures: figuresOf(story, events),
    questions: questionsOf(story, events),
    answers: answersIn(input.events),
    items: itemsIn(input.events),
    learned: eventsOf(input.events, 'learn.proposed').map(({ fact }) => fact),
    usual: input.usual ?? {},
    chain: { events: input.events.length, head: input.events.at(-1)?.hash ?? null },
    name: input.names === 'real' ? realNames : rolesFor(input.events),
  };
  const sections = [
    headerSection(material),
    summarySection(material),
    timelineSection(material),
    ...scopeSection(material),
    decisionSection(material),
    ...effectSections(material),
    ...smokeSection(material),
    ...comparisonSection(material),
    stepSection(material),
    obligationSection(material),
    ...remainingSections(material),
    ...learningSections(material),
  ];
  return `${sections.join('\n\n')}\n`;
}
