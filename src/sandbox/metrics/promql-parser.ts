import { isPattern } from '../is-pattern.ts';
import {
  aggregates,
  functions,
  isComparison,
  isSetOperator,
  typeOf,
  type AggregateName,
  type BinaryOperator,
  type Expression,
  type FunctionName,
  type Matcher,
  type ValueType,
} from './promql-ast.ts';
import { parseError, parseSpan, tokenize, unquote, type Token } from './promql-lexer.ts';

const precedence: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '>': 3,
  '<=': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};

/** The step of `[5m:]`: the sandbox scrapes, and evaluates its rules, as often in domain time. */
export const defaultStepMs = 15_000;

/** Points that a query may ask of one series, in a range query as in a subquery. */
export const mostPoints = 11_000;

/** A subquery's `[5m:30s]`; a range of samples, `[5m]`, has no step. `at` is the place in the query. */
interface Window<Step extends number | null> {
  readonly at: number;
  readonly rangeMs: number;
  readonly stepMs: Step;
}

const tooFine =
  'exceeded maximum resolution of 11,000 points per timeseries in a subquery. Try a longer step';
const misplacedOffset =
  'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery';

/** Parses and type-checks a query of the subset; throws `QueryError` with line and column. */
export function parseQuery(query: string): Expression {
  const tokens = tokenize(query);
  let position = 0;

  const peek = (): Token => tokens[position] ?? { kind: 'end', text: '', at: query.length };
  const fail = (what: string, at = peek().at): never => {
    throw parseError(query, at, what);
  };
  const unexpected = (where = ''): never =>
    fail(
      `${peek().kind === 'end' ? 'unexpected end of input' : `unexpected ${JSON.stringify(peek().text)}`}${where}`,
    );
  const take = (): Token => {
    const token = peek();
    position += 1;
    return token;
  };
  const accept = (text: string): boolean => {
    const token = peek();
    if (token.text !== text || token.kind === 'string') return false;
    position += 1;
    return true;
  };
  const expect = (text: string): void => {
    if (!accept(text)) unexpected();
  };
  const need = (expression: Expression, type: ValueType, where: string, at: number): Expression => {
    const found = typeOf(expression);
    if (found !== type) fail(`expected ${named(type)} in ${where}, got ${named(found)}`, at);
    return expression;
  };

  function binary(least: number): Expression {
    let left = unary();
    for (;;) {
      const at = peek().at;
      const op = operatorOf(peek());
      if (op === null || precedence[op] < least) return left;
      take();
      const bool = accept('bool');
      if (bool && !isComparison(op)) fail('bool modifier can only be used on comparison operators', at);
      const matching = matchingClause();
      const right = binary(op === '^' ? precedence[op] : precedence[op] + 1);
      left = checkBinary({ kind: 'binary', op, bool, matching, left, right }, at);
    }
  }

  function checkBinary(node: Extract<Expression, { kind: 'binary' }>, at: number): Expression {
    const types = [typeOf(node.left), typeOf(node.right)];
    if (types.includes('matrix'))
      fail('binary expression must contain only scalar and instant vector types', at);
    const scalars = types.every((type) => type === 'scalar');
    if (scalars && isComparison(node.op) && !node.bool)
      fail('comparisons between scalars must use BOOL modifier', at);
    if (types.includes('scalar') && isSetOperator(node.op)) {
      fail(`set operator ${JSON.stringify(node.op)} not allowed in binary scalar expression`, at);
    }
    return node;
  }

  function matchingClause(): { readonly on: boolean; readonly labels: readonly string[] } {
    for (const word of ['on', 'ignoring'] as const) {
      if (peek().kind !== 'name' || !accept(word)) continue;
      const labels = labelList();
      if (['group_left', 'group_right'].includes(peek().text))
        fail(`${peek().text} is not in the sandbox's subset`);
      return { on: word === 'on', labels };
    }
    return { on: false, labels: [] };
  }

  function unary(): Expression {
    const at = peek().at;
    if (accept('+')) return unary();
    if (!accept('-')) return primary();
    const of = binary(precedence['^']); // -1^2 is -(1^2)
    if (typeOf(of) === 'matrix')
      fail('unary expression only allowed on expressions of type scalar or instant vector', at);
    return { kind: 'negate', of };
  }

  function primary(): Expression {
    const { at } = peek();
    let found = atom();
    while (peek().text === '[') {
      const window = windowClause();
      if (window.stepMs === null)
        return fail(
          found.kind === 'selector' && found.offsetMs !== 0
            ? 'no offset modifiers allowed before range'
            : 'ranges only allowed for vector selectors',
          window.at,
        );
      found = subquery(found, window, at);
    }
    if (peek().kind === 'name' && peek().text === 'offset') fail(misplacedOffset, at);
    if (peek().text === '@') fail("the @ modifier is not in the sandbox's subset");
    return found;
  }

  function atom(): Expression {
    const token = peek();
    if (token.kind === 'number' || token.kind === 'duration')
      return { kind: 'number', value: seconds(take()) };
    if (accept('(')) {
      const inner = binary(1);
      expect(')');
      return inner;
    }
    if (token.text === '{') return selector(null);
    if (token.kind !== 'name') return unexpected();
    take();
    if (/^(?:inf|nan)$/i.test(token.text))
      return { kind: 'number', value: /nan/i.test(token.text) ? NaN : Infinity };
    if (isAggregate(token.text)) return aggregate(token.text);
    if (peek().text === '(') return functionCall(token);
    return selector(token.text);
  }

  function aggregate(op: AggregateName): Expression {
    let grouping = groupingClause();
    const at = peek().at;
    expect('(');
    const of = need(binary(1), 'vector', `aggregation expression`, at);
    expect(')');
    grouping ??= groupingClause();
    return { kind: 'aggregate', op, of, grouping: grouping ?? { labels: [], without: false } };
  }

  function groupingClause(): { readonly labels: readonly string[]; readonly without: boolean } | null {
    if (accept('by')) return { labels: labelList(), without: false };
    return accept('without') ? { labels: labelList(), without: true } : null;
  }

  function labelList(): readonly string[] {
    const labels: string[] = [];
    expect('(');
    while (!accept(')')) {
      if (peek().kind !== 'name') unexpected();
      labels.push(take().text);
      if (!accept(',') && peek().text !== ')') unexpected();
    }
    return labels;
  }

  function functionCall(name: Token): Expression {
    if (!isFunction(name.text))
      return fail(`unknown function with name ${JSON.stringify(name.text)}`, name.at);
    const types: readonly ValueType[] = functions[name.text];
    expect('(');
    const args: Expression[] = [];
    while (!accept(')')) {
      const at = peek().at;
      const argument = binary(1);
      const type = types[args.length];
      args.push(type === undefined ? argument : need(argument, type, `call to function "${name.text}"`, at));
      if (!accept(',') && peek().text !== ')') unexpected();
    }
    if (args.length !== types.length) {
      fail(`expected ${types.length} argument(s) in call to "${name.text}", got ${args.length}`, name.at);
    }
    return { kind: 'call', name: name.text, args };
  }

  function selector(name: string | null): Expression {
    const at = peek().at;
    const matchers = accept('{') ? matcherList() : [];
    if (name === null && !matchers.some(({ op, value }) => value !== '' && (op === '=' || op === '=~'))) {
      fail('vector selector must contain at least one non-empty matcher', at);
    }
    const window = peek().text === '[' ? windowClause() : null;
    const rangeMs = window?.rangeMs ?? null;
    if (window === null || window.stepMs === null)
      return { kind: 'selector', name, matchers, rangeMs, offsetMs: offsetClause() };
    return subquery({ kind: 'selector', name, matchers, rangeMs: null, offsetMs: 0 }, window, at);
  }

  function windowClause(): Window<number> | Window<null> {
    const { at } = peek();
    const where = 'subquery or range selector';
    expect('[');
    const rangeMs = span(where);
    const stepMs = !accept(':') ? null : peek().text === ']' ? defaultStepMs : span(where);
    if (!accept(']')) unexpected(` in ${where}`);
    return { at, rangeMs, stepMs };
  }

  function subquery(of: Expression, window: Window<number>, at: number): Expression {
    const { rangeMs, stepMs } = window;
    const type = typeOf(of);
    if (type !== 'vector') fail(`subquery is only allowed on instant vector, got ${type} instead`, at);
    if (rangeMs / stepMs > mostPoints) fail(tooFine, window.at);
    return { kind: 'subquery', of, rangeMs, stepMs, offsetMs: offsetClause() };
  }

  function offsetClause(): number {
    if (peek().kind !== 'name' || !accept('offset')) return 0;
    const offsetMs = accept('-') ? -span('offset') : span('offset');
    if (peek().kind === 'name' && peek().text === 'offset') fail('offset may not be set multiple times');
    return offsetMs;
  }

  function span(where: string): number {
    const { kind, at } = peek();
    if (kind !== 'duration' && kind !== 'number') unexpected(` in ${where}, expected number or duration`);
    const ms = Math.round(seconds(take()) * 1000);
    return ms > 0 ? ms : fail('duration must be greater than 0', at);
  }

  function matcherList(): readonly Matcher[] {
    const matchers: Matcher[] = [];
    while (!accept('}')) {
      if (peek().kind !== 'name') unexpected();
      const name = take().text;
      const op = take();
      if (op.text !== '=' && op.text !== '!=' && op.text !== '=~' && op.text !== '!~')
        return fail(`unexpected ${JSON.stringify(op.text)} in label matching`, op.at);
      if (peek().kind !== 'string') unexpected();
      const value = unquote(take().text);
      if (op.text.includes('~') && !isPattern(value)) fail(`error parsing regexp: ${JSON.stringify(value)}`);
      matchers.push({ name, op: op.text, value });
      if (!accept(',') && peek().text !== '}') unexpected();
    }
    return matchers;
  }

  if (peek().kind === 'end') fail('no expression found in input', 0);
  const expression = binary(1);
  if (peek().kind !== 'end') unexpected();
  return expression;
}

/** A number, or a span as its number of seconds: to Prometheus 3 they are the same. */
const seconds = ({ kind, text }: Token): number =>
  kind === 'duration' ? (parseSpan(text) ?? NaN) / 1000 : Number(text);

const isAggregate = (text: string): text is AggregateName => (aggregates as readonly string[]).includes(text);
const isFunction = (text: string): text is FunctionName => Object.hasOwn(functions, text);
const operatorOf = (token: Token): BinaryOperator | null =>
  token.kind !== 'string' && Object.hasOwn(precedence, token.text) ? (token.text as BinaryOperator) : null;
const named = (type: ValueType): string =>
  ({ scalar: 'type scalar', vector: 'type instant vector', matrix: 'type range vector' })[type];
