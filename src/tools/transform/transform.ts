import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { Database } from '../database/model.ts';
import type { RulesFile } from '../rules-file.ts';
import { readTableShape } from '../table-shape.ts';
import type { Times } from '../times.ts';
import { convertBatch, doneAndBack, lastOf, toDo } from './batch.ts';
import type { BatchCount, RowKey } from './batch.ts';
import type { Subject } from './subject.ts';
import { differences, type RowDifference } from './differences.ts';
import type { TablePlan, TransformPlan } from './plan.ts';
import {
  countRows,
  newestBatch,
  openProgress,
  openSideTable,
  readProgress,
  sideTable,
  tableExists,
  writeProgress,
  type Progress,
} from './side-table.ts';

export interface TransformRequest {
  readonly file: RulesFile<TransformPlan>;
  readonly session: string;
  /** Rows that have to be converted in all tables together, as counted beforehand; null: those that are found. */
  readonly expected: number | null;
  /** Rows that may take the way of a `cannot` rule; their owner agreed to exactly so many. */
  readonly approvedLoss: number;
  readonly dryRun: boolean;
  readonly times: Times;
  /** Run in every transaction before anything is written: it refuses a holder that was fenced off. */
  readonly fence?: () => Promise<void>;
  readonly onBatch?: (table: string, done: number, expected: number) => void;
}

export interface TableResult {
  readonly table: string;
  readonly originals: string;
  /** Rows whose originals are kept, those of earlier runs of this session included. */
  readonly done: number;
  readonly expected: number;
  /** What this run did. */
  readonly now: BatchCount;
  readonly differences: readonly RowDifference[];
}

export interface TransformResult {
  readonly dryRun: boolean;
  readonly session: string;
  readonly plan: string;
  readonly changed: number;
  readonly done: number;
  /** Rows that take the way of a `cannot` rule, those of earlier runs included. */
  readonly lossy: number;
  readonly keepUntil: string;
  readonly tables: readonly TableResult[];
}

/**
 * Writes rows so that the old release can read them. Originals go to a side table in the transaction that changes them;
 * each batch is a transaction of its own, so that a process that dies leaves whole batches behind, and the next run of
 * the same session goes on after them.
 * @throws OperatorError exit code 3 where other rows are found or changed than expected; nothing of that batch stays
 */
export async function transform(database: Database, request: TransformRequest): Promise<TransformResult> {
  if (!request.dryRun) return work(database, request, (one) => database.transaction(one));
  return database.transaction(() => work(database, request, (one) => one()), { keep: false });
}

type Enter = <T>(work: () => Promise<T>) => Promise<T>;

async function work(database: Database, request: TransformRequest, enter: Enter): Promise<TransformResult> {
  const { file, session, dryRun, times } = request;
  const keepUntil = times.isoOf(times.now() + (parseDuration(file.rules.keep) ?? 0));
  const subjects = await enter(() => prepare(database, request, keepUntil));
  const tables: TableResult[] = [];
  for (const { subject, before } of subjects) {
    const { count, done } = await convertTable(subject, request, enter, before);
    tables.push({
      table: subject.plan.table,
      originals: subject.side.name,
      done,
      expected: before.expected,
      now: count,
      differences: dryRun ? await differences(subject, 5, file.rules.mask) : [],
    });
  }
  return {
    dryRun,
    session,
    plan: file.sha256,
    changed: tables.reduce((sum, one) => sum + one.now.rows, 0),
    done: tables.reduce((sum, one) => sum + one.done, 0),
    lossy: subjects.reduce((sum, { before }) => sum + before.lossy, 0),
    keepUntil,
    tables,
  };
}

interface Before {
  readonly done: number;
  readonly expected: number;
  readonly lossy: number;
  readonly batch: number;
}

const refuse = (message: string, step: string): never => {
  throw new OperatorError(message, [step], { exitCode: exitCode.failed });
};

/** Side tables and counts, before any row is touched: what is found has to be what was expected. */
async function prepare(
  database: Database,
  request: TransformRequest,
  keepUntil: string,
): Promise<readonly { readonly subject: Subject; readonly before: Before }[]> {
  const { file, session, expected, approvedLoss, dryRun, fence } = request;
  await fence?.();
  await openProgress(database);
  const found: { readonly subject: Subject; readonly before: Before }[] = [];
  for (const plan of file.rules.tables) found.push(await prepareTable(database, request, plan));
  for (const { subject } of found) {
    const same = found.filter((one) => one.subject.side.path === subject.side.path);
    if (same.length > 1)
      refuse(
        `The originals of ${same.map((one) => one.subject.plan.table).join(' and ')} would lie in one table, ${subject.side.name}. Nothing was changed.`,
        'Write one entry for a table, with `or` and `case`; convert tables whose names differ in signs only by two plans and sessions.',
      );
  }
  const total = found.reduce((sum, { before }) => sum + before.expected, 0);
  if (expected !== null && total !== expected)
    refuse(
      `${String(total)} rows have to be converted (those that are done included), and ${String(expected)} were expected. Nothing was changed.`,
      'Find out who wrote meanwhile: is the freeze whole? Then count again: walkback data written …',
    );
  const lossy = found.reduce((sum, { before }) => sum + before.lossy, 0);
  if (!dryRun && lossy > approvedLoss)
    refuse(
      `${String(lossy)} rows cannot be converted and lose data by their rule; ${String(approvedLoss)} are approved. Nothing was changed.`,
      `See them with --dry-run; once the owner of the data agrees: --approved-loss ${String(lossy)}`,
    );
  for (const { subject, before } of found)
    await writeProgress(database, session, subject.plan.table, {
      plan: file.sha256,
      expected: before.expected,
      state: 'running',
      keepUntil,
    });
  return found;
}

async function prepareTable(
  database: Database,
  { file, session }: TransformRequest,
  plan: TablePlan,
): Promise<{ readonly subject: Subject; readonly before: Before }> {
  const shape = await readTableShape(database, plan.table, plan.key);
  const subject: Subject = { database, plan, shape, side: sideTable(session, shape) };
  const { side } = subject;
  const before = await readProgress(database, session, plan.table, true);
  if (before !== null) checkSame(before, file, plan.table);
  // rows that were all put back are as they were: the next conversion keeps its own originals
  if (before?.state === 'reversed' && (await tableExists(database, side.path)))
    await database.change(`delete from ${side.path}`);
  await openSideTable(database, shape, side);
  const again = await countRows(database, shape.path, doneAndBack(subject));
  if (again > 0)
    refuse(
      `${plan.table}: ${String(again)} rows that were converted before cannot be read again: somebody wrote them since.`,
      `Compare them with their originals in ${side.name}; freeze the writes, then: walkback data reverse …`,
    );
  const done = await countRows(database, side.path, '1 = 1');
  const left = await countRows(database, shape.path, toDo(subject));
  if (before !== null && before.state !== 'reversed' && done + left !== before.expected)
    refuse(
      `${plan.table}: ${String(before.expected)} rows were expected when it began; ${String(done)} are done and ${String(left)} are left. Nothing was changed.`,
      'Find out who wrote meanwhile: is the freeze whole?',
    );
  const lossy =
    (await countRows(database, side.path, "walkback_rule <> 'convert'")) +
    (plan.cannot.length === 0
      ? 0
      : await countRows(
          database,
          shape.path,
          `${toDo(subject)} and (${plan.cannot.map(({ when }) => `(${when})`).join(' or ')})`,
        ));
  return {
    subject,
    before: { done, lossy, expected: done + left, batch: await newestBatch(database, side) },
  };
}

function checkSame(before: Progress, file: RulesFile<TransformPlan>, table: string): void {
  if (before.state === 'reversing')
    refuse(`${table}: the originals are half put back.`, 'Finish that first: walkback data reverse …');
  if (before.state === 'running' && before.plan !== file.sha256)
    refuse(
      `${file.file} is another one than when the conversion of ${table} began.`,
      'Put the file back as it was, or take the conversion back first: walkback data reverse …',
    );
}

const nothing: BatchCount = { rows: 0, converted: 0, defaulted: 0, nulled: 0, quarantined: 0 };

async function convertTable(
  subject: Subject,
  request: TransformRequest,
  enter: Enter,
  before: Before,
): Promise<{ readonly count: BatchCount; readonly done: number }> {
  const { database, plan, side } = subject;
  const { file, session, fence, onBatch } = request;
  let sum = nothing;
  let { done, batch } = before;
  let behind: RowKey | null = null;
  for (;;) {
    const after = await enter(async () => {
      await fence?.();
      // held until the batch is committed: a second process with the same session waits here
      const progress = await readProgress(database, session, plan.table, true);
      const newest = await newestBatch(database, side);
      // batches that such a process has done meanwhile are none of this one's, and count
      const known = newest === batch ? done : await countRows(database, side.path, '1 = 1');
      const next = await convertBatch(subject, newest + 1, file.rules.batch, behind);
      // at the end once more from the beginning: nothing that was written meanwhile is passed over
      const one =
        next.rows > 0 || behind === null
          ? next
          : await convertBatch(subject, newest + 1, file.rules.batch, null);
      checkCounts(subject, before, known + one.rows);
      if (one.rows === 0 && progress !== null)
        await writeProgress(database, session, plan.table, { ...progress, state: 'done' });
      const last = one.rows === 0 ? null : await lastOf(subject, newest + 1);
      return { one, last, done: known + one.rows, batch: one.rows === 0 ? newest : newest + 1 };
    });
    ({ done, batch, last: behind } = after);
    if (after.one.rows === 0) break;
    sum = plus(sum, after.one);
    onBatch?.(plan.table, done, before.expected);
  }
  if (done !== before.expected)
    refuse(
      `${plan.table}: ${String(done)} rows were converted, and ${String(before.expected)} were expected.`,
      'Find out who wrote meanwhile: is the freeze whole? Then count again: walkback data written …',
    );
  return { count: sum, done };
}

function checkCounts({ plan }: Subject, before: Before, done: number): void {
  if (done > before.expected)
    refuse(
      `${plan.table}: a ${String(done)}th row was found where ${String(before.expected)} were expected. This batch was rolled back.`,
      'Somebody still writes: freeze the writes, then run it again.',
    );
}

const plus = (one: BatchCount, other: BatchCount): BatchCount => ({
  rows: one.rows + other.rows,
  converted: one.converted + other.converted,
  defaulted: one.defaulted + other.defaulted,
  nulled: one.nulled + other.nulled,
  quarantined: one.quarantined + other.quarantined,
});

/** Where originals stand for a person: table, count, until when. */
export async function originalsKept(
  database: Database,
  file: RulesFile<TransformPlan>,
  session: string,
): Promise<
  readonly {
    readonly table: string;
    readonly path: string;
    readonly rows: number;
    readonly progress: Progress | null;
  }[]
> {
  const found = [];
  for (const plan of file.rules.tables) {
    const shape = await readTableShape(database, plan.table, plan.key);
    const side = sideTable(session, shape);
    const there = await tableExists(database, side.path);
    found.push({
      table: plan.table,
      path: side.path,
      rows: there ? await countRows(database, side.path, '1 = 1') : 0,
      progress: await readProgress(database, session, plan.table, false),
    });
  }
  return found;
}

/**
 * Drops the originals of a session, once nobody wants them back.
 * @throws OperatorError exit code 3 before the date until which they are kept
 */
export async function dropOriginals(
  database: Database,
  file: RulesFile<TransformPlan>,
  session: string,
  times: Times,
): Promise<number> {
  return database.transaction(async () => {
    const kept = await originalsKept(database, file, session);
    const early = kept.find(
      ({ progress }) => progress !== null && times.epochMsOf(progress.keepUntil) > times.now(),
    );
    if (early?.progress)
      refuse(
        `The originals of ${early.table} are kept until ${early.progress.keepUntil}.`,
        'Come back then.',
      );
    for (const { path, rows } of kept) if (rows > 0) await database.change(`drop table ${path}`);
    return kept.reduce((sum, { rows }) => sum + rows, 0);
  });
}
