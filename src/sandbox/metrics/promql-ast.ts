/** What a query of the subset parses to. Spans are milliseconds. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'selector';
      readonly name: string | null;
      readonly matchers: readonly Matcher[];
      readonly rangeMs: number | null;
      readonly offsetMs: number;
    }
  | {
      readonly kind: 'subquery';
      readonly of: Expression;
      readonly rangeMs: number;
      readonly stepMs: number;
      readonly offsetMs: number;
    }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly op: AggregateName;
      readonly grouping: { readonly labels: readonly string[]; readonly without: boolean };
      readonly of: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly bool: boolean;
      readonly matching: { readonly on: boolean; readonly labels: readonly string[] };
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'negate'; readonly of: Expression };

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export const aggregates = ['sum', 'avg', 'max', 'min', 'count'] as const;
export type AggregateName = (typeof aggregates)[number];

export type ValueType = 'scalar' | 'vector' | 'matrix';

/** Functions of the subset and the types of their arguments. */
export const functions = {
  rate: ['matrix'],
  increase: ['matrix'],
  delta: ['matrix'],
  min_over_time: ['matrix'],
  max_over_time: ['matrix'],
  avg_over_time: ['matrix'],
  sum_over_time: ['matrix'],
  count_over_time: ['matrix'],
  last_over_time: ['matrix'],
  histogram_quantile: ['scalar', 'vector'],
  absent: ['vector'],
  scalar: ['vector'],
  vector: ['scalar'],
  abs: ['vector'],
  clamp_min: ['vector', 'scalar'],
  clamp_max: ['vector', 'scalar'],
  time: [],
} as const satisfies Readonly<Record<string, readonly ValueType[]>>;
export type FunctionName = keyof typeof functions;

const comparisons = ['==', '!=', '<', '>', '<=', '>='] as const;
const setOperators = ['and', 'or', 'unless'] as const;
export type BinaryOperator =
  '+' | '-' | '*' | '/' | '%' | '^' | (typeof comparisons)[number] | (typeof setOperators)[number];

export const isComparison = (op: BinaryOperator): boolean => (comparisons as readonly string[]).includes(op);
export const isSetOperator = (op: BinaryOperator): boolean =>
  (setOperators as readonly string[]).includes(op);

/** The type of a query's value. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'selector':
      return expression.rangeMs === null ? 'vector' : 'matrix';
    case 'subquery':
      return 'matrix';
    case 'call':
      return expression.name === 'scalar' || expression.name === 'time' ? 'scalar' : 'vector';
    case 'aggregate':
      return 'vector';
    case 'negate':
      return typeOf(expression.of);
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'vector';
  }
}
