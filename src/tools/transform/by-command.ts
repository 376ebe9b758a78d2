import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { quoteName } from '../database.ts';
import type { Cell } from '../database/model.ts';
import { jsonOf } from '../json-row.ts';
import type { Subject } from './subject.ts';

/**
 * Converts the rows of a batch by a command of the author's: it reads them as JSON, one a line, and prints each of them
 * again with what has to change. It changes nothing itself, so that the batch stays one transaction.
 * @param which the condition for the rows
 * @returns how many rows were changed
 */
export async function convertByCommand(
  { database, plan, shape }: Subject,
  argv: readonly string[],
  which: string,
): Promise<number> {
  const order = shape.key.map((name) => `${shape.path}.${quoteName(name)}`).join(', ');
  const rows = await database.query(`select * from ${shape.path} where ${which} order by ${order}`);
  const [program = '', ...args] = argv;
  const ended = await execa(program, args, {
    input: rows.map((row) => `${jsonOf(row)}\n`).join(''),
    reject: false,
    timeout: parseDuration(plan.timeout) ?? 60_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  const fail = (what: string): OperatorError =>
    new OperatorError(
      `${plan.table}: ${argv.join(' ')} ${what}.`,
      ['Correct the command; this batch was rolled back.'],
      { exitCode: exitCode.failed },
    );
  if (ended.timedOut) throw fail(`took longer than ${plan.timeout}`);
  if (ended.exitCode === undefined) throw fail(`could not be run: ${ended.shortMessage ?? ''}`);
  if (ended.exitCode !== 0) throw fail(`ended with ${String(ended.exitCode)}: ${ended.stderr.slice(-300)}`);
  const keyOf = (row: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(shape.key.map((name) => String(row[name])));
  const known = new Map(
    rows.map((row) => {
      const given = JSON.parse(jsonOf(row)) as Readonly<Record<string, unknown>>;
      return [keyOf(given), { given, row }];
    }),
  );
  const seen = new Set<string>();
  for (const line of ended.stdout.split('\n').filter((text) => text.trim() !== '')) {
    const made = rowIn(line);
    const key = made === null ? '' : keyOf(made);
    const of = known.get(key);
    if (made === null || of === undefined)
      throw fail(`printed a line that is none of its rows: ${line.slice(0, 120)}`);
    if (seen.has(key)) throw fail(`printed the row ${key} twice`);
    seen.add(key);
    const changed = Object.keys(made).filter(
      (name) => !shape.key.includes(name) && JSON.stringify(made[name]) !== JSON.stringify(of.given[name]),
    );
    const odd = changed.find((name) => !Object.hasOwn(of.given, name));
    if (odd !== undefined) throw fail(`printed a column that ${plan.table} does not have: ${odd}`);
    if (changed.length === 0) continue;
    const set = changed.map((name, index) => `${quoteName(name)} = $${String(index + 1)}`);
    const where = shape.key.map(
      (name, index) => `${quoteName(name)} = $${String(changed.length + index + 1)}`,
    );
    await database.change(`update ${shape.path} set ${set.join(', ')} where ${where.join(' and ')}`, [
      ...changed.map((name) => cellOf(made[name], of.row[name] ?? null)),
      ...shape.key.map((name) => of.row[name] ?? null),
    ]);
  }
  return seen.size;
}

function rowIn(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line, exactly);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** A whole number that JavaScript would round is the text that was printed, as it was given. */
const exactly = (_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown =>
  typeof value === 'number' && /^-?\d+$/.test(source ?? '') && !Number.isSafeInteger(value) ? source : value;

/** Bytes and large numbers are texts in JSON; they are stored as what they were. */
function cellOf(value: unknown, before: Cell): Cell {
  if (typeof value === 'string') {
    if (Buffer.isBuffer(before) && /^\\x(?:[0-9a-f]{2})*$/i.test(value))
      return Buffer.from(value.slice(2), 'hex');
    const isWhole = typeof before === 'bigint' || typeof before === 'number';
    return isWhole && /^-?\d+$/.test(value) ? BigInt(value) : value;
  }
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
