import type { Database } from '../database/model.ts';
import { grant, keyOf, readGrants, revoke, type GrantsOf } from './grants.ts';
import { rightsLeft } from './roles.ts';
import { forgetFreeze, readFreeze } from './snapshot.ts';

export interface ThawResult {
  readonly state: 'open' | 'refused';
  /** What was granted before and is again, byte for byte. */
  readonly restored: number;
  /** What is gone since: there is nothing to grant on. */
  readonly gone: readonly string[];
  /** What is not as it was before; then nothing was done. */
  readonly differs: readonly string[];
  /** The place in the log of writes when it was frozen, and now. */
  readonly lsn: { readonly frozen: string; readonly now: string } | null;
}

/**
 * Gives the rights back exactly as they were, in one transaction with the end of the record: the server's own text of each
 * is compared before it is kept. Called again, it does nothing.
 */
export async function thawWrites(database: Database): Promise<ThawResult> {
  const open: ThawResult = { state: 'open', restored: 0, gone: [], differs: [], lsn: null };
  if ((await readFreeze(database)) === null) return open;
  let result = open;
  await database.transaction(async () => {
    const record = await readFreeze(database);
    if (record === null) return;
    const gone: string[] = [];
    const kept: GrantsOf[] = [];
    for (const meant of record.grants) {
      if (await isThere(database, meant)) kept.push(meant);
      else gone.push(keyOf(meant));
    }
    for (const meant of kept) await putBack(database, meant);
    const after = new Map((await readGrants(database)).map((one) => [keyOf(one), one.acl]));
    const differs = kept.filter((meant) => after.get(keyOf(meant)) !== meant.acl).map(keyOf);
    const [now] = await database.query('select pg_current_wal_insert_lsn()::text as lsn');
    result = {
      state: differs.length > 0 ? 'refused' : 'open',
      restored: differs.length > 0 ? 0 : kept.length,
      gone,
      differs,
      lsn: { frozen: record.lsn, now: String(now?.['lsn']) },
    };
    // an empty transaction is kept where anything differs: nothing was given back then
    if (differs.length > 0) await database.script('rollback; begin');
    else await forgetFreeze(database);
  });
  return result;
}

/** Takes all grants away and gives them anew in their order: so the server's own list is the same again. */
async function putBack(database: Database, meant: GrantsOf): Promise<void> {
  const now = (await readGrants(database)).find((one) => keyOf(one) === keyOf(meant));
  if (now?.acl === meant.acl) return;
  const byOthersFirst = (now?.entries ?? []).toSorted((one) => (one.grantor === meant.owner ? 1 : -1));
  for (const entry of byOthersFirst) for (const sql of revoke(meant, entry, null)) await database.script(sql);
  for (const entry of meant.entries) for (const sql of grant(meant, entry)) await database.script(sql);
}

async function isThere(database: Database, { kind, on, column }: GrantsOf): Promise<boolean> {
  if (kind.startsWith('default_')) return true;
  const name = on.replace(/^(?:TABLE|SEQUENCE|SCHEMA) /, '');
  const [row] =
    kind === 'schema'
      ? await database.query('select to_regnamespace($1) is not null as there', [name])
      : column === null
        ? await database.query('select to_regclass($1) is not null as there', [name])
        : await database.query(
            'select exists (select from pg_attribute where attrelid = to_regclass($1) and quote_ident(attname) = $2 and not attisdropped) as there',
            [name, column],
          );
  return row?.['there'] === true;
}

/** `frozen` and `leaking` by the grants alone; whether a write really fails, only `freeze pg` tries. */
export async function freezeState(database: Database): Promise<{
  readonly state: 'open' | 'frozen' | 'leaking';
  readonly since: string | null;
  /** By the server's clock; 0 where it is open. */
  readonly ageSeconds: number;
  readonly leaks: readonly string[];
}> {
  const record = await readFreeze(database);
  if (record === null) return { state: 'open', since: null, ageSeconds: 0, leaks: [] };
  const leaks = await rightsLeft(database, record.roles);
  const [age] = await database.query(
    'select extract(epoch from now() - $1::timestamptz)::float8 as seconds',
    [record.since],
  );
  return {
    state: leaks.length > 0 ? 'leaking' : 'frozen',
    since: record.since,
    ageSeconds: Number(age?.['seconds']),
    leaks,
  };
}
