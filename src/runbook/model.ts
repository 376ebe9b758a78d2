import type { Comms, Incident } from './model/comms.ts';
import type {
  Trigger,
  SuccessCriterion,
  Agreement,
  DecideRule,
  Standby,
  Window,
  Override,
  CalendarRule,
  ServiceLevel,
} from './model/criteria.ts';
import type { DriftCapture } from './model/drift.ts';
import type { Invariant, CountedTable, LossBudget, StoredFormat } from './model/data.ts';
import type { Lock } from './model/lock.ts';
import type { ReviewPolicy } from './model/review.ts';
import type { FailureMode, PostmortemDuty, RunbookChange } from './model/postmortem.ts';
import type { Component, ComponentNeed, ReleaseManifest, ComponentGroup, CompatPair } from './model/scope.ts';
import type { TemplateName } from './templates.ts';
import type { Step, Phase } from './model/step.ts';
import type { Json, Position, Expression, Template, Command, Probe, Check } from './model/values.ts';

/**
 * The resolved runbook: what parsing, fragments, ids and expressions come to. Everything below the parser reads
 * this and never checks its shape again. Durations are milliseconds.
 */

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
  /** The overlays that ask for it; left out where the runbook alone does. */
  readonly reviewAskedBy?: readonly string[];
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

export interface Watch {
  readonly check: Check;
  readonly from: string | null;
  readonly everyMs: number;
  readonly onBreach: 'hold' | 'note';
}

/** Something that is lost soon: what a command prints, or rows of a database. */
export type EvidenceItem =
  { readonly id: string; readonly command: Command } | { readonly id: string; readonly rows: Probe };

export type Connection =
  | { readonly kind: 'sqlite'; readonly path: Template }
  | { readonly kind: 'postgres'; readonly url: Template };

export type Channel =
  | { readonly kind: 'http'; readonly url: Template }
  | { readonly kind: 'file'; readonly path: Template }
  | { readonly kind: 'run'; readonly command: Command };

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
  readonly standby?: Standby | null;
  readonly invariants: readonly Invariant[];
  readonly watch: readonly Watch[];
  readonly locks?: readonly Lock[];
  readonly evidence: {
    readonly budgetMs: number;
    readonly items: readonly EvidenceItem[];
    /** How long the numbers are watched before a change that they only advise to investigate; null: not at all. */
    readonly minObservationMs?: number | null;
  } | null;
  /** What is looked at for changes by hand; absent where nothing is. */
  readonly drift?: readonly DriftCapture[];
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
  readonly stateful?: readonly StoredFormat[];
  readonly review?: ReviewPolicy | null;
  /** The template that it follows. */
  readonly template?: TemplateName;
  readonly postmortem?: PostmortemDuty | null;
  /** Counts the reviewed versions; null where the author does not count. */
  readonly version?: number | null;
  readonly changes?: readonly RunbookChange[];
  readonly failureModes?: readonly FailureMode[];
}

/** Every step of the runbook in reading order, those inside `parallel` and `each` included. */
export function allSteps(runbook: Pick<Runbook, 'phases'>): readonly Step[] {
  const inside = (step: Step): readonly Step[] =>
    step.kind === 'parallel' || step.kind === 'each' ? [step, ...step.steps.flatMap(inside)] : [step];
  return runbook.phases.flatMap((phase) => phase.steps.flatMap(inside));
}
