import type { Json } from '../runbook/model/values.ts';
import type { Result } from './kleene.ts';

/** A probe's answer before it is judged. */
export type MeasuredValue =
  | {
      readonly ok: true;
      readonly value: Json;
      readonly exit: number | null;
      readonly status: number | null;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
    }
  /** No value: `code` is stable (`timeout`, `no_data`, `nan`, `missing_tool`, `connection`, …). */
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** A condition of the runbook with every place filled. */
export type FilledCondition =
  | { readonly kind: 'equals' | 'not' | 'all'; readonly value: Json }
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'in'; readonly values: readonly Json[] }
  | { readonly kind: 'formats'; readonly values: readonly Json[] }
  /** Inclusive on both sides. A bound that could not be read as a number is NaN. */
  | { readonly kind: 'between'; readonly low: number; readonly high: number }
  | { readonly kind: 'compare'; readonly op: Comparison; readonly value: number }
  | { readonly kind: 'exit' | 'status' | 'count'; readonly value: number }
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly value: string | null;
      readonly absent: boolean;
    }
  | { readonly kind: 'absent' | 'fails' | 'same'; readonly value: boolean }
  /** Evaluated by the caller, who knows the names; `detail` says why it is unknown. */
  | { readonly kind: 'cel'; readonly source: string; readonly result: Result; readonly detail: string }
  /** A person judges; without an `answer` the measured value may be one of these words. */
  | { readonly kind: 'words'; readonly text: string; readonly answer?: PersonsAnswer };

export type Comparison = '<' | '>' | '<=' | '>=';

export interface Verdict {
  readonly result: Result;
  /** Stable; null where it passed. */
  readonly code: string | null;
  readonly detail: string;
  /** What good looks like, in words. */
  readonly expected: string;
}

export type PersonsAnswer = 'pass' | 'fail' | 'unclear';
