import { OperatorError, exitCode } from '../../errors.ts';
import { quoteName } from '../database.ts';
import type { Database } from '../database/model.ts';
import type { RulesFile } from '../rules-file.ts';
import { readTableShape, rowText, sameKey } from '../table-shape.ts';
import type { Subject } from './subject.ts';
import type { TransformPlan } from './plan.ts';
import { countRows, readProgress, sideTable, tableExists, writeProgress } from './side-table.ts';

export interface ReverseRequest {
  readonly file: RulesFile<TransformPlan>;
  readonly session: string;
  /** Put originals back over what was written since. */
  readonly overwrite: boolean;
  readonly fence?: () => Promise<void>;
  readonly onBatch?: (table: string, done: number, expected: number) => void;
}

export interface ReverseResult {
  readonly session: string;
  readonly restored: number;
  readonly tables: readonly {
    readonly table: string;
    readonly restored: number;
    readonly originals: number;
  }[];
}

/**
 * Puts the originals of a session back, the last table first, each row byte for byte as it was. A row that somebody
 * changed since is not overwritten unless that is asked for.
 * @throws OperatorError exit code 3 where rows were changed since, or do not come out as they were
 */
export async function reverse(database: Database, request: ReverseRequest): Promise<ReverseResult> {
  const { file, session } = request;
  const subjects: Subject[] = [];
  for (const plan of file.rules.tables.toReversed()) {
    const shape = await readTableShape(database, plan.table, plan.key);
    const side = sideTable(session, shape);
    if (await tableExists(database, side.path)) subjects.push({ database, plan, shape, side });
  }
  if (!request.overwrite) for (const subject of subjects) await refuseChanged(subject, 0);
  const tables = [];
  for (const subject of subjects) tables.push(await restoreTable(subject, request));
  return { session, restored: tables.reduce((sum, { restored }) => sum + restored, 0), tables };
}

/** @param restored 0: of all that is still to be put back; 2: of what is being put back now */
async function refuseChanged({ database, plan, shape, side }: Subject, restored: 0 | 2): Promise<void> {
  const key = shape.key.map((name) => `${side.path}.${quoteName(name)}`).join(', ');
  const now = `(select ${rowText(database, shape, shape.path)} from ${shape.path} where ${sameKey(shape, shape.path, side.path)})`;
  const rows = await database.query(
    `select ${key} from ${side.path}
     where walkback_restored = ${String(restored)} and ${now} is distinct from walkback_after order by ${key} limit 21`,
  );
  if (rows.length === 0) return;
  const named = rows.slice(0, 20).map((row) => shape.key.map((name) => String(row[name])).join('/'));
  throw new OperatorError(
    `${plan.table}: ${rows.length > 20 ? 'more than 20' : String(rows.length)} rows were changed since they were converted: ${named.join(', ')}. ${restored === 0 ? 'Nothing was put back.' : 'This batch was rolled back.'}`,
    [`Compare them with ${side.name}. To put the originals back over them: --overwrite`],
    { exitCode: exitCode.failed },
  );
}

async function restoreTable(
  subject: Subject,
  { file, session, overwrite, fence, onBatch }: ReverseRequest,
): Promise<ReverseResult['tables'][number]> {
  const { database, plan, shape, side } = subject;
  const originals = await countRows(database, side.path, '1 = 1');
  const already = await countRows(database, side.path, 'walkback_restored <> 0');
  let restored = 0;
  for (;;) {
    const count = await database.transaction(async () => {
      await fence?.();
      const progress = await readProgress(database, session, plan.table, true);
      const one = await restoreBatch(subject, file.rules.batch, overwrite);
      const state = one === 0 ? 'reversed' : 'reversing';
      if (progress !== null) await writeProgress(database, session, plan.table, { ...progress, state });
      return one;
    });
    if (count === 0) break;
    restored += count;
    onBatch?.(plan.table, already + restored, originals);
  }
  return { table: shape.name, restored, originals };
}

/**
 * The newest batch first: a row may point at one of its own table that was taken out after it. In the side table 0
 * stands for a row to be put back, 2 for one that this transaction puts back, 1 for one that is back.
 */
async function restoreBatch(subject: Subject, size: number, overwrite: boolean): Promise<number> {
  const { database, plan, shape, side } = subject;
  const key = shape.key.map(quoteName).join(', ');
  const columns = shape.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const rows = await database.change(
    `update ${side.path} set walkback_restored = 2 where (${key}) in
     (select ${key} from ${side.path} where walkback_restored = 0 order by walkback_batch desc, ${key} limit ${String(size)})`,
  );
  if (rows === 0) return 0;
  // what was looked at when it began may have been written since; from here on nobody writes these rows
  if (database.dialect === 'postgres')
    await database.query(
      `select from ${shape.path} where exists (select from ${side.path} where walkback_restored = 2 and ${sameKey(shape, side.path, shape.path)}) for update`,
    );
  if (!overwrite) await refuseChanged(subject, 2);
  const values = shape.columns
    .filter(({ name, generated, numbered }) => !generated && !numbered && !shape.key.includes(name))
    .map(({ name }) => name);
  const mine = `${side.path}.walkback_restored = 2 and ${sameKey(shape, side.path, shape.path)}`;
  if (values.length > 0)
    await database.change(
      `update ${shape.path} set ${values.map((name) => `${quoteName(name)} = ${side.path}.${quoteName(name)}`).join(', ')}
       from ${side.path} where ${mine}`,
    );
  const list = columns.map(quoteName).join(', ');
  const system = database.dialect === 'postgres' ? 'overriding system value ' : '';
  await database.change(
    `insert into ${shape.path} (${list}) ${system}
     select ${columns.map((name) => `${side.path}.${quoteName(name)}`).join(', ')} from ${side.path}
     where walkback_restored = 2 and not exists (select 1 from ${shape.path} where ${sameKey(shape, shape.path, side.path)})`,
  );
  const same = await countRows(
    database,
    side.path,
    `walkback_restored = 2 and walkback_before = (select ${rowText(database, shape, shape.path)} from ${shape.path} where ${sameKey(shape, shape.path, side.path)})`,
  );
  if (same !== rows)
    throw new OperatorError(
      `${plan.table}: ${String(rows - same)} of ${String(rows)} rows are not byte for byte as they were after being put back. This batch was rolled back.`,
      ['A trigger of the database changes what is written: turn it off for this session, then run it again.'],
      { exitCode: exitCode.failed },
    );
  await database.change(`update ${side.path} set walkback_restored = 1 where walkback_restored = 2`);
  return rows;
}
