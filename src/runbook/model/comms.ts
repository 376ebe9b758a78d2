import type { Template, Probe } from './values.ts';

/** Messages, and the incident that a rollback belongs to. */

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
