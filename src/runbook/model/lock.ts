import type { Position, Probe, Template } from './values.ts';

/** A lease that a step took: it is renewed while its debt is open, and read again before each change. */
export interface Lock {
  readonly id: string;
  /** The debts that a step opened when it took the lease: none of them open, and there is nothing to renew. */
  readonly debts: readonly string[];
  /** What commands get as `WALKBACK_FENCE`. */
  readonly token: Template;
  /** Ends with 0 where it is held again for its whole time, with 3 where it is lost; anything else is unknown. */
  readonly renew: Probe;
  readonly everyMs: number;
  readonly at: Position;
}
