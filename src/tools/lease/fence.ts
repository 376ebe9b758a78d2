import { OperatorError, exitCode } from '../../errors.ts';
import { databaseCode, quoteText } from '../database.ts';
import type { Database, Dialect } from '../database/model.ts';

/**
 * The guard row lies in the database that is written to, and takes only a token that is as high as the highest it has
 * seen. A holder that slept past its lease is refused there, in the transaction of its write: a lease alone cannot stop
 * it.
 */
const table = 'create table if not exists walkback_fence (resource text primary key, token bigint not null)';

const triggers: Readonly<Record<Dialect, string>> = {
  postgres: `create or replace function walkback_fence_guard() returns trigger language plpgsql as $guard$
begin
  if new.token < old.token then
    raise exception 'fenced off: % is held with token %, and this one is %', old.resource, old.token, new.token
      using errcode = 'WBF01';
  end if;
  return new;
end
$guard$;
create or replace trigger walkback_fence_guard before update on walkback_fence
  for each row execute function walkback_fence_guard()`,
  sqlite: `create trigger if not exists walkback_fence_guard before update on walkback_fence
when new.token < old.token
begin
  select raise(abort, 'fenced off: a newer holder has written');
end`,
};

/** The statement that stands in front of a write, in its transaction. */
const guardStatement = (resource: string, token: string): string =>
  `insert into walkback_fence (resource, token) values (${resource}, ${token})
  on conflict (resource) do update set token = excluded.token`;

/** What makes a database refuse stale holders by itself, to be run once, and the statement for each write. */
export const guardSql = (
  dialect: Dialect,
  resource: string,
): { readonly once: string; readonly each: string } => ({
  once: `${table};\n${triggers[dialect]};\n`,
  each: `${guardStatement(quoteText(resource), dialect === 'postgres' ? ":'WALKBACK_FENCE'" : ':WALKBACK_FENCE')};\n`,
});

/**
 * Shows the guard row the token of `WALKBACK_FENCE`, inside the transaction that is open; null where no resource is
 * named.
 * @throws OperatorError exit code 2 where no token is there; the function: 3 where a newer holder has written
 */
export function fenceOf(
  database: Database,
  resource: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): (() => Promise<void>) | null {
  if (resource === undefined) return null;
  const token = env['WALKBACK_FENCE'] ?? '';
  if (!/^\d{1,18}$/.test(token))
    throw new OperatorError(`WALKBACK_FENCE holds no token for ${resource}.`, [
      'Acquire the lease first (walkback lease acquire); commands of a session get its token where `locks:` names it.',
    ]);
  return async () => {
    await database.change(table);
    const taken = await database
      .change(`${guardStatement('$1', '$2')} where walkback_fence.token <= excluded.token`, [
        resource,
        Number(token),
      ])
      .catch((error: unknown) => {
        if (databaseCode(error) === 'WBF01') return 0;
        throw error;
      });
    if (taken === 1) return;
    throw new OperatorError(
      `Fenced off: a newer holder of ${resource} has written, and this one has token ${token}.`,
      ['Write nothing more from here. See who holds it: walkback lease state …'],
      { exitCode: exitCode.failed },
    );
  };
}
