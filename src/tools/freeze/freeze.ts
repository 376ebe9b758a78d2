import { setTimeout as pause } from 'node:timers/promises';
import { databaseCode } from '../database.ts';
import type { Database } from '../database/model.ts';
import { ofTheApplication, readGrants, revoke, writing, type GrantsOf } from './grants.ts';
import { othersWhoWrite, rightsLeft, walkThrough, type WalksThrough } from './roles.ts';
import { markProven, prepareFreezeTable, readFreeze, writeFreeze } from './snapshot.ts';
import { leaksOf, whoIs, serverIdentity, writableTables } from './write-probe.ts';

export interface FreezeQuestion {
  /** As an owner of what is frozen. */
  readonly database: Database;
  readonly roles: readonly string[];
  /** Opens a session as the application; null where nobody can. */
  readonly openApplication: (() => Promise<Database>) | null;
  /** How long transactions that already write may take to end. */
  readonly drainMs: number;
  /** How long no row may change. */
  readonly quietMs: number;
}

/** What is known of a freeze. `frozen` says that every write was seen to fail; nothing else says so. */
export interface FreezeResult {
  readonly state: 'frozen' | 'leaking' | 'unproven' | 'refused' | 'open';
  readonly since: string | null;
  readonly lsn: string | null;
  readonly roles: readonly string[];
  /** Why it was refused, each with its code. */
  readonly refused: readonly (WalksThrough | { readonly code: string; readonly text: string })[];
  /** What still gets through, or may. */
  readonly leaks: readonly string[];
  /** Why it is not proven. */
  readonly unproven: readonly string[];
  /** Roles that were not named and can write. */
  readonly others: readonly string[];
}

/**
 * Freezes the writes of application roles by taking their rights, in one transaction with an exact copy of what was
 * granted. Then every write is tried, from a session that was there before and from a new one.
 */
export async function freezeWrites(question: FreezeQuestion): Promise<FreezeResult> {
  const { database, roles, openApplication } = question;
  const before = await readFreeze(database);
  const about = {
    since: before?.since ?? null,
    lsn: before?.lsn ?? null,
    roles,
    leaks: [],
    unproven: [],
    others: [],
  };
  const refuse = (refused: FreezeResult['refused']): FreezeResult => ({
    ...about,
    state: 'refused',
    refused,
  });
  const walking = await walkThrough(database, roles);
  if (walking.length > 0) return refuse(walking);
  if (before !== null && before.roles.toSorted().join() !== roles.toSorted().join())
    return refuse([
      {
        code: 'frozen_otherwise',
        text: `It is frozen for ${before.roles.join(', ')} since ${before.since}.`,
      },
    ]);

  const existing = openApplication === null ? null : await openApplication();
  try {
    const stranger = existing === null ? null : await whyStranger(database, existing, roles);
    if (stranger !== null) return refuse([stranger]);
    if (before === null) {
      const left = await takeRights(database, roles);
      if (left.length > 0)
        return refuse([{ code: 'still_granted', text: `The rights cannot be taken: ${left.join('; ')}.` }]);
    }
    const unproven: string[] = [];
    const leaks: string[] = [...(await drained(question))];
    const tables = await writableTables(database);
    if (existing === null || openApplication === null)
      unproven.push('no session of the application was tried');
    else {
      const fromExisting = (await leaksOf(existing, tables)).map(
        (leak) => `${leak}, from a session that was there before`,
      );
      leaks.push(...fromExisting);
      if (before === null && fromExisting.length === 0) await markProven(database);
      else if (before?.existingProven === false)
        unproven.push(
          'it was frozen before, and no session that was there then was tried: thaw and freeze again',
        );
      const fresh = await openApplication();
      try {
        leaks.push(...(await leaksOf(fresh, tables)).map((leak) => `${leak}, from a new session`));
      } finally {
        await fresh.close();
      }
    }
    leaks.push(...(await rightsLeft(database, roles)).map((right) => `still granted: ${right}`));
    leaks.push(...(await stillWritten(question)));
    const record = await readFreeze(database);
    return {
      state: leaks.length > 0 ? 'leaking' : unproven.length > 0 ? 'unproven' : 'frozen',
      since: record?.since ?? null,
      lsn: record?.lsn ?? null,
      roles,
      refused: [],
      leaks,
      unproven,
      others: await othersWhoWrite(database, roles),
    };
  } finally {
    await existing?.close();
  }
}

async function whyStranger(database: Database, application: Database, roles: readonly string[]) {
  const who = await whoIs(application);
  const [row] = await database.query(`select ${serverIdentity} as server`);
  if (who.superuser)
    return {
      code: 'superuser',
      text: `The application connects as ${who.role}, a superuser: it walks through every grant.`,
    };
  if (who.server !== row?.['server'])
    return {
      code: 'another_database',
      text: 'The application’s address leads to another database than the one to freeze.',
    };
  if (!roles.includes(who.role))
    return {
      code: 'another_role',
      text: `The application connects as ${who.role}, which is not among ${roles.join(', ')}.`,
    };
  return null;
}

/** One transaction: the copy, then the rights. Where any stays, nothing was done. */
async function takeRights(database: Database, roles: readonly string[]): Promise<readonly string[]> {
  await prepareFreezeTable(database);
  let left: readonly string[] = [];
  const taking = database.transaction(async () => {
    const through = await waysIn(database, roles);
    const grants = (await readGrants(database)).filter((one) => writesOf(one, through).length > 0);
    await writeFreeze(database, roles, grants);
    for (const one of grants) {
      // what was granted on by a grant option goes first
      const byOthersFirst = writesOf(one, through).toSorted(({ entry }) =>
        entry.grantor === one.owner ? 1 : -1,
      );
      for (const { entry, rights } of byOthersFirst)
        for (const sql of revoke(one, entry, rights)) await database.script(sql);
    }
    left = await rightsLeft(database, roles);
    if (left.length > 0) await database.script('rollback; begin'); // nothing was done
  });
  try {
    await taking;
  } catch (error) {
    if (databaseCode(error) !== '42501' || !(error instanceof Error)) throw error;
    return [error.message.split('\n').slice(0, 2).join(' ')];
  }
  return left;
}

/** The roles themselves, every role that they may become, and PUBLIC (empty). */
async function waysIn(database: Database, roles: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query(
    `select distinct m.rolname as name from pg_roles r, pg_roles m
      where r.rolname in (select json_array_elements_text($1::json)) and pg_has_role(r.oid, m.oid, 'MEMBER')`,
    [JSON.stringify(roles)],
  );
  return new Set(['', ...rows.map((row) => String(row['name']))]);
}

const writesOf = ({ kind, entries }: GrantsOf, through: ReadonlySet<string>) =>
  entries.flatMap((entry) => {
    const rights = entry.rights.map(({ right }) => right).filter((right) => writing[kind].includes(right));
    return through.has(entry.grantee) && rights.length > 0 ? [{ entry, rights }] : [];
  });

/**
 * What was let in before may still write: a transaction that wrote, a statement that has not come to its first row (it
 * holds its table's lock, and is asked for no right again), and what is prepared for a second phase. Each gets its time to
 * end, and is named where it does not.
 */
async function drained({ database, roles, drainMs }: FreezeQuestion): Promise<readonly string[]> {
  const until = performance.now() + drainMs;
  for (;;) {
    // the state of others' sessions is seen only by members of pg_read_all_stats: not seen is at work
    const rows = await database.query(
      `select format('pid %s (%s) ', pid, usename) || case when backend_xid is null then 'was let in before and may still write'
                else 'wrote before and has not committed yet' end as what
         from pg_stat_activity a
        where datname = current_database() and usename in (select json_array_elements_text($1::json))
          and (backend_xid is not null
               or (coalesce(state, 'active') = 'active'
                   and exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'relation' and l.granted
                                and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))))
       union all
       select format('the prepared transaction %s (%s) can still be committed', gid, owner) from pg_prepared_xacts
        where database = current_database() and owner in (select json_array_elements_text($1::json))
       order by 1`,
      [JSON.stringify(roles)],
    );
    const open = rows.map((row) => String(row['what']));
    if (open.length === 0 || performance.now() >= until) return open;
    await pause(Math.min(100, drainMs));
  }
}

/** Rows that change in spite of it: by a function with its owner's rights, or by a role that nobody named. */
async function stillWritten({ database, quietMs, drainMs }: FreezeQuestion): Promise<readonly string[]> {
  const counters = async () => {
    await database.query('select pg_stat_clear_snapshot()');
    const rows = await database.query(
      `select format('%s.%s', schemaname, relname) as name, n_tup_ins + n_tup_upd + n_tup_del as n
         from pg_stat_user_tables where ${ofTheApplication('schemaname')}`,
    );
    return new Map(rows.map((row) => [String(row['name']), Number(row['n'])]));
  };
  // a session reports what it has written up to a second late: that is no leak, so quiet may come within the drain's time
  const until = performance.now() + drainMs;
  for (;;) {
    const first = await counters();
    await pause(quietMs);
    const second = await counters();
    const busy = [...second].filter(([name, n]) => first.has(name) && n > (first.get(name) ?? 0));
    if (busy.length === 0) return [];
    if (performance.now() >= until)
      return busy.map(
        ([name, n]) => `${n - (first.get(name) ?? 0)} rows of ${name} were written within ${quietMs} ms`,
      );
  }
}
