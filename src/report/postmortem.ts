import { realNames, rolesFor } from './actors.ts';
import { figuresOf } from './figures.ts';
import { learningSections } from './postmortem-actions.ts';
import { comparisonSection } from './postmortem-comparisons.ts';
import { headerSection, summarySection } from './postmortem-header.ts';
import { scopeSection } from './postmortem-scope.ts';
import { smokeSection } from './postmortem-smoke.ts';
import { remainingSections } from './postmortem-sections.ts';
import { decisionSection, timelineSection } from './postmortem-story.ts';
import { effectSections, obligationSection, stepSection } from './postmortem-work.ts';
import { questionsOf } from './postmortem-questions.ts';
import { answersIn, itemsIn, recordOf } from './postmortem-told.ts';
import { eventsOf, readStory } from './story.ts';
import type { PostmortemInput, Material } from './postmortem-material.ts';

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
