import { OperatorError, exitCode } from '../../errors.ts';
import { quoteName, quoteText } from '../database.ts';
import type { Cell } from '../database/model.ts';
import { rowText, sameKey } from '../table-shape.ts';
import { convertByCommand } from './by-command.ts';
import { draggedAlong } from './dragged-along.ts';
import type { CannotRule } from './plan.ts';
import { countRows } from './side-table.ts';
import type { Subject } from './subject.ts';

/** How many rows of a batch took which way. */
export interface BatchCount {
  readonly rows: number;
  readonly converted: number;
  readonly defaulted: number;
  readonly nulled: number;
  readonly quarantined: number;
}

const converts = 'convert';
const cannotName = (index: number): string => `cannot_${String(index)}`;

/** The condition for rows that are still to be done: they match, and no original of them is kept. */
export function toDo({ shape, side, plan }: Subject): string {
  return `(${plan.where}) and not exists (select 1 from ${side.path} walkback_side where ${sameKey(shape, 'walkback_side', shape.path)})`;
}

/** Rows that were done before and match again: somebody wrote them since. */
export const doneAndBack = ({ shape, side, plan }: Subject): string =>
  `(${plan.where}) and exists (select 1 from ${side.path} walkback_side where ${sameKey(shape, 'walkback_side', shape.path)})`;

/** The values of the key of one row, in its order. */
export type RowKey = readonly Cell[];

/** The last row of a batch, in the order in which rows are taken. */
export async function lastOf({ database, shape, side }: Subject, batch: number): Promise<RowKey | null> {
  const [row] = await database.query(
    `select ${shape.key.map(quoteName).join(', ')} from ${side.path} where walkback_batch = $1
     order by ${shape.key.map((name) => `${quoteName(name)} desc`).join(', ')} limit 1`,
    [batch],
  );
  return row === undefined ? null : shape.key.map((name) => row[name] ?? null);
}

/**
 * Converts the next rows inside the transaction that is open: keeps their originals, changes them, and holds what
 * came of it against what was meant.
 * @param after looks behind this row only, so that those before it are not read again for each batch
 * @throws OperatorError exit code 3 where other rows were changed than meant: the transaction is to be rolled back
 */
export async function convertBatch(
  subject: Subject,
  batch: number,
  size: number,
  after: RowKey | null,
): Promise<BatchCount> {
  const { database, plan, shape, side } = subject;
  const rows = await keepOriginals(subject, batch, size, after);
  const none = { rows, converted: 0, defaulted: 0, nulled: 0, quarantined: 0 };
  if (rows === 0) return none;
  const counts = new Map(
    (
      await database.query(
        `select walkback_rule as rule, count(*) as n from ${side.path} where walkback_batch = $1 group by 1`,
        [batch],
      )
    ).map((row) => [String(row['rule']), Number(row['n'])]),
  );
  const toConvert = counts.get(converts) ?? 0;
  if (toConvert > 0) held(subject, await convert(subject, batch), toConvert);
  const sums = { default: 0, null: 0, quarantine: 0 };
  for (const [index, rule] of plan.cannot.entries()) {
    const meant = counts.get(cannotName(index)) ?? 0;
    if (meant === 0) continue;
    held(subject, await applyRule(subject, batch, rule, cannotName(index)), meant);
    sums[rule.rule] += meant;
  }
  await keepResults(subject, batch);
  const left = await countRows(database, shape.path, `(${plan.where}) and ${inBatch(subject, batch)}`);
  if (left > 0)
    throw refused(
      `${plan.table}: ${String(left)} of ${String(rows)} rows still match after the conversion.`,
      ['Correct the conversion; this batch was rolled back.'],
    );
  return {
    rows,
    converted: toConvert,
    defaulted: sums.default,
    nulled: sums.null,
    quarantined: sums.quarantine,
  };
}

const refused = (message: string, steps: readonly [string, ...string[]]): OperatorError =>
  new OperatorError(message, steps, { exitCode: exitCode.failed });

function held({ plan }: Subject, changed: number, meant: number): void {
  if (changed === meant) return;
  throw refused(
    `${plan.table}: the conversion changed ${String(changed)} rows where ${String(meant)} were meant.`,
    ['Correct the conversion; this batch was rolled back.'],
  );
}

/** The condition for the rows of a batch, by their originals. */
function inBatch({ shape, side }: Subject, batch: number, rule?: string): string {
  const only = rule === undefined ? '' : ` and walkback_side.walkback_rule = ${quoteText(rule)}`;
  const columns = (of: string): string => shape.key.map((name) => `${of}.${quoteName(name)}`).join(', ');
  // by the list of keys, not by `exists`: SQLite would ask for each row of the whole table
  return `(${columns(shape.path)}) in (select ${columns('walkback_side')} from ${side.path} walkback_side where walkback_side.walkback_batch = ${String(batch)}${only})`;
}

async function keepOriginals(
  subject: Subject,
  batch: number,
  size: number,
  after: RowKey | null,
): Promise<number> {
  const { database, plan, shape, side } = subject;
  const columns = shape.columns.map(({ name }) => quoteName(name)).join(', ');
  const cells = shape.columns.map(({ name }) => `${shape.path}.${quoteName(name)}`).join(', ');
  const rules = plan.cannot.map(({ when }, index) => `when (${when}) then ${quoteText(cannotName(index))}`);
  const rule =
    rules.length === 0 ? quoteText(converts) : `case ${rules.join(' ')} else ${quoteText(converts)} end`;
  const order = shape.key.map((name) => `${shape.path}.${quoteName(name)}`).join(', ');
  const behind =
    after === null ? '' : ` and (${order}) > (${after.map((_, at) => `$${String(at + 1)}`).join(', ')})`;
  // PostgreSQL reads the condition again once it has the lock: a row that somebody changes meanwhile is not taken
  const lock = database.dialect === 'postgres' ? ' for update' : '';
  return database.change(
    `insert into ${side.path} (${columns}, walkback_batch, walkback_rule, walkback_before)
     select ${cells}, ${String(batch)}, ${rule}, ${rowText(database, shape, shape.path)}
     from ${shape.path} where ${toDo(subject)}${behind} order by ${order} limit ${String(size)}${lock}`,
    after ?? [],
  );
}

async function convert(subject: Subject, batch: number): Promise<number> {
  const { database, plan } = subject;
  if (plan.set !== undefined) return database.change(updateSql(subject, plan.set, batch, converts));
  if (plan.run !== undefined) return convertByCommand(subject, plan.run, inBatch(subject, batch, converts));
  return withBatchTable(subject, batch, () => database.change(plan.sql ?? ''));
}

/** The keys of a batch as a table that an author's own statement can join. */
async function withBatchTable<T>(subject: Subject, batch: number, work: () => Promise<T>): Promise<T> {
  const { database, shape, side } = subject;
  const key = shape.key.map(quoteName).join(', ');
  await database.change(
    `create temporary table walkback_batch as select ${key} from ${side.path}
     where walkback_batch = ${String(batch)} and walkback_rule = ${quoteText(converts)}`,
  );
  const result = await work();
  await database.change('drop table walkback_batch');
  return result;
}

function updateSql(
  subject: Subject,
  set: Readonly<Record<string, string>>,
  batch: number,
  rule: string,
): string {
  const assigned = Object.entries(set).map(([name, sql]) => `${quoteName(name)} = (${sql})`);
  return `update ${subject.shape.path} set ${assigned.join(', ')} where ${inBatch(subject, batch, rule)}`;
}

async function applyRule(subject: Subject, batch: number, rule: CannotRule, name: string): Promise<number> {
  const { database, plan, shape } = subject;
  if (rule.rule === 'quarantine') {
    const others = await draggedAlong(subject, batch, name);
    if (others !== null)
      throw refused(
        `${plan.table}: with the rows that are taken out, ${others} would go along or be changed, and their originals are kept nowhere. This batch was rolled back.`,
        ['Take those out first, by an entry of their own above this one, or choose another rule.'],
      );
    return database.change(`delete from ${shape.path} where ${inBatch(subject, batch, name)}`);
  }
  const set = rule.set ?? Object.fromEntries((rule.columns ?? []).map((column) => [column, 'null']));
  return database.change(updateSql(subject, set, batch, name));
}

/** What each row is now, so that the way back can tell whether somebody changed it since. */
async function keepResults({ database, shape, side }: Subject, batch: number): Promise<void> {
  await database.change(
    `update ${side.path} set walkback_after = (select ${rowText(database, shape, shape.path)} from ${shape.path} where ${sameKey(shape, shape.path, side.path)})
     where walkback_batch = ${String(batch)}`,
  );
}
