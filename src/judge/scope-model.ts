import type { Json } from '../runbook/model/values.ts';

/** What goes in and comes out where it is worked out what has to go back together. Plain data. */

export type Verdict = 'pass' | 'fail' | 'unknown';

/** A component as it was found, and where it would go. */
export interface ScopePart {
  readonly id: string;
  readonly type: string;
  readonly live: LiveVersion;
  /** What the release is said to have brought, and what ran before it; null where nobody says. */
  readonly from: Json;
  readonly to: Json;
  /** Named by the release as changed. */
  readonly changed: boolean;
}

export type LiveVersion =
  | { readonly ok: true; readonly value: string | number | boolean }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** Versions after the step back, by component; a component is absent where its version is not known. */
export type MixedState = Readonly<Record<string, string | number | boolean>>;

export interface ScopeNeed {
  readonly from: string;
  readonly to: string;
  /** What is needed, as the author wrote it. */
  readonly text: string;
  readonly holds: (state: MixedState) => { readonly result: Verdict; readonly detail: string };
}

export interface ScopeGroup {
  readonly id: string;
  readonly kind: 'microservice' | 'monolith';
  readonly components: readonly string[];
}

/** Two versions that were tried together. Times are epoch milliseconds: first and last moment at which it counts. */
export interface ScopePair {
  readonly pair: readonly [PairEnd, PairEnd];
  readonly status: 'ok' | 'broken';
  readonly evidence: string;
  readonly on: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PairEnd {
  readonly component: string;
  readonly version: string;
}

/** What a person said about a component or a unit; the newest counts. */
export interface ScopeOverride {
  readonly component: string;
  readonly as: 'in' | 'out';
  readonly reason: string;
  readonly by: string;
}

export interface ScopeInput {
  readonly parts: readonly ScopePart[];
  readonly needs: readonly ScopeNeed[];
  readonly groups: readonly ScopeGroup[];
  readonly pairs: readonly ScopePair[];
  readonly overrides: readonly ScopeOverride[];
  /** Who says what changed: `release.yaml (shop-2.0.0)`, or `the runbook`. */
  readonly source: string;
  readonly nowMs: number;
}

export type ScopeState = 'in' | 'out' | 'ask';
export type ScopeWhy =
  'changed' | 'unchanged' | 'need' | 'pair' | 'unit' | 'unreadable' | 'unsettled' | 'override';

export interface ScopeRow {
  readonly component: string;
  readonly type: string;
  readonly state: ScopeState;
  readonly why: ScopeWhy;
  readonly reason: string;
  /** Versions as text; null where there is none. `live` is what runs now. */
  readonly live: string | null;
  readonly from: string | null;
  readonly to: string | null;
  /** The unit it belongs to, where it cannot go alone. */
  readonly unit: string | null;
  /** The worst of the rules about it, null where no rule is about it. */
  readonly verdict: Verdict | null;
  /** Who overrode what was worked out. */
  readonly by: string | null;
}

/** One rule about two components, held against the state that is about to be created. */
export interface ScopeEdge {
  readonly kind: 'need' | 'pair';
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly result: Verdict;
  readonly detail: string;
  /** It does not hold, and a person decided to go on all the same. */
  readonly red: boolean;
}

export interface ScopeFinding {
  readonly component: string;
  readonly code: 'drift' | 'no_target' | 'broken_now';
  readonly detail: string;
}

export interface ScopeDecision {
  readonly rows: readonly ScopeRow[];
  /** Units in the order in which they go back: the reverse of the order in which they were deployed. */
  readonly order: readonly (readonly string[])[];
  readonly edges: readonly ScopeEdge[];
  readonly findings: readonly ScopeFinding[];
}
