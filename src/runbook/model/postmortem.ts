/** When a session owes a post-mortem, and what a runbook has learned from the sessions before. */

export const postmortemCauses = [
  'production',
  'override',
  'data_loss',
  'target_missed',
  'rollback_failed',
] as const;
export type PostmortemCause = (typeof postmortemCauses)[number];

export interface PostmortemDuty {
  readonly requiredIf: readonly PostmortemCause[];
  readonly due:
    | { readonly kind: 'business_days'; readonly days: number }
    | { readonly kind: 'time'; readonly ms: number };
  /** A person or a team; null where the runbook names nobody. */
  readonly owner: string | null;
}

/** A way in which this procedure has gone wrong before. */
export interface FailureMode {
  readonly id: string;
  readonly title: string | null;
  /** The step at which it shows; null where it is not about one. */
  readonly step: string | null;
  /** Ids of sessions. */
  readonly seenIn: readonly string[];
}

/** One line of the runbook's own history. */
export interface RunbookChange {
  readonly version: number;
  readonly what: string;
  /** The session that taught it, or null. */
  readonly session: string | null;
  /** Action items that this version resolves: `AI-12`. */
  readonly resolves: readonly string[];
}
