import type { FactOf } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import type { Names } from './actors.ts';
import type { Figures } from './figures.ts';
import type { LastDrill } from './postmortem-readiness.ts';
import type { Question } from './postmortem-questions.ts';
import type { ActionItem, Told } from './postmortem-told.ts';
import type { Story } from './story.ts';

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
