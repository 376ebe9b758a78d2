import type { RecordedFact } from '../session/ports.ts';
import { realNames, rolesFor, type Names } from './actors.ts';
import { figuresOf, type Figures } from './figures.ts';
import { factsAndFindings } from './postmortem-findings.ts';
import { comparisonSection } from './postmortem-comparisons.ts';
import { headerSection, summarySection } from './postmortem-header.ts';
import { scopeSection } from './postmortem-scope.ts';
import { smokeSection } from './postmortem-smoke.ts';
import { decisionSection, timelineSection } from './postmortem-story.ts';
import { effectSections, obligationSection, stepSection } from './postmortem-work.ts';
import { readStory, type Story } from './story.ts';

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
}

/** What every section is written from. */
export interface Material extends Omit<PostmortemInput, 'names'> {
  readonly story: Story;
  readonly figures: Figures;
  readonly name: Names;
}

/**
 * The post-mortem document in Markdown. Everything that is not marked as a question for people is derived from the
 * ledger; nothing in it can act, whatever the recorded text holds. A session that goes on gives a draft so far.
 */
export function postmortemMarkdown(input: PostmortemInput): string {
  const story = readStory(input);
  const material: Material = {
    ...input,
    story,
    figures: figuresOf(story, input.events),
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
    ...factsAndFindings(material),
  ];
  return `${sections.join('\n\n')}\n`;
}
