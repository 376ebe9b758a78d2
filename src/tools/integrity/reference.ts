import { OperatorError } from '../../errors.ts';

/** Rows of `child` point at rows of `parent`: declared as a foreign key, or only meant to (soft). */
export interface Reference {
  /** `public.orders(customer_id) -> public.customers(id)`: the same before and after, whatever the constraint is called. */
  readonly text: string;
  readonly kind: 'declared' | 'soft';
  readonly child: Side;
  readonly parent: Side;
  /** `simple`: a row with an empty column points nowhere. `full`: all columns are empty, or none is. */
  readonly match: 'simple' | 'full';
  /** What the database itself does not hold this reference by: `not valid`, `triggers are off`, … */
  readonly weak: readonly string[];
  /** Why no anti-join can be written for it. */
  readonly unknown: string | null;
}

export interface Side {
  readonly database: 'this' | 'other';
  /** Schema and table; in SQLite only the table. */
  readonly path: readonly string[];
  readonly columns: readonly string[];
  /** Only the table's own rows, not those of tables that inherit from it. */
  readonly only: boolean;
  /** How column `n` of the child equals column `n` of the parent, where it is not plainly `=`. */
  readonly operators: readonly string[];
  readonly exists: boolean;
}

export const referenceText = (child: Side, parent: Side): string =>
  `${sideText(child)} -> ${sideText(parent)}`;

const sideText = ({ database, path, columns }: Side): string =>
  `${database === 'other' ? 'other:' : ''}${path.join('.')}(${columns.join(', ')})`;

const word = String.raw`[\p{L}_][\p{L}\p{N}_$]*`;
const composite = new RegExp(String.raw`^(other:)?(${word}(?:\.${word})?)\s*\(([^()]+)\)$`, 'u');
const single = new RegExp(String.raw`^(other:)?((?:${word}\.){1,2})(${word})$`, 'u');

/**
 * A reference that no constraint holds: `cart.order_id -> orders.id`, `shop.cart(a, b) -> other:lines(x, y)`.
 * @throws OperatorError where it is not written so
 */
export function parseSoftReference(text: string): Reference {
  const [left, right, more] = text.split('->').map((part) => part.trim());
  const child = sideOf(left);
  const parent = sideOf(right);
  if (
    child === null ||
    parent === null ||
    more !== undefined ||
    child.columns.length !== parent.columns.length
  )
    throw new OperatorError(`“${text}” is no reference.`, [
      'Write table.column -> table.column, or table(a, b) -> table(x, y); other: before a table of the second database.',
    ]);
  return {
    text: referenceText(child, parent),
    kind: 'soft',
    child,
    parent,
    match: 'simple',
    weak: [],
    unknown: null,
  };
}

function sideOf(text: string | undefined): Side | null {
  const whole = text === undefined ? null : composite.exec(text);
  const short = text === undefined ? null : single.exec(text);
  const found = whole ?? short;
  if (found === null) return null;
  const [, other, path = '', columns = ''] = found;
  const names = columns.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) return null;
  return {
    database: other === undefined ? 'this' : 'other',
    path: path.split('.').filter((part) => part !== ''),
    columns: names,
    only: false,
    operators: names.map(() => '='),
    exists: true,
  };
}
