import type { ComparisonPlan } from './comparison.ts';
import type { SmokePlan } from './smoke.ts';
import type { Position, Expression, Template, Command, Probe, Check } from './values.ts';

/** The steps of a runbook, with what they owe, where they lead and how they are taken back. */

export type Outcome =
  'rolled_back' | 'mitigated' | 'rolled_forward' | 'not_needed' | 'not_possible' | 'aborted';

/** Where a step leads when it does not pass. `goto` names a step, a phase or a `use` id. */
export type Route =
  | { readonly kind: 'ask' }
  | { readonly kind: 'goto'; readonly target: string }
  | { readonly kind: 'end'; readonly outcome: Outcome };

export type RouteOn = 'fail' | 'unknown' | 'timeout' | 'denied' | 'abort';

/** A debt: what is bent, how it is given back, and what proves that it was. */
export interface Opens {
  readonly id: string;
  readonly title: string;
  /** The title where it has places in it: they are filled when the debt is opened. */
  readonly named?: Template;
  readonly ttlMs: number | null;
  /** Past `ttl` nothing more is changed before somebody has decided; left out, it is only shown. */
  readonly overdue?: 'hold';
  readonly release: Command;
  /** What must hold before it is given back, read at the last moment; only a recorded reason goes past it. */
  readonly before?: readonly Check[];
  readonly proof: Check | null;
  /** Due later: it outlives the session, with an owner and a date, and does not keep it from closing. */
  readonly later?: { readonly withinMs: number; readonly owner: string | null } | null;
  readonly at: Position;
}

export interface Undo {
  readonly command: Command;
  readonly verify: Check | null;
}

export interface PointOfNoReturn {
  readonly lost: string;
  /** `name`: the target's name is typed; `yes`: one key after the dead time. */
  readonly confirm: 'name' | 'yes';
}

export interface DecideOption {
  readonly id: string;
  readonly title: string;
  /** The title where it has places in it. */
  readonly named?: Template;
  readonly when: Expression | null;
  readonly route: Route | null;
  /** Asks the same question again once what is waited for is there. */
  readonly again: boolean;
  /** Fields the person must fill in to take this option: `what`, `until`, … */
  readonly needs: readonly string[];
  readonly reversible: string | null;
  readonly at: Position;
}

export interface Approval {
  readonly role: string;
  readonly not: string | null;
  readonly count: number;
  readonly expiresMs: number | null;
}

interface StepBase {
  /** Unique in the whole runbook; a fragment's step is `<use id>_<its id>`. */
  readonly id: string;
  readonly at: Position;
  readonly phase: string;
  readonly title: string;
  readonly why: string | null;
  readonly warn: string | null;
  /** Those of its texts that have places in them; `title`, `why`, `warn` and what is lost hold plain words for the places. */
  readonly wording?: Readonly<Partial<Record<'title' | 'why' | 'warn' | 'lost', Template>>>;
  readonly when: Expression | null;
  readonly role: string | null;
  readonly timeoutMs: number;
  readonly retry: {
    readonly times: number;
    readonly everyMs: number;
    /** After which of them only; after all where it is left out. */
    readonly on?: readonly ('fail' | 'unknown' | 'timeout')[];
  } | null;
  readonly idempotent: boolean;
  readonly readOnly: boolean;
  readonly required: boolean;
  readonly before: readonly Check[];
  readonly verify: readonly Check[];
  readonly opens: Opens | null;
  readonly undo: Undo | null;
  readonly ponr: PointOfNoReturn | null;
  readonly on: Readonly<Record<RouteOn, Route>>;
  readonly capture: Readonly<Record<string, Probe>>;
  readonly outputs: Readonly<Record<string, { readonly pattern: string }>>;
  readonly watchOutput: string | null;
  readonly probeAfterCrash: Probe | null;
  readonly evidence: Readonly<Record<string, 'required' | 'optional'>>;
  readonly expectedMs: number | null;
  /** Events that the step stands for once it was done: they may close the window. */
  readonly tags?: readonly string[];
  /** The feature flag that the step turns: on record with what it was before. */
  readonly flag?: { readonly name: Template; readonly to: string } | null;
  /** Whether the data may be another one afterwards: said by the author, or null where the rule of `isStateful` holds. */
  readonly stateful?: boolean | null;
  /** When it is over, the `each` around it goes on with its next item. */
  readonly nextItem?: boolean;
  /** Ids of the `each` steps around this one, outermost first. */
  readonly enclosing: readonly string[];
  /** Id of the innermost `parallel` around this step, or null. */
  readonly parallel: string | null;
}

export type Step = StepBase &
  (
    | { readonly kind: 'run'; readonly command: Command }
    | { readonly kind: 'check'; readonly check: Check }
    | {
        readonly kind: 'decide';
        readonly question: Template;
        readonly show: readonly string[];
        readonly options: readonly DecideOption[];
        readonly recommend: Expression | null;
        readonly objectionsMs: number | null;
      }
    | { readonly kind: 'approve'; readonly text: Template; readonly approval: Approval }
    | {
        readonly kind: 'manual';
        readonly text: Template;
        readonly changes: string | null;
        /** Where a person puts the text: `where: browser` and `where: chat`. */
        readonly hand?: 'browser' | 'chat';
      }
    | { readonly kind: 'confirm'; readonly question: Template; readonly value: Template }
    | {
        readonly kind: 'wait';
        readonly wait:
          | { readonly kind: 'for'; readonly ms: number }
          /** A span that is known only once the session runs: of an input, or of the environment. */
          | { readonly kind: 'span'; readonly span: Template }
          | { readonly kind: 'until'; readonly time: Template }
          | { readonly kind: 'condition'; readonly check: Check };
      }
    | { readonly kind: 'notify'; readonly channel: string; readonly text: Template }
    | { readonly kind: 'parallel'; readonly steps: readonly Step[] }
    | {
        readonly kind: 'each';
        readonly in: Template;
        /** Counts 1, 2, 3, … instead, until a route leads out of it. */
        readonly endless?: boolean;
        readonly as: string;
        readonly order: 'given' | 'reverse' | 'leader_last';
        readonly gapMs: number;
        readonly steps: readonly Step[];
      }
    | { readonly kind: 'release'; readonly obligations: readonly string[] }
    | { readonly kind: 'end'; readonly outcome: Outcome }
    | { readonly kind: 'compare'; readonly comparison: ComparisonPlan }
    | { readonly kind: 'smoke'; readonly plan: SmokePlan }
    | { readonly kind: 'barrier' }
  );

export type StepKind = Step['kind'];
export type StepOf<Kind extends StepKind> = Extract<Step, { kind: Kind }>;

export interface Phase {
  readonly id: string;
  readonly title: string;
  readonly offPath: boolean;
  readonly steps: readonly Step[];
  readonly at: Position;
}
