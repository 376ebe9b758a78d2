import type { Position, Template, Probe } from './values.ts';

/** The numbers that were agreed beforehand: triggers, success, windows, calendars, objectives. */

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

/** The release that stays up to take the traffic back. */
export interface Standby {
  /** Ends with 0, or answers below 400, while the whole of it is up; a command that cannot tell ends with 30. */
  readonly ready: Probe;
  /** How long it is kept, from the release on. */
  readonly keepForMs: number;
  readonly at: Position;
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
