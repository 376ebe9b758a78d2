import type { Json } from '../runbook/model/values.ts';
import type { Outcome } from '../runbook/model/step.ts';
import type { FactOf } from './facts.ts';
import type { Place, Reading, Shown } from './facts/values.ts';
import type { DataState } from './data-state.ts';
import { noData } from './data-state.ts';
import type { Drift, DriftLooks } from './drift-state.ts';
import { noLooks } from './drift-state.ts';
import type {
  ChosenView,
  CommandView,
  ComparisonView,
  SmokeView,
  IncidentView,
  MessageView,
  ObligationView,
  SessionView,
  StepStatus,
  TriggerView,
} from './view.ts';

/** Everything a session knows, folded from its facts. Plain data: it can be cached as JSON and compared. */
export interface Context {
  readonly started: (FactOf<'session.started'> & { readonly at: string }) | null;
  readonly session: string;
  /** By `placeKey`: the attempts at hand, one for each place of the cursor. Few, for they change with every fact. */
  readonly records: Readonly<Record<string, StepRecord>>;
  /** By `placeKey`: the newest attempt at each place that was left, the one left last at the end. */
  readonly settled: Readonly<Record<string, StepRecord>>;
  /** Places being worked on, in the order they were entered. */
  readonly cursor: readonly string[];
  /** By the place of the `each` step. */
  readonly each: Readonly<Record<string, { readonly items: readonly Json[]; readonly index: number }>>;
  /** What really happened and can be taken back, oldest first. */
  readonly history: readonly Performed[];
  readonly obligations: Readonly<Record<string, Debt>>;
  /** The way back being walked, after an abort or for one debt after the end. */
  readonly queue: readonly WayBack[];
  readonly queueAt: number;
  /** Where a `parallel` leads once its regions have settled, for those that a route leaves. */
  readonly leaving: Readonly<Record<string, string>>;
  readonly held: string | null;
  readonly aborting: string | null;
  /** The target's name has been typed once: later changes take one key, but for points of no return. */
  readonly named: boolean;
  readonly outcome: Outcome | null;
  readonly endedAt: string | null;
  readonly status: SessionView['status'];
  readonly triggers: Readonly<Record<string, TriggerView>>;
  readonly advice: NonNullable<SessionView['advice']> | null;
  /**
   * Since when the numbers have advised to investigate, unknown in between included; `rollback` once they have advised
   * that: then nothing is left to be watched for.
   */
  readonly investigating: { readonly since: string } | 'rollback' | null;
  readonly success: Readonly<Record<string, NonNullable<SessionView['success']>[number]>>;
  readonly window: SessionView['window'];
  /** What was reported from outside that opens or closes the window, in the order it became known. */
  readonly events: readonly FactOf<'event.reported'>[];
  readonly calendar: SessionView['calendar'];
  /** Triggers that fired at any time in this session. */
  readonly fired: readonly string[];
  /** Who was let into which phase. */
  readonly starts: readonly { readonly by: string; readonly phase: string }[];
  /** The start that was denied last, until one is let through. */
  readonly denial: SessionView['denial'];
  readonly authorityRequest: SessionView['authorityRequest'];
  readonly proofs: readonly Pick<FactOf<'authority.proved'>, 'phase' | 'role' | 'by' | 'level'>[];
  readonly overrides: SessionView['overrides'];
  /** A step was skipped by override. */
  readonly overrode: boolean;
  /** Reviews that are owed, with the text that is signed for each. */
  readonly reviews: readonly (NonNullable<FactOf<'obligation.opened'>['review']> & {
    readonly key: string;
  })[];
  /** When the session was last taken up after a break: what was agreed to before that is asked again. */
  readonly takenUpAt: string | null;
  /** Steps of the wall clock against the monotonic one; `at` is the new wall time. */
  readonly jumps: readonly { readonly at: string; readonly byMs: number }[];
  readonly watches: Readonly<Record<string, SessionView['watches'][number]>>;
  /** What goes back together, as it was worked out last; null before it was. */
  readonly scope: (FactOf<'scope.decided'> & { readonly at: string }) | null;
  readonly scopeOverrides: readonly (FactOf<'scope.overridden'> & { readonly at: string })[];
  /** First value of each probe that an invariant measured: what `same` compares with. */
  readonly baselines: Readonly<Record<string, Json>>;
  readonly data: DataState;
  /** Evidence that is taken beside the steps; null before it was begun. */
  readonly evidence: EvidenceState | null;
  /** Who was called, and when. */
  readonly calls: readonly { readonly at: string; readonly to: string }[];
  readonly notes: SessionView['notes'];
  readonly drift: readonly Drift[];
  /** What is looked at for changes by hand. */
  readonly looks: DriftLooks;
  /** The newest comparison at each place, by `placeKey`. */
  readonly comparisons: Readonly<Record<string, ComparisonView>>;
  /** The newest smoke test at each place, by `placeKey`. */
  readonly smokes: Readonly<Record<string, SmokeView>>;
  readonly decisions: SessionView['decisions'];
  readonly last: SessionView['last'];
  /** What messages are told at, in the order it happened. */
  readonly moments: readonly Moment[];
  /** Null until command is handed over for the first time. */
  readonly command: CommandView | null;
  /** Null until it is read; with the phases at which it was. */
  readonly incident: (IncidentView & { readonly phases: readonly string[] }) | null;
  /** Who is attached, by client. */
  readonly present: Readonly<Record<string, string>>;
  /** The outbox, by key, in the order in which the messages came due. */
  readonly messages: Readonly<Record<string, MessageView>>;
  readonly revision: number;
}

/** Something that happened once and that messages may be due at: `decided`, `phase:execute`, `ended`, … */
export interface Moment {
  readonly name: string;
  /** Tells two moments of one name apart: the attempt of a decision, a number. */
  readonly key: string;
  readonly at: string;
}

export interface EvidenceState {
  readonly startedAt: string;
  /** When the budget is over: ISO time. */
  readonly until: string;
  readonly items: readonly string[];
  readonly captured: readonly { readonly id: string; readonly partial: boolean; readonly bytes: number }[];
}

/** Evidence that is still being taken. */
export const evidencePending = ({ evidence }: Context): boolean =>
  evidence !== null && evidence.items.some((id) => !evidence.captured.some((one) => one.id === id));

export interface StepRecord {
  readonly place: Place;
  readonly status: Exclude<StepStatus, 'todo'>;
  readonly attempt: string;
  readonly attemptNumber: number;
  /** Attempts since the step was entered: what its own retries are counted by. */
  readonly tries: number;
  /** The session has left the step: coming back begins a new round. */
  readonly left: boolean;
  readonly since: string;
  /** When the attempt came up: what `now` is in what it shows, runs or waits for. */
  readonly enteredAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly shown: Shown | null;
  readonly readings: readonly Reading[];
  readonly problem: { readonly code: string; readonly detail: string } | null;
  /** It did not pass, and is tried again by itself. */
  readonly retries: boolean;
  /** How the attempt before this one ended, where it did not pass and the step was not left meanwhile. */
  readonly before: { readonly attempt: number; readonly code: string; readonly detail: string } | null;
  /** What a person told to run, where this attempt repeats it by itself: nobody is asked while it is shown the same. */
  readonly agreed: Shown | null;
  readonly probe: Reading | null;
  readonly question: (FactOf<'question.posed'> & { readonly at: string }) | null;
  /** Set while a decision waits for something: ISO time of the next asking. */
  readonly againAt: string | null;
  /** A choice that is held open for objections. */
  readonly chosen: ChosenView | null;
  readonly approval:
    | (FactOf<'approval.requested'> & {
        readonly given: readonly string[];
        /** One key counts once, whatever names it signs under. */
        readonly keys: readonly string[];
        /** What is verified again when a gated step starts. */
        readonly signed: readonly { readonly principal: string; readonly signature: string }[];
        /** Every name of those who have signed. */
        readonly names: readonly string[];
      })
    | null;
  readonly debt: string | null;
  /** Somebody said why it is given back although what must hold before it does not. */
  readonly pastGuard: boolean;
  /** True from the intent on: an effect may exist. */
  readonly intended: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly answer: string | null;
  readonly captured: Readonly<Record<string, string | null>>;
}

/** Items of the `each` steps around a place, by their names: the way back needs those that the step had. */
export type Bound = Readonly<Record<string, Json>>;

/** A debt as the view shows it, with where it was opened. */
export interface Debt extends ObligationView {
  readonly place: Place | null;
  readonly bound: Bound;
}

export interface Performed {
  readonly place: Place;
  readonly attempt: string;
  readonly captured: Readonly<Record<string, string | null>>;
  readonly bound: Bound;
  readonly opened: string | null;
  /** How it ended as far as is known; an undo of `unsure` is asked with that word. */
  readonly sure: boolean;
  readonly undone: boolean;
}

export type WayBack =
  | { readonly kind: 'undo'; readonly step: string; readonly performed: Performed }
  | { readonly kind: 'release'; readonly key: string };

/** The place of the way back, which is data and not a step of the runbook. */
export const wayBackStep = '@back';

/** What is known of a session before its first fact: nothing but its id. */
export const initialContext = (session: string): Context => ({
  started: null,
  session,
  records: {},
  settled: {},
  cursor: [],
  each: {},
  history: [],
  obligations: {},
  queue: [],
  queueAt: 0,
  leaving: {},
  held: null,
  aborting: null,
  named: false,
  outcome: null,
  endedAt: null,
  status: 'running',
  triggers: {},
  advice: null,
  investigating: null,
  success: {},
  window: null,
  events: [],
  calendar: null,
  fired: [],
  starts: [],
  denial: null,
  authorityRequest: null,
  proofs: [],
  overrides: [],
  overrode: false,
  reviews: [],
  takenUpAt: null,
  jumps: [],
  watches: {},
  scope: null,
  scopeOverrides: [],
  baselines: {},
  data: noData,
  evidence: null,
  calls: [],
  notes: [],
  drift: [],
  looks: noLooks,
  comparisons: {},
  smokes: {},
  decisions: [],
  last: null,
  moments: [],
  present: {},
  command: null,
  incident: null,
  messages: {},
  revision: 0,
});
