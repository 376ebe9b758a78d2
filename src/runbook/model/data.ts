import type { Position, Check } from './values.ts';

/** What is measured of the data, and how much of it may be lost. */

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

/** What the release that goes back has to be able to read: messages, files, sessions, rows. */
export interface StoredFormat {
  readonly id: string;
  readonly title: string | null;
  /** Measures which formats are stored, and holds them against those that the target reads. */
  readonly check: Check;
  /** What makes it readable where it is not. */
  readonly otherwise: 'drain' | 'convert' | 'restore';
  /** Steps that start the target: each of them is guarded by the check. */
  readonly guards: readonly string[];
  /** In the order in which they were released. */
  readonly releases: readonly {
    readonly version: string;
    readonly reads: readonly (number | string)[];
    readonly writes: number | string;
    readonly at: Position;
  }[];
  readonly at: Position;
}
