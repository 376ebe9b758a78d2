import type { Database } from '../database/model.ts';
import { ensureOwnSchema, hasOwnTable, ownTable } from '../database/own-table.ts';
import type { Revert } from './model.ts';

/** A revert that was begun, and of which nobody wrote how it ended. */
export interface Attempt {
  readonly id: string;
  readonly name: string;
  readonly transactional: boolean;
  /** Its change verified right before: so if it does not now, the revert has worked. */
  readonly verified: boolean;
}

/** What is under way, and which plans were agreed to: in the database whose schema it is, so that any machine sees it. */
export interface Attempts {
  begin(revert: Revert, verified: boolean): Promise<void>;
  end(id: string): Promise<void>;
  left(): Promise<readonly Attempt[]>;
  keepPlan(hash: string, reverts: readonly PlannedRevert[]): Promise<void>;
  plan(hash: string): Promise<readonly PlannedRevert[] | null>;
}

export interface PlannedRevert {
  readonly id: string;
  readonly sha256: string | null;
}

/** What was tried on a schema, kept in the database itself: whoever is called after a crash finds it there. */
export async function openAttempts(database: Database): Promise<Attempts> {
  const attempts = ownTable(database, 'schema_attempts');
  const plans = ownTable(database, 'schema_plans');
  if (!(await hasOwnTable(database, 'schema_plans'))) {
    await ensureOwnSchema(database);
    await database.script(
      `create table if not exists ${attempts} (id text primary key, name text not null, transactional integer not null, verified integer not null);
       create table if not exists ${plans} (hash text primary key, reverts text not null)`,
    );
  }
  return {
    async begin({ id, name, transactional }, verified) {
      await database.transaction(async () => {
        await database.query(`delete from ${attempts} where id = $1`, [id]);
        await database.query(`insert into ${attempts} values ($1, $2, $3, $4)`, [
          id,
          name,
          Number(transactional),
          Number(verified),
        ]);
      });
    },
    end: async (id) => void (await database.query(`delete from ${attempts} where id = $1`, [id])),
    async left() {
      const rows = await database.query(`select id, name, transactional, verified from ${attempts} order by id`);
      return rows.map((row) => ({
        id: String(row['id']),
        name: String(row['name']),
        transactional: row['transactional'] === 1,
        verified: row['verified'] === 1,
      }));
    },
    async keepPlan(hash, reverts) {
      await database.query(`insert into ${plans} values ($1, $2) on conflict (hash) do nothing`, [
        hash,
        JSON.stringify(reverts.map(({ id, sha256 }) => ({ id, sha256 }))),
      ]);
    },
    async plan(hash) {
      const [row] = await database.query(`select reverts from ${plans} where hash = $1`, [hash]);
      return row === undefined ? null : (JSON.parse(String(row['reverts'])) as readonly PlannedRevert[]);
    },
  };
}
