import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { quoteName } from '../database.ts';
import type { Cell } from '../database/model.ts';
import { jsonOf } from '../json-row.ts';
import type { Subject } from './batch.ts';

/**
 * Converts the rows of a batch by a command of the author's: it reads them as JSON, one a line, and prints each of them
 * again with what has to change. It changes nothing itself, so that the batch stays one transaction.
 * @param exists a subquery that names the rows
 * @returns how many rows were changed
 */
export async function convertByCommand(
  { database, plan, shape }: Subject,
  argv: readonly string[],
  exists: string,
): Promise<number> {
  const order = shape.key.map((name) => `${shape.path}.${quoteName(name)}`).join(', ');
  const rows = await database.query(`select * from ${shape.path} where exists (${exists}) order by ${order}`);
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
  const known = new Map(rows.map((row) => [keyOf(row), JSON.parse(jsonOf(row)) as Record<string, unknown>]));
  const seen = new Set<string>();
  for (const line of ended.stdout.split('\n').filter((text) => text.trim() !== '')) {
    const made = rowIn(line);
    const key = made === null ? '' : keyOf(made);
    const before = known.get(key);
    if (made === null || before === undefined)
      throw fail(`printed a line that is none of its rows: ${line.slice(0, 120)}`);
    if (seen.has(key)) throw fail(`printed the row ${key} twice`);
    seen.add(key);
    const changed = Object.keys(made).filter(
      (name) => !shape.key.includes(name) && JSON.stringify(made[name]) !== JSON.stringify(before[name]),
    );
    const odd = changed.find((name) => !(name in before));
    if (odd !== undefined) throw fail(`printed a column that ${plan.table} does not have: ${odd}`);
    if (changed.length === 0) continue;
    const set = changed.map((name, index) => `${quoteName(name)} = $${String(index + 1)}`);
    const where = shape.key.map(
      (name, index) => `${quoteName(name)} = $${String(changed.length + index + 1)}`,
    );
    const original = rows.find((row) => keyOf(row) === key);
    await database.change(`update ${shape.path} set ${set.join(', ')} where ${where.join(' and ')}`, [
      ...changed.map((name) => cellOf(made[name])),
      ...shape.key.map((name) => original?.[name] ?? null),
    ]);
  }
  return seen.size;
}

function rowIn(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

function cellOf(value: unknown): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return JSON.stringify(value);
}
