import type { Classified } from './classify.ts';

/** One change of a schema, as the tool that made it names it. */
export interface Change {
  /** Tells it from every other one, also from a reworked one of the same name. */
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/** What the database itself says of its schema. */
export interface SchemaState {
  /** The name of the newest change; `nothing` for an empty schema. */
  readonly version: string;
  /** Oldest first. */
  readonly deployed: readonly Change[];
}

/** A change with the script that takes it back. */
export interface Revert extends Change, Classified {
  readonly script: string | null;
  /** Of the script, `sha256:…`; null where there is none. */
  readonly sha256: string | null;
  readonly hasVerify: boolean;
  /** Why it is not run; null where nothing speaks against it. */
  readonly refused: { readonly code: Refusal; readonly text: string } | null;
}

/** Why nothing was run. */
export type Refusal =
  | 'missing_revert'
  | 'empty_revert'
  | 'noop_revert'
  | 'edited_script'
  | 'plan_changed'
  | 'moved_tag'
  | 'unknown_target'
  | 'out_of_order';

/** Why it stopped on the way. */
export type Trouble =
  | 'lock_timeout'
  | 'statement_timeout'
  | 'script_failed'
  | 'verify_failed'
  | 'not_reverted'
  /** What of a change is done, nobody can say. */
  | 'half_done'
  /** Another process is at work on this schema. */
  | 'busy';

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly code: Trouble; readonly text: string };

export const refusing = (code: Refusal, text: string): { readonly code: Refusal; readonly text: string } => ({
  code,
  text,
});

/** A tool that keeps a schema's versions. */
export interface Adapter {
  readonly name: 'sqitch' | 'sqldir';
  state(): Promise<SchemaState>;
  /**
   * What has to go to reach a target: a change, a tag like `@v1.8`, or `nothing`.
   * @returns the reverts, newest first, and the change that is the newest one then (null: none is left)
   */
  above(to: string): Promise<
    | { readonly ok: true; readonly target: Change | null; readonly reverts: readonly Revert[] }
    | { readonly ok: false; readonly code: Refusal; readonly text: string }
  >;
  /** Takes one change back; `below` is the newest one afterwards. */
  revert(change: Revert, below: Change | null): Promise<Outcome>;
  /** Whether what a change made is there and right; null where no script tells. */
  verify(change: Change): Promise<{ readonly holds: boolean; readonly text: string } | null>;
  /** Another process of this tool is at work. */
  busy(): Promise<boolean>;
  /** Writes that a change was taken back, without running its script. */
  recordReverted(change: Change, below: Change | null): Promise<Outcome>;
  /** Script and record are one transaction: a killed run leaves all of it or nothing. */
  recordsWithScript(revert: Revert): boolean;
}
