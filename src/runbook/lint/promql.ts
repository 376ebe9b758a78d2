import type { Template } from '../model/values.ts';

/**
 * What is plainly wrong with a PromQL query before it is asked, in words; null where nothing is. It knows the marks of
 * the language (quotes, brackets, durations, operators), not its functions and types: those only Prometheus knows, and
 * what it refuses is unknown, never 0. Places that are filled later stand for a name.
 */
export function faultInQuery(query: Template): string | null {
  const text = query.parts.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  const tokens = tokensOf(text);
  if (typeof tokens === 'string') return tokens;
  if (tokens.length === 0) return 'it is empty';
  return bracketFault(tokens) ?? operatorFault(tokens);
}

type Token =
  | { readonly kind: 'word' | 'number' | 'text'; readonly text: string }
  | { readonly kind: 'open' | 'close' | 'operator' | 'comma'; readonly text: string };

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+|#[^\n]*/y],
  ['text', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  [
    'number',
    /(?:0x[0-9a-f]+|(?:\d+(?:ms|[smhdwy]))+|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)(?![a-z0-9_])/iy,
  ],
  ['word', /[a-z_:][a-z0-9_:]*/iy],
  ['operator', /=~|!~|==|!=|<=|>=|[-+*/%^<>=@:]/y],
  ['open', /[([{]/y],
  ['close', /[)\]}]/y],
  ['comma', /,/y],
];

function tokensOf(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const before = at;
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const found = pattern.exec(text)?.[0];
      if (found === undefined) continue;
      at += found.length;
      if (kind !== 'space') tokens.push({ kind, text: found });
      break;
    }
    if (at === before) {
      const rest = text.slice(at, at + 12);
      return /^["'`]/.test(rest)
        ? `the quote before \`${rest.slice(1)}\` is not closed`
        : `\`${rest}\` cannot be read`;
    }
  }
  return tokens;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function bracketFault(tokens: readonly Token[]): string | null {
  const open: string[] = [];
  for (const { kind, text } of tokens) {
    if (kind === 'open') open.push(text);
    if (kind !== 'close') continue;
    const last = open.pop();
    if (last === undefined) return `\`${text}\` closes nothing`;
    if (closing[last] !== text) return `\`${last}\` is closed by \`${text}\``;
  }
  const left = open.at(-1);
  return left === undefined ? null : `\`${left}\` is not closed`;
}

const signs: ReadonlySet<string> = new Set(['+', '-']);
const wordOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);

const isOperator = ({ kind, text }: Token): boolean =>
  (kind === 'operator' && text !== '@' && text !== ':') ||
  (kind === 'word' && wordOperators.has(text.toLowerCase()));

/** A label may be called like an operator. */
const isLabel = (token: Token, after: Token | undefined): boolean =>
  token.kind === 'word' && after?.kind === 'operator' && /^(?:=~?|!=|!~)$/.test(after.text);

/** An operator has something on both sides of it; two values in a row have one between them. */
function operatorFault(tokens: readonly Token[]): string | null {
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    const after = tokens[index + 1];
    if (isOperator(token) && !isLabel(token, after)) {
      const starts =
        before === undefined || before.kind === 'open' || before.kind === 'comma' || isOperator(before);
      if (starts && !signs.has(token.text)) return `\`${token.text}\` has nothing before it`;
      if (after === undefined || after.kind === 'close' || after.kind === 'comma')
        return `\`${token.text}\` has nothing after it`;
    }
    const value = (one: Token | undefined): boolean => one?.kind === 'number' || one?.kind === 'text';
    if (value(token) && value(before))
      return `\`${before?.text ?? ''} ${token.text}\` has no operator between`;
  }
  return null;
}
