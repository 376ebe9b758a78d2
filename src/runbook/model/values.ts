/** How a thing is named, computed, run, measured and judged: what every part of a runbook is made of. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where something was written; `line` and `column` count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A CEL expression, parsed and type-checked at compile time. */
export interface Expression {
  readonly source: string;
  readonly at: Position;
  /** Ids of the named probes it reads: they are measured before it is evaluated. */
  readonly probes: readonly string[];
  /** Paths that it reads whose text stands for something else: `inputs.target` → `version`. */
  readonly typed?: Readonly<Record<string, 'version' | 'duration' | 'time'>>;
}

/** A text with `${{ … }}` places. A template that is exactly one expression keeps that expression's type. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
  readonly at: Position;
}

export type Where =
  { readonly kind: 'workstation' } | { readonly kind: 'ssh' | 'pod' | 'container'; readonly name: Template };

/** A process to start: `argv` runs as it is, `shell` is a script for `sh -c` whose values arrive in the environment. */
export interface Command {
  readonly program:
    | { readonly kind: 'argv'; readonly argv: readonly Template[] }
    | { readonly kind: 'shell'; readonly script: string };
  readonly env: Readonly<Record<string, Template>>;
  readonly where: Where;
  readonly tty: boolean;
  readonly timeoutMs: number;
  readonly at: Position;
}

export type ProbeSource =
  | { readonly kind: 'run'; readonly command: Command }
  | {
      readonly kind: 'http';
      readonly url: Template;
      readonly method: string;
      readonly headers: Readonly<Record<string, Template>>;
      readonly body: Template | null;
    }
  | { readonly kind: 'tcp'; readonly address: Template }
  | { readonly kind: 'sql'; readonly connection: string; readonly query: Template }
  | { readonly kind: 'prometheus'; readonly url: Template; readonly query: Template }
  | { readonly kind: 'file'; readonly path: Template }
  | { readonly kind: 'ask'; readonly text: Template };

export type Reduction = 'census' | 'last' | 'min' | 'max' | 'mean' | 'sum' | 'count';

/** A measurement. `id` is null for one written in place. */
export interface Probe {
  readonly id: string | null;
  readonly source: ProbeSource;
  /** JSONPath subset: `$.a.b[0]`. */
  readonly json: string | null;
  /** RE2; the first group, or the whole match, is the value. */
  readonly pattern: string | null;
  readonly times: number;
  readonly reduce: Reduction;
  readonly unit: string | null;
  readonly timeoutMs: number;
  readonly at: Position;
}

/** What "good" looks like; every condition given must hold. Values may hold templates (as `Template`). */
export interface Tolerance {
  readonly conditions: readonly Condition[];
  readonly at: Position;
}

export type Bound = Template | number;

export type Condition =
  | { readonly kind: 'equals' | 'not' | 'all'; readonly value: Template | number | boolean | null }
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'in'; readonly values: readonly (Template | number | boolean)[] }
  /** Whatever is stored has one of these formats; where nothing is stored there is nothing to read. */
  | { readonly kind: 'formats'; readonly values: readonly (number | string)[] }
  | { readonly kind: 'between'; readonly low: Bound; readonly high: Bound }
  | { readonly kind: 'compare'; readonly op: '<' | '>' | '<=' | '>='; readonly value: Bound }
  | { readonly kind: 'exit' | 'status' | 'count'; readonly value: number }
  | {
      readonly kind: 'header';
      readonly name: string;
      readonly value: Template | null;
      readonly absent: boolean;
    }
  | { readonly kind: 'absent' | 'fails' | 'same'; readonly value: boolean }
  | { readonly kind: 'cel'; readonly expression: Expression }
  | { readonly kind: 'words'; readonly text: string };

/** A probe held against a tolerance, once or polled: every `everyMs`, for at most `withinMs`, `stable` passes in a row. */
export interface Check {
  readonly subject: Probe | { readonly obligation: string; readonly state: 'open' | 'closed' };
  readonly expect: Tolerance;
  readonly everyMs: number;
  readonly withinMs: number | null;
  readonly stable: number;
  readonly at: Position;
}
