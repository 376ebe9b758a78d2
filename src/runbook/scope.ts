/** Type of one value that an expression can read. `any` is checked when it is there. */
export type LeafType = 'text' | 'number' | 'boolean' | 'version' | 'duration' | 'time' | 'any';

export interface Fields {
  readonly [name: string]: ScopeType;
}

export type ScopeType = LeafType | { readonly fields: Fields };

/** Everything an expression can read at one place of a runbook: root name → type. */
export type Scope = Fields;

export const fields = (names: Iterable<readonly [string, ScopeType]>): ScopeType => ({
  fields: Object.fromEntries(names),
});

export type Found =
  | { readonly ok: true; readonly type: ScopeType; readonly path: readonly string[] }
  | { readonly ok: false; readonly missing: string; readonly at: number; readonly known: readonly string[] };

/** Follows a path through the scope, as far as it is declared: below `any` everything is `any`. */
export function lookUp(scope: Scope, path: readonly string[]): Found {
  let here: ScopeType = { fields: scope };
  for (const [index, name] of path.entries()) {
    if (here === 'any') return { ok: true, type: 'any', path };
    if (typeof here === 'string') return { ok: false, missing: name, at: index, known: [] };
    const next: ScopeType | undefined = Object.hasOwn(here.fields, name) ? here.fields[name] : undefined;
    if (next === undefined) return { ok: false, missing: name, at: index, known: Object.keys(here.fields) };
    here = next;
  }
  return { ok: true, type: here, path };
}

/** Words that the expression language keeps to itself. */
export const reservedWords: ReadonlySet<string> = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
  'in',
  'true',
  'false',
  'null',
  ...Object.getOwnPropertyNames(Object.prototype),
]);

export const sessionFields = {
  id: 'text',
  url: 'text',
  mode: 'text',
  operator: 'text',
  environment: 'text',
  runbook: 'text',
  elapsed: 'duration',
  /** `none`, `running` or `taken`. */
  evidence: 'text',
} as const satisfies Fields;

export const windowFields = {
  state: 'text',
  open: 'boolean',
  extended: 'boolean',
  closed: 'boolean',
  until: 'time',
  left: 'duration',
} as const satisfies Fields;

export const triggerFields = { state: 'text', value: 'number' } as const satisfies Fields;

export const decisionFields = {
  step: 'text',
  option: 'text',
  title: 'text',
  reason: 'text',
  by: 'text',
} as const satisfies Fields;
