/**
 * The resolved runbook: what parsing, fragments, ids and expressions come to. Everything below the parser reads
 * this and never checks its shape again. Durations are milliseconds.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where something was written; `line` and `column` count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A CEL expression, parsed and type-checked at compile time. */
export interface Expression {
  readonly source: string;
  readonly at: Position;
  /** Ids of the named probes it reads: they are measured before it is evaluated. */
  readonly probes: readonly string[];
  /** Paths that it reads whose text stands for something else: `inputs.target` → `version`. */
  readonly typed?: Readonly<Record<string, 'version' | 'duration' | 'time'>>;
}

/** A text with `${{ … }}` places. A template that is exactly one expression keeps that expression's type. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
  readonly at: Position;
}

export type Where =
  | { readonly kind: 'workstation' }
  | { readonly kind: 'ssh' | 'pod' | 'container'; readonly name: Template }
  | { readonly kind: 'browser' | 'chat' };

/** A process to start: `argv` runs as it is, `shell` is a script for `sh -c` whose values arrive in the environment. */
export interface Command {
  readonly program:
    | { readonly kind: 'argv'; readonly argv: readonly Template[] }
    | { readonly kind: 'shell'; readonly script: string };
  readonly env: Readonly<Record<string, Template>>;
  readonly where: Where;
  readonly tty: boolean;
  readonly timeoutMs: number;
  readonly at: Position;
}

export type ProbeSource =
  | { readonly kind: 'run'; readonly command: Command }
  | {
      readonly kind: 'http';
      readonly url: Template;
      readonly method: string;
      readonly headers: Readonly<Record<string, Template>>;
      readonly body: Template | null;
    }
  | { readonly kind: 'tcp'; readonly address: Template }
  | { readonly kind: 'sql'; readonly connection: string; readonly query: Template }
  | { readonly kind: 'prometheus'; readonly url: Template; readonly query: Template }
  | { readonly kind: 'file'; readonly path: Template }
  | { readonly kind: 'ask'; readonly text: Template };

export type Reduction = 'census' | 'last' | 'min' | 'max' | 'mean' | 'sum' | 'count';

/** A measurement. `id` is null for one written in place. */
export interface Probe {
  readonly id: string | null;
  readonly source: ProbeSource;
  /** JSONPath subset: `$.a.b[0]`. */
  readonly json: string | null;
  /** RE2; the first group, or the whole match, is the value. */
  readonly pattern: string | null;
  readonly times: number;
  readonly reduce: Reduction;
  readonly unit: string | null;
  readonly timeoutMs: number;
  readonly at: Position;
}

/** What "good" looks like; every condition given must hold. Values may hold templates (as `Template`). */
export interface Tolerance {
  readonly conditions: readonly Condition[];
  readonly at: Position;
}

export type Bound = Template | number;

export type Condition =
  | { readonly kind: 'equals' | 'not' | 'all'; readonly value: Template | number | boolean | null }
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'in'; readonly values: readonly (Template | number | boolean)[] }
  | { readonly kind: 'between'; readonly low: Bound; readonly high: Bound }
  | { readonly kind: 'compare'; readonly op: '<' | '>' | '<=' | '>='; readonly value: Bound }
  | { readonly kind: 'exit' | 'status' | 'count'; readonly value: number }
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly value: Template | null;
      readonly absent: boolean;
    }
  | { readonly kind: 'absent' | 'fails' | 'same'; readonly value: boolean }
  | { readonly kind: 'cel'; readonly expression: Expression }
  | { readonly kind: 'words'; readonly text: string };

/** A probe held against a tolerance, once or polled: every `everyMs`, for at most `withinMs`, `stable` passes in a row. */
export interface Check {
  readonly subject: Probe | { readonly obligation: string; readonly state: 'open' | 'closed' };
  readonly expect: Tolerance;
  readonly everyMs: number;
  readonly withinMs: number | null;
  readonly stable: number;
  readonly at: Position;
}

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
  readonly release: Command;
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
  readonly when: Expression | null;
  readonly role: string | null;
  readonly timeoutMs: number;
  readonly retry: { readonly times: number; readonly everyMs: number } | null;
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
    | { readonly kind: 'manual'; readonly text: Template; readonly changes: string | null }
    | { readonly kind: 'confirm'; readonly question: Template; readonly value: Template }
    | {
        readonly kind: 'wait';
        readonly wait:
          | { readonly kind: 'for'; readonly ms: number }
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
    | { readonly kind: 'compare' | 'barrier' }
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

export type InputType = 'string' | 'number' | 'boolean' | 'version' | 'duration' | 'secret';

export interface Input {
  readonly id: string;
  readonly type: InputType;
  readonly origin:
    | { readonly kind: 'ask'; readonly question: string; readonly example: string | null }
    | { readonly kind: 'env'; readonly name: string }
    | { readonly kind: 'value'; readonly value: Template | number | boolean }
    | { readonly kind: 'probe'; readonly probe: Probe };
  readonly at: Position;
}

export interface Environment {
  readonly id: string;
  readonly values: Readonly<Record<string, Template | number | boolean>>;
  readonly guard: Check | null;
  readonly reviewRequired: boolean;
  readonly confirmName: boolean;
  readonly changeClass: string | null;
  /** Set where drills are allowed: the probe that only this environment answers, and its faults. */
  readonly drill: { readonly token: Check; readonly faults: readonly EnvironmentFault[] } | null;
  readonly at: Position;
}

export interface EnvironmentFault {
  readonly id: string;
  readonly arm: Command;
  readonly disarm: Command;
  readonly proof: Check;
}

export interface Role {
  readonly id: string;
  readonly anyone: boolean;
  readonly users: readonly string[];
  /** An OpenSSH allowed_signers file, relative to the runbook. */
  readonly signers: string | null;
}

export interface AuthorityRule {
  readonly when: Expression | null;
  /** Phases that it is about; all where it names none. */
  readonly phases?: readonly string[];
  readonly start: readonly string[];
}

/** A limit as the runbook writes it: `> 0.02`. */
export interface Limit {
  readonly op: '<' | '>' | '<=' | '>=';
  readonly value: number;
}

export interface Trigger {
  readonly id: string;
  /** Of `probes`; for `from_slo` one that was made for it. */
  readonly probe: string;
  readonly breach: Limit;
  readonly clear: Limit;
  readonly forMs: number;
  readonly intervalMs: number;
  readonly minEvents: number | null;
  readonly events: string | null;
  readonly advise: 'rollback' | 'investigate';
  /** Answers 1 (or true) while what is measured is there; samples taken while it was not do not count. */
  readonly up?: Probe | null;
  /** Who set the number, in words; null where nobody says. */
  readonly setBy?: string | null;
  /** The service level that it protects, and the share of its budget that it may burn before it fires. */
  readonly protects?: { readonly slo: string; readonly share: number } | null;
  /** Set for `from_slo`: the limit is a burn rate over two windows (E2), and the probe asks for the lower of both. */
  readonly burn?: {
    readonly slo: string;
    readonly share: number;
    readonly longMs: number;
    readonly shortMs: number;
  } | null;
  readonly at: Position;
}

/** What must hold from the opening of the window to its end before a release counts as good. */
export interface SuccessCriterion {
  readonly id: string;
  readonly probe: string;
  readonly hold: Limit;
  /** How long it may fail to hold before it is broken, in milliseconds; 0 where one sample breaks it. */
  readonly forMs: number;
  readonly intervalMs: number;
  readonly at: Position;
}

/** One signature under the numbers: whose, when, until when (dates, UTC), and the hash of what was signed. */
export interface Agreement {
  readonly role: string;
  readonly by: string;
  readonly on: string;
  readonly expires: string;
  readonly triggers: string;
  readonly at: Position;
}

/** Which triggers together say "roll back": Kleene any/all/k-of-n. */
export interface DecideRule {
  readonly kind: 'any' | 'all' | 'k_of_n';
  readonly k: number;
  readonly triggers: readonly string[];
}

export interface Window {
  /** The event that opens it: `release.finished`. */
  readonly opens: string;
  /** When that was, where an input or a probe says it. */
  readonly openedAt: Template | null;
  /** Reports events as a list of `{ id, event, at }`, or the one time at which it was opened. */
  readonly events: Probe | null;
  readonly evaluateMs: number;
  readonly extendedMs: number;
  readonly closesOn: readonly string[];
}

/** What a start takes that the numbers do not advise. */
export interface Override {
  readonly roles: readonly string[];
  /** Pieces of evidence at least; a reason and the system's name are always needed. */
  readonly evidence: number;
  readonly secondPerson: boolean;
  /** How long somebody else has to approve it. */
  readonly retroApprovalMs: number;
}

/** What a calendar may forbid; a rollback is a class of its own. */
export const actionClasses = ['deploy', 'config', 'schema', 'rollback'] as const;
export type ActionClass = (typeof actionClasses)[number];

/** One event of a calendar file: local start (`2026-03-02T22:00:00`), its zone, its recurrence lines, its length. */
export interface IcsEvent {
  readonly start: string;
  readonly tz: string;
  readonly rule: string | null;
  readonly forMs: number;
}

/** Times at which classes of actions are unwelcome. Lengths are by the clock on the wall. */
export interface CalendarRule {
  readonly id: string;
  readonly recurrence:
    | { readonly kind: 'cron'; readonly pattern: string; readonly forMs: number }
    | { readonly kind: 'rrule'; readonly text: string; readonly forMs: number }
    | { readonly kind: 'ics'; readonly file: string; readonly events: readonly IcsEvent[] };
  readonly tz: string;
  readonly effect: 'avoid' | 'forbid';
  readonly classes: readonly ActionClass[];
  readonly at: Position;
}
/** When an invariant is read: before the first change, after each stateful step, at the end. */
export type InvariantMoment = 'before' | 'steps' | 'after';

export interface Invariant {
  readonly id: string;
  readonly check: Check;
  readonly onFail: 'block' | 'note';
  /** Every moment where it is left out. */
  readonly at?: readonly InvariantMoment[];
}

/** A table whose rows are counted, by the name of a connection. */
export interface CountedTable {
  readonly connection: string;
  readonly table: string;
  /** The column that says how new a row is, where one was named. */
  readonly newest: string | null;
  /** A table that may never shrink, whatever the budget says. */
  readonly preserve: boolean;
  readonly at: Position;
}

/** How many rows may be lost, and how far back the newest row may fall, before the owner of the data is asked. */
export interface LossBudget {
  readonly rows: number;
  readonly windowMs: number | null;
  /** Who may agree to more; null: whoever drives, with a reason. */
  readonly role: string | null;
  readonly at: Position;
}

export interface Watch {
  readonly check: Check;
  readonly from: string | null;
  readonly everyMs: number;
  readonly onBreach: 'hold' | 'note';
}

export interface EvidenceItem {
  readonly id: string;
  readonly command: Command;
}

/**
 * When a message is due. `executing` is the first change, `restored` an end with the service restored, `every` a
 * rhythm while the session runs.
 */
export type CommsMoment =
  | { readonly kind: 'started' | 'decided' | 'executing' | 'restored' | 'ended' | 'escalated' }
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'every'; readonly ms: number };

export interface Comms {
  /** `comms_<n>`, counted from 1 in the order of the runbook. */
  readonly id: string;
  /** The moment as it was written: `decided`, `phase:execute`, `every:15m`. */
  readonly at: string;
  readonly moment: CommsMoment;
  /** The channel. */
  readonly to: string;
  /** Who reads there, in words; null where the channel says enough. */
  readonly audience: string | null;
  readonly text: Template;
  /** A message counts as delivered only once the sink has acknowledged it. */
  readonly ack: boolean;
}

/** The incident that a rollback belongs to, as its own system tells it. */
export interface Incident {
  readonly id: Template;
  readonly severity: Template | null;
  readonly commander: Template | null;
  /** Its state as text, or an object with `state`, `severity` and `commander`. */
  readonly state: Probe;
  /** States, in small letters, in which it is over. */
  readonly resolved: readonly string[];
}

export type Connection =
  | { readonly kind: 'sqlite'; readonly path: Template }
  | { readonly kind: 'postgres'; readonly url: Template };

export type Channel =
  | { readonly kind: 'http'; readonly url: Template }
  | { readonly kind: 'file'; readonly path: Template }
  | { readonly kind: 'run'; readonly command: Command };

/** A part of what was released: where it is now, and between which versions it moves. */
export interface Component {
  readonly id: string;
  readonly type: 'app' | 'database' | 'config' | 'queue' | 'flag';
  /** Measured as `live.<id>` in expressions. */
  readonly live: Probe;
  readonly from: Template | null;
  /** `target.<id>` in expressions. */
  readonly to: Template | null;
}

/** What one component needs of another; `requires` must hold where `when` does. */
export interface ComponentNeed {
  readonly from: string;
  readonly to: string;
  readonly when: Expression | null;
  readonly requires: Expression;
  readonly at: Position;
}

/** What a release changed, in the direction of the way back: `from` is what it brought, `to` what ran before it. */
export interface ReleaseManifest {
  readonly id: string;
  readonly file: string;
  readonly changed: readonly {
    readonly component: string;
    readonly from: string | number | boolean;
    readonly to: string | number | boolean;
    readonly at: Position;
  }[];
}

/** A monolith goes back as one unit; a part of a microservice group may go back alone where `compat` proves it. */
export interface ComponentGroup {
  readonly id: string;
  readonly kind: 'microservice' | 'monolith';
  readonly components: readonly string[];
  readonly at: Position;
}

/** Two versions that were tried together, and what came of it. */
export interface CompatPair {
  readonly pair: readonly [ComponentVersion, ComponentVersion];
  readonly status: 'ok' | 'broken';
  readonly evidence: string;
  /** ISO 8601 day (UTC) on which it was tried. */
  readonly on: string;
  /** From the end of that day on it counts for so long. */
  readonly maxAgeMs: number;
  readonly at: Position;
}

export interface ComponentVersion {
  readonly component: string;
  readonly version: string;
}

export interface ServiceLevel {
  readonly id: string;
  /** The share of good events, more than 0 and less than 1. */
  readonly target: number;
  readonly periodMs: number;
  readonly owner?: string | null;
  /** Where its errors are counted; null where the runbook only names the number. */
  readonly source?:
    | {
        /** Selectors of counters; `bad` is what failed, or `good` what did not. */
        readonly kind: 'counters';
        readonly url: Template;
        readonly counted: 'bad' | 'good';
        readonly events: Template;
        readonly total: Template;
      }
    | { readonly kind: 'probe'; readonly url: Template; readonly query: Template }
    | null;
  readonly up?: Probe | null;
  /** What a customer was promised in writing, beside the objective. */
  readonly sla?: { readonly target: number; readonly exclusions: readonly string[] } | null;
  readonly at?: Position;
}

export interface Runbook {
  readonly id: string;
  readonly title: string;
  readonly service: string;
  readonly owner: string | null;
  readonly objectiveMs: number;
  readonly maturity: 'draft' | 'staging' | 'production';
  readonly file: string;
  /** `sha256:…` over the file, its fragments and every script that it names. */
  readonly hash: string;
  /** Every file the hash covers, relative to the runbook, with its own hash. */
  readonly closure: readonly { readonly path: string; readonly sha256: string }[];
  readonly inputs: readonly Input[];
  readonly environments: readonly Environment[];
  readonly roles: readonly Role[];
  readonly authority: readonly AuthorityRule[];
  readonly escalate: readonly {
    readonly afterMs: number;
    readonly to: string;
    readonly command: Command | null;
  }[];
  readonly connections: Readonly<Record<string, Connection>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly scope: Readonly<Record<string, Probe | Json>>;
  readonly probes: Readonly<Record<string, Probe>>;
  readonly triggers: readonly Trigger[];
  readonly decide: DecideRule | null;
  readonly window: Window | null;
  readonly invariants: readonly Invariant[];
  readonly watch: readonly Watch[];
  readonly evidence: { readonly budgetMs: number; readonly items: readonly EvidenceItem[] } | null;
  readonly comms: readonly Comms[];
  readonly incident?: Incident | null;
  readonly phases: readonly Phase[];
  /** `use` id → the ids of the steps it became, first one first. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly components?: readonly Component[];
  readonly needs?: readonly ComponentNeed[];
  readonly manifest?: ReleaseManifest | null;
  readonly topology?: readonly ComponentGroup[];
  readonly compat?: readonly CompatPair[];
  readonly slo?: readonly ServiceLevel[];
  readonly success?: readonly SuccessCriterion[];
  /** How long customers put up with a degraded service. */
  readonly tolerance?: { readonly degradedMaxMs: number } | null;
  readonly agreed?: readonly Agreement[];
  /** `sha256:…` over the numbers that are signed: triggers, rule, success, objectives, and the probes behind them. */
  readonly criteriaHash?: string | null;
  readonly calendar?: readonly CalendarRule[];
  readonly lossBudget?: LossBudget | null;
  /** Tables of `loss_budget` and `preserve`, each once. */
  readonly counted?: readonly CountedTable[];
  readonly override?: Override | null;
}

/** Every step of the runbook in reading order, those inside `parallel` and `each` included. */
export function allSteps(runbook: Pick<Runbook, 'phases'>): readonly Step[] {
  const inside = (step: Step): readonly Step[] =>
    step.kind === 'parallel' || step.kind === 'each' ? [step, ...step.steps.flatMap(inside)] : [step];
  return runbook.phases.flatMap((phase) => phase.steps.flatMap(inside));
}
