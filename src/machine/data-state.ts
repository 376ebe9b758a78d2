import type { FactOf } from './facts.ts';
import type { Reading } from './facts/values.ts';

/** What is known of the data: what was measured, what is still to be measured, and what was agreed to. */
export interface DataState {
  /** By invariant. */
  readonly invariants: Readonly<Record<string, InvariantState>>;
  /** By `tableKey`. */
  readonly tables: Readonly<Record<string, TableState>>;
  /** The data was measured right before something changed. */
  readonly begun: boolean;
  /** A stateful step has changed something, and the data was not measured since. */
  readonly due: { readonly step: string; readonly attempt: string } | null;
  readonly accepted: readonly Accepted[];
}

export interface InvariantState {
  /** Right before the first change, or the first reading there is. */
  readonly before: Reading;
  readonly now: Reading;
  readonly moment: string;
  readonly step: string;
}

export interface TableState {
  readonly before: number | null;
  readonly now: number | null;
  readonly most: number | null;
  readonly newestMs: number | null;
  readonly newestMostMs: number | null;
  readonly code: string | null;
  readonly detail: string;
}

export type Accepted = Pick<
  FactOf<'data.accepted'>,
  'items' | 'by' | 'reason' | 'role' | 'principal' | 'level' | 'override'
> & { readonly at: string };

export const noData: DataState = { invariants: {}, tables: {}, begun: false, due: null, accepted: [] };

/** Why nothing may be changed before somebody agrees, or the data is as it was again. */
export interface DataBlock {
  /** `invariant orders_kept`, `rows shop.orders`, `rows lost`, `time shop.orders`. */
  readonly id: string;
  readonly code:
    'invariant_broken' | 'not_measured' | 'author_error' | 'table_shrunk' | 'over_budget' | 'time_lost';
  readonly detail: string;
  /** Agreeing is bound to this: another value is another question. */
  readonly value: string;
  /** Who has to agree; null: whoever drives, with a reason. */
  readonly role: string | null;
}
