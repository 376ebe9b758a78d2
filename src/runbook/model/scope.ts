import type { Position, Expression, Template, Probe } from './values.ts';

/** The parts of what was released, and what one needs of another. */

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
