import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { OperatorError } from '../../errors.ts';
import { ensureOwnSchema, hasOwnTable, ownTable } from '../database/own-table.ts';
import type { Database } from '../database/model.ts';
import type { Found, Orphan } from './anti-join.ts';

/** The orphans that were there before, by the text of their reference. */
export type Baseline = Readonly<Record<string, KnownOrphans>>;

interface KnownOrphans {
  /** False where there were more than are kept: then nobody can say which ones are new. */
  readonly complete: boolean;
  readonly keys: readonly string[];
}

/** So many orphans of a reference are told apart; beyond that new ones cannot be. */
export const mostTold = 100_000;

const shape = z.object({
  walkback_orphans: z.literal(1),
  references: z.record(z.string(), z.object({ complete: z.boolean(), keys: z.array(z.string()) })),
});

/** What tells an orphan from another one, then and now. */
export const orphanKey = ({ row, points }: Orphan): string => `${row} ${points}`;

export const baselineOf = (found: readonly (readonly [reference: string, Found])[]): Baseline =>
  Object.fromEntries(
    found.map(([reference, { count, orphans }]) => [
      reference,
      { complete: orphans.length === count, keys: orphans.map(orphanKey) },
    ]),
  );

/** Keeps a baseline: in the database itself (`table`), so that any machine finds it, or in a file. */
export async function saveBaseline(database: Database, place: string, baseline: Baseline): Promise<void> {
  const references = Object.entries(baseline);
  if (place !== 'table') {
    const text = JSON.stringify({ walkback_orphans: 1, references: baseline });
    writeFileSync(`${place}.new`, `${text}\n`, { mode: 0o600 });
    renameSync(`${place}.new`, place);
    return;
  }
  const table = ownTable(database, 'orphans_before');
  await ensureOwnSchema(database);
  await database.transaction(async () => {
    await database.script(
      `create table if not exists ${table} (reference text primary key, complete integer not null, keys text not null)`,
    );
    await database.query(`delete from ${table}`);
    for (const [reference, { complete, keys }] of references)
      await database.query(`insert into ${table} values ($1, $2, $3)`, [
        reference,
        Number(complete),
        JSON.stringify(keys),
      ]);
  });
}

/** @throws OperatorError where there is no baseline, or it is none */
export async function readBaseline(database: Database, place: string): Promise<Baseline> {
  const take = 'Take one before anything is changed: walkback data integrity --save-baseline …';
  if (place !== 'table') {
    if (!existsSync(place)) throw new OperatorError(`There is no baseline ${place}.`, [take]);
    const read = shape.safeParse(jsonOf(readFileSync(place, 'utf8')));
    if (!read.success) throw new OperatorError(`${place} is no baseline of orphans.`, [take]);
    return read.data.references;
  }
  if (!(await hasOwnTable(database, 'orphans_before')))
    throw new OperatorError(`${database.name} holds no baseline.`, [take]);
  const rows = await database.query(
    `select reference, complete, keys from ${ownTable(database, 'orphans_before')}`,
  );
  return Object.fromEntries(
    rows.map((row) => [
      String(row['reference']),
      { complete: row['complete'] === 1, keys: JSON.parse(String(row['keys'])) as readonly string[] },
    ]),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Forgets the baseline that the database holds; none is no mistake. */
export async function dropBaseline(database: Database): Promise<void> {
  await database.script(`drop table if exists ${ownTable(database, 'orphans_before')}`);
}
