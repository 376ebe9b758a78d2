/** A query that cannot be read or is outside the subset; answered as `bad_data`. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'duration' | 'operator' | 'end';
  readonly text: string;
  /** Offset in the query, from 0. */
  readonly at: number;
}

const spans: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s+|#[^\n]*)+/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_])/y],
  ['number', /(?:0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![a-zA-Z_])/y],
  ['name', /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['operator', /=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}[\],@]/y],
];

interface Match {
  readonly kind: Token['kind'] | 'space';
  readonly text: string;
}

const colon: Match = { kind: 'operator', text: ':' };

/** Splits a query into tokens, the last of which is `end`. */
export function tokenize(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let bracketed = false;
  let at = 0;
  while (at < query.length) {
    // A name may start with a colon, but within brackets a colon parts a subquery's range from its step.
    const found: Match | null = bracketed && query[at] === ':' ? colon : match(query, at);
    if (!found) throw parseError(query, at, `unexpected character: ${JSON.stringify(query[at])}`);
    if (found.kind !== 'space') tokens.push({ kind: found.kind, text: found.text, at });
    if (found.text === '[' || found.text === ']') bracketed = found.text === '[';
    at += found.text.length;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

function match(query: string, at: number): Match | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined && text !== '') return { kind, text };
  }
  return null;
}

/** Milliseconds of `1h30m`. */
export function parseSpan(text: string): number | null {
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(count) * (spans[unit ?? ''] ?? 0);
  return total;
}

/** The text between the quotes, escapes resolved; a backquoted one is taken as it is. */
export function unquote(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(/\\(.)/g, (_, character: string) => {
    const control: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
    return control[character] ?? character;
  });
}

export function parseError(query: string, at: number, what: string): QueryError {
  const before = query.slice(0, at).split('\n');
  return new QueryError(`${before.length}:${(before.at(-1) ?? '').length + 1}: parse error: ${what}`);
}
