import type { Json } from '../runbook/model/values.ts';
import type { Outcome, StepKind } from '../runbook/model/step.ts';
import type { Accepted, DataBlock } from './data-state.ts';
import type { FactOf } from './facts.ts';
import type { Opened, Place, Reading, Result, Shown } from './facts/values.ts';

/** Plain data about one session, for every front end. The same object is returned until something changes. */
export interface SessionView {
  readonly session: {
    readonly id: string;
    readonly runbook: FactOf<'session.started'>['runbook'];
    readonly mode: 'LIVE' | 'DRILL';
    readonly environment: string;
    readonly production: boolean;
    readonly operator: string;
    /** ISO 8601, UTC. */
    readonly startedAt: string;
    readonly speed: number;
    readonly review: FactOf<'session.started'>['review'];
  };
  readonly status: 'running' | 'held' | 'aborting' | 'ended' | 'closed';
  /** Once it is closed: the head of its chain in twelve words, which whoever writes them down can hold it to. */
  readonly head?: string;
  readonly held: string | null;
  /** What an abort would take back, newest first; there while the session is held. */
  readonly takesBack?: readonly string[];
  readonly outcome: Outcome | null;
  readonly endedAt: string | null;
  readonly phases: readonly PhaseView[];
  /** The steps being worked on: one, or one for each region of a `parallel`. */
  readonly current: readonly CurrentStep[];
  readonly obligations: readonly ObligationView[];
  readonly triggers: readonly TriggerView[];
  /** What the triggers together advise; not there before they were read. */
  readonly advice?: {
    readonly advice: FactOf<'advice.changed'>['advice'];
    readonly because: string;
    readonly since: string;
  };
  /** Before the first change, where the numbers only advise to investigate: until when they are to be watched. */
  readonly observation?: {
    /** Wall time; it may be over. */
    readonly until: string;
    /** How long that is in all, in domain milliseconds. */
    readonly spanMs: number;
    readonly because: string;
  };
  /** Success criteria whose result is known to have changed; not there where there are none. */
  readonly success?: readonly {
    readonly id: string;
    readonly result: Reading['result'];
    readonly code: string | null;
    readonly detail: string;
  }[];
  readonly window: {
    readonly state: 'open' | 'extended' | 'closed';
    /** Domain time. */
    readonly until: string | null;
    readonly reason: string;
    /** Domain milliseconds left at `asOf` (wall time); null where it has no end. */
    readonly leftMs: number | null;
    readonly asOf: string;
    /** The event that opened it, or closed it early. */
    readonly event: string | null;
    /** The last bell, in percent of the whole length of this state. */
    readonly rung: 25 | 10 | 0 | null;
  } | null;
  /** Names of the events that open it or close it early; empty without a window. */
  readonly windowEvents: readonly string[];
  /** The start that was denied last, and what stood in its way; null once one was let through. */
  readonly denial: (Omit<FactOf<'authority.denied'>, 'type'> & { readonly at: string }) | null;
  /** What one who may start is asked to sign. */
  readonly authorityRequest: Omit<FactOf<'authority.requested'>, 'type'> | null;
  /** What was started over rule, calendar or numbers; it stays on the screen. */
  readonly overrides: readonly (Omit<FactOf<'override.used'>, 'type'> & {
    readonly at: string;
    readonly approvedBy: string | null;
  })[];
  /** What a start by override takes here: pieces of evidence, and a second person also where only numbers are against it. */
  readonly overrideNeeds: {
    readonly evidence: number;
    readonly secondPerson: boolean;
    readonly system: string;
  };
  /** Who was called since the session waits for a person, and who is next. */
  readonly escalation: {
    readonly asked: readonly { readonly to: string; readonly at: string }[];
    readonly next: { readonly to: string; readonly at: string } | null;
  };
  /** What the calendar says of a rollback; null without one. */
  readonly calendar: Omit<FactOf<'calendar.changed'>, 'type'> | null;
  /** Steps of the wall clock that were noticed. */
  readonly clockJumps: readonly { readonly at: string; readonly byMs: number }[];
  readonly watches: readonly { readonly id: string; readonly breached: boolean; readonly reading: Reading }[];
  /** What goes back together; absent where the runbook names no components, and before it was worked out. */
  readonly scope?: ScopeView;
  readonly notes: readonly { readonly at: string; readonly by: string; readonly text: string }[];
  /** What was changed by hand, told or found, oldest first. */
  readonly drift: readonly DriftView[];
  /** What series came to, the newest of each step; absent where none was compared. */
  readonly comparisons?: readonly ComparisonView[];
  /** What smoke tests came to, the newest of each step; absent where none was run. */
  readonly smokes?: readonly SmokeView[];
  readonly decisions: readonly {
    readonly at: string;
    readonly step: string;
    readonly option: string;
    readonly title: string;
    readonly reason: string | null;
    readonly by: string;
  }[];
  /** Who commands, once command was offered to somebody. */
  readonly command?: CommandView;
  /** The incident, once it was read. */
  readonly incident?: IncidentView;
  /** Messages that came due, oldest first; absent where none has. */
  readonly messages?: readonly MessageView[];
  /** Evidence that is taken beside the steps; absent where none is. */
  readonly evidence?: {
    /** When the budget is over. */
    readonly until: string;
    readonly items: readonly {
      readonly id: string;
      readonly state: 'running' | 'captured' | 'partial';
      readonly bytes: number;
    }[];
  };
  /** Where the runbook measures its data: how it was, and how it is. */
  readonly data?: DataView;
  /** The last thing that happened, in words: for the resume card and the transcript. */
  readonly last: { readonly at: string; readonly text: string } | null;
  /** Facts applied so far. */
  readonly revision: number;
}

export interface DataView {
  readonly invariants: readonly {
    readonly id: string;
    readonly blocks: boolean;
    /** Null before the first reading. */
    readonly before: Reading | null;
    readonly now: Reading | null;
    /** It did not hold before anything was changed either, and has not changed since. */
    readonly brokenBefore: boolean;
  }[];
  readonly tables: readonly {
    readonly table: string;
    /** May never shrink. */
    readonly preserve: boolean;
    readonly before: number | null;
    readonly now: number | null;
    /** Rows gained, or lost where it is below zero, against the most that was counted; null where not known. */
    readonly delta: number | null;
    /** Why it has no count. */
    readonly detail: string;
  }[];
  readonly budget: {
    readonly rows: number;
    /** Lost so far; null where that is not known. */
    readonly lost: number | null;
    readonly windowMs: number | null;
    readonly role: string | null;
  } | null;
  /** The step after which it is being measured right now. */
  readonly measuring: string | null;
  /** What keeps the next change from being made. */
  readonly blocks: readonly DataBlock[];
  /** What the owner of the data signs to let it go on, where the role lists keys. */
  readonly request: string | null;
  readonly accepted: readonly Accepted[];
}

export type StepStatus =
  | 'todo'
  | 'idle'
  | 'ready'
  | 'guarding'
  | 'performing'
  | 'verifying'
  | 'failed'
  | 'unknown'
  | 'in_doubt'
  | 'done'
  | 'skipped'
  | 'undone';

export interface PhaseView {
  readonly id: string;
  readonly title: string;
  readonly offPath: boolean;
  readonly status: 'todo' | 'current' | 'done';
  readonly steps: readonly StepRow[];
}

export interface StepRow {
  readonly id: string;
  readonly title: string;
  readonly kind: StepKind;
  readonly status: StepStatus;
  /** For `each` and the steps inside it: items done, items in all (null before they are known). */
  readonly items: { readonly done: number; readonly total: number | null } | null;
  readonly depth: number;
  readonly ponr: boolean;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface CurrentStep {
  readonly place: Place;
  readonly attempt: string;
  readonly attemptNumber: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly phase: { readonly id: string; readonly title: string };
  /** Its number in its phase, and how many there are. */
  readonly number: number;
  readonly of: number;
  readonly item: Json;
  readonly way: 'forward' | 'undo' | 'release';
  readonly status: Exclude<StepStatus, 'todo'>;
  readonly since: string;
  readonly startedAt: string | null;
  readonly shown: Shown | null;
  readonly readings: readonly Reading[];
  /** Why it is failed, unknown or in doubt, in words; null otherwise. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
  /** How the attempt before ended, where this one repeats it. */
  readonly before?: { readonly attempt: number; readonly code: string; readonly detail: string };
  /** Set while the step waits to be tried again by itself: when, and the how manieth of how many retries it is. */
  readonly retry?: { readonly at: string; readonly number: number; readonly of: number };
  readonly probe: Reading | null;
  readonly question: FactOf<'question.posed'> | null;
  /** Set while a choice is held open for objections. */
  readonly chosen?: ChosenView;
  readonly approval:
    | (FactOf<'approval.requested'> & {
        readonly given: readonly string[];
        readonly needed: number;
        readonly role: string;
      })
    | null;
  /** What a person may do now; every front end offers exactly these. */
  readonly offers: readonly Offer[];
  readonly evidence: Readonly<Record<string, 'required' | 'optional'>>;
}

/** `routes` are the ways on that the author gave for a step that did not pass. */
export type Offer =
  | { readonly intent: 'run'; readonly confirm: 'yes' | 'name'; readonly name: string | null }
  | { readonly intent: 'skip'; readonly override: boolean }
  | { readonly intent: 'check_again' }
  | { readonly intent: 'retry' }
  | { readonly intent: 'route'; readonly to: string; readonly title: string }
  | { readonly intent: 'resolve_doubt' }
  | { readonly intent: 'choose' }
  /** Acts on a choice before the time for objections is over, or in spite of one. */
  | { readonly intent: 'go_on' }
  | { readonly intent: 'object' }
  | { readonly intent: 'sign' }
  | { readonly intent: 'report' }
  | { readonly intent: 'type_value' }
  | { readonly intent: 'stop_command'; readonly confirm: 'yes' | 'name'; readonly name: string | null };

/** The newest decision about the scope, and what people said about it. */
export interface ScopeView extends Omit<FactOf<'scope.decided'>, 'type' | 'live'> {
  readonly at: string;
  /** Oldest first. */
  readonly overrides: readonly (Omit<FactOf<'scope.overridden'>, 'type'> & { readonly at: string })[];
  /** Components about which a person still has to say whether they go back: nothing is changed before. */
  readonly open: readonly string[];
  /** A step at hand waits for that. */
  readonly blocks: boolean;
}

export interface ObligationView extends Opened {
  readonly openedAt: string;
  readonly by: string;
  readonly state: 'open' | 'released' | 'proved' | 'waived' | 'carried';
  readonly overdue: boolean;
  readonly owner: string | null;
  readonly due: string | null;
}

/** A smoke test as it is on record. */
export interface SmokeView extends Omit<FactOf<'smoke.ran'>, 'type'> {
  readonly at: string;
}

/** A comparison as it is on record. */
export interface ComparisonView extends Omit<FactOf<'comparison.made'>, 'type'> {
  readonly at: string;
}

export interface DriftView {
  readonly at: string;
  readonly by: string;
  readonly what: string;
  readonly target: string;
  readonly why?: string;
  readonly command?: string;
  readonly evidence?: string;
  /** The debt that it is until it is disposed of; absent for a mere remark. */
  readonly key?: string;
  /** How what was found differs: a patch, empty where there is none. Absent where a person told it. */
  readonly patch?: string;
  readonly disposed?: Pick<FactOf<'drift.disposed'>, 'by' | 'how' | 'reason' | 'owner' | 'until'>;
}

export interface CommandView {
  /** Who commands now. */
  readonly commander: string;
  /** Waits for the next person to read back. */
  readonly offer: {
    readonly by: string;
    readonly to: string;
    readonly at: string;
    readonly briefing: readonly string[];
  } | null;
  readonly before: readonly { readonly at: string; readonly from: string; readonly to: string }[];
}

/** The incident as it was last told; null is not known. `result` is unknown where the last reading failed. */
export interface IncidentView {
  readonly id: string | null;
  readonly state: string | null;
  readonly severity: string | null;
  readonly commander: string | null;
  readonly result: Result;
  readonly detail: string;
  readonly at: string;
}

/** A choice that acts when its time is over, unless somebody objects. */
export interface ChosenView extends FactOf<'decision.chosen'> {
  readonly at: string;
  /** While there is one it acts only on a person's word. */
  readonly objections: readonly { readonly by: string; readonly text: string }[];
}

/** One message of the outbox. */
export interface MessageView {
  readonly key: string;
  /** The moment it is for: `decided`, `phase:execute`, `every:15m`. */
  readonly at: string;
  readonly to: string;
  readonly audience: string | null;
  readonly text: string;
  readonly ack: boolean;
  readonly dueAt: string;
  /** `failed`: nobody was told, and a debt says so; `told`: a person said that they told them. */
  readonly state: 'due' | 'sent' | 'failed' | 'told';
  readonly detail: string;
  /** What the sink acknowledged it with. */
  readonly acknowledged: string | null;
  readonly problem: string | null;
  readonly debt: string | null;
  /** When a person had it sent once more; absent where nobody did. */
  readonly retriedAt?: string;
}

export interface TriggerView {
  readonly id: string;
  readonly state: FactOf<'trigger.changed'>['state'];
  readonly value: number | null;
  readonly detail: string;
  readonly since: string;
  readonly samples: FactOf<'trigger.changed'>['samples'];
  /** Why it is UNKNOWN. */
  readonly code?: string;
  /** UNKNOWN for at least its `for`. */
  readonly blind?: true;
}
