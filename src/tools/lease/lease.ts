import type { Database } from '../database/model.ts';

export interface Lease {
  readonly resource: string;
  readonly holder: string;
  /** Rises with every new holder, for ever. */
  readonly token: number;
  /** Epoch milliseconds, by the clock of the place where the lease lies. */
  readonly untilMs: number;
  readonly leftMs: number;
}

export type LeaseAnswer =
  | { readonly ok: true; readonly lease: Lease }
  /** What stands in the way: the lease as it is, or null where there never was one. */
  | { readonly ok: false; readonly lease: Lease | null; readonly detail: string };

/** By the clock of the database: clocks of machines differ, and one that is wrong must move no lease. */
const nowMs = ({ dialect }: Database): string =>
  dialect === 'postgres'
    ? '(extract(epoch from clock_timestamp()) * 1000)::bigint'
    : "cast(unixepoch('subsec') * 1000 as integer)";

async function openTable(database: Database): Promise<void> {
  await database.change(
    `create table if not exists walkback_lease (
       resource text primary key, token bigint not null, holder text not null, until_ms bigint not null)`,
  );
}

/**
 * Takes a lease that nobody holds. Who holds it already keeps the token and gets the whole time again, so that the
 * command can be called again after a crash.
 */
export async function acquireLease(
  database: Database,
  resource: string,
  holder: string,
  ttlMs: number,
): Promise<LeaseAnswer> {
  await openTable(database);
  const now = nowMs(database);
  const [row] = await database.query(
    `insert into walkback_lease (resource, token, holder, until_ms) values ($1, 1, $2, ${now} + ${String(ttlMs)})
     on conflict (resource) do update set
       token = walkback_lease.token
         + case when walkback_lease.holder = excluded.holder and walkback_lease.until_ms > ${now} then 0 else 1 end,
       holder = excluded.holder, until_ms = ${now} + ${String(ttlMs)}
     where walkback_lease.until_ms <= ${now} or walkback_lease.holder = excluded.holder
     returning token`,
    [resource, holder],
  );
  const lease = await leaseState(database, resource);
  if (row !== undefined && lease?.holder === holder) return { ok: true, lease };
  return { ok: false, lease, detail: lease === null ? 'it went away meanwhile' : `${lease.holder} holds it` };
}

/** Gives a lease that is still held its whole time again. One that has run out is lost, even if nobody took it. */
export async function renewLease(
  database: Database,
  resource: string,
  holder: string,
  token: number,
  ttlMs: number,
): Promise<LeaseAnswer> {
  await openTable(database);
  const now = nowMs(database);
  const [row] = await database.query(
    `update walkback_lease set until_ms = ${now} + ${String(ttlMs)}
     where resource = $1 and holder = $2 and token = $3 and until_ms > ${now} returning token`,
    [resource, holder, token],
  );
  const lease = await leaseState(database, resource);
  if (row !== undefined && lease !== null) return { ok: true, lease };
  return { ok: false, lease, detail: whyLost(lease, holder, token) };
}

function whyLost(lease: Lease | null, holder: string, token: number): string {
  if (lease === null) return 'there is no such lease';
  if (lease.token !== token) return `it is lost: ${lease.holder} took it with token ${String(lease.token)}`;
  return lease.holder === holder ? 'it is lost: it ran out' : `${lease.holder} holds it`;
}

/** Gives a lease back. The row stays, so that tokens go on rising. False where it was not held any more. */
export async function releaseLease(
  database: Database,
  resource: string,
  holder: string,
  token: number | null,
): Promise<boolean> {
  await openTable(database);
  const now = nowMs(database);
  const mine = token === null ? '' : ` and token = ${String(token)}`;
  const rows = await database.query(
    `update walkback_lease set until_ms = ${now} where resource = $1 and holder = $2${mine} and until_ms > ${now} returning token`,
    [resource, holder],
  );
  return rows.length > 0;
}

/** The newest lease, held or run out; null where there never was one. */
export async function leaseState(database: Database, resource: string): Promise<Lease | null> {
  await openTable(database);
  const [row] = await database.query(
    `select token, holder, until_ms, until_ms - ${nowMs(database)} as left_ms from walkback_lease where resource = $1`,
    [resource],
  );
  if (row === undefined) return null;
  return {
    resource,
    holder: String(row['holder']),
    token: Number(row['token']),
    untilMs: Number(row['until_ms']),
    leftMs: Math.max(0, Number(row['left_ms'])),
  };
}
