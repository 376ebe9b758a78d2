import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { databaseCode, quoteName } from '../database.ts';
import type { Database } from '../database/model.ts';
import { statementsOf, wordsOf } from './statements.ts';
import { refusing, type Adapter, type Change, type Outcome, type Revert } from './model.ts';
import { revertOf } from './plan.ts';

export interface SqldirOptions {
  readonly database: Database;
  /** Holds `NNN_name.up.sql`, `NNN_name.down.sql` and, best, `NNN_name.verify.sql`. */
  readonly folder: string;
  /** Has one row a migration that is deployed; its column holds NNN, as a number or a text. */
  readonly table: string;
  readonly column: string;
}

const fileName = /^(\d{1,18})_(.+)\.(up|down|verify)\.sql$/;

/** A plain folder of scripts and a table of versions. */
export function sqldirAdapter({ database, folder, table, column }: SqldirOptions): Adapter {
  const versions = table.split('.').map(quoteName).join('.');
  const known = changesIn(folder);
  const read = (change: Change, kind: 'down' | 'verify'): string | null => {
    const file = join(folder, `${change.name}.${kind}.sql`);
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };

  async function deployed(): Promise<readonly Change[]> {
    const rows = await database.query(`select cast(${quoteName(column)} as text) as version from ${versions}`);
    const found = rows.map((row) => String(row['version']));
    const odd = found.find((version) => !isNumbered(version));
    if (odd !== undefined)
      throw new OperatorError(`${database.name}: in ${table} “${odd}” is no number of a migration.`, [
        'Name the table and column that hold the NNN of NNN_name.down.sql: --table, --column',
      ], { exitCode: exitCode.unknown });
    return found
      .toSorted((one, other) => (BigInt(one) < BigInt(other) ? -1 : 1))
      .map((version) => known.find(({ id }) => BigInt(id) === BigInt(version)) ?? { id: version, name: version, tags: [] });
  }

  async function run(script: string, wrapped: boolean, record: (() => Promise<unknown>) | null): Promise<Outcome> {
    const body = async () => {
      // one by one: several at once are one transaction to PostgreSQL, and some statements refuse one
      if (wrapped) await database.script(script);
      else for (const statement of statementsOf(script)) await database.script(statement);
    };
    const all = (work: () => Promise<void>) => {
      const recorded = async () => {
        await work();
        await record?.();
      };
      return wrapped ? database.transaction(recorded) : recorded();
    };
    try {
      await (dropsTables(database, script) ? withoutCascade(database, body, all) : all(body));
      return { ok: true };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (!wrapped) await database.script('rollback').catch(() => undefined);
      if (error.exitCode === exitCode.unknown) throw error;
      return { ok: false, code: troubleOf(error), text: error.message };
    }
  }

  const forget = ({ id }: Change) =>
    database.query(`delete from ${versions} where cast(${quoteName(column)} as text) in ($1, $2)`, [id, String(BigInt(id))]);

  return {
    name: 'sqldir',
    state: async () => {
      const changes = await deployed();
      return { version: changes.at(-1)?.name ?? 'nothing', deployed: changes };
    },
    async above(to) {
      const changes = await deployed();
      const at = to === 'nothing' ? -1 : changes.findIndex((one) => one.name === to || isNumber(one, to));
      if (at === -1 && to !== 'nothing')
        return { ok: false, ...refusing('unknown_target', `${to} is not deployed in ${database.name}.`) };
      const reverts = changes.slice(at + 1).toReversed();
      return {
        ok: true,
        target: changes[at] ?? null,
        reverts: reverts.map((change) =>
          revertOf(change, { script: read(change, 'down'), hasVerify: read(change, 'verify') !== null, autocommit: false }),
        ),
      };
    },
    async revert(change) {
      return run(change.script ?? '', isWrapped(change), () => forget(change));
    },
    async verify(change) {
      const script = read(change, 'verify');
      if (script === null) return null;
      try {
        await database.transaction(() => database.script(script), { keep: false });
        return { holds: true, text: '' };
      } catch (error) {
        if (!(error instanceof OperatorError) || error.exitCode === exitCode.unknown) throw error;
        return { holds: false, text: error.message };
      }
    },
    busy: async () => false, // what this process began ended with its connection
    async recordReverted(change) {
      await forget(change);
      return { ok: true };
    },
    recordsWithScript: isWrapped,
  };
}

const isNumbered = (text: string): boolean => /^\d{1,18}$/.test(text);

const dropsTables = ({ dialect }: Database, script: string): boolean =>
  dialect === 'sqlite' && statementsOf(script).some((one) => /^drop table\b/.test(wordsOf(one)));

/**
 * SQLite takes a table that is dropped for one whose rows are deleted, so that rows which point at it by ON DELETE CASCADE go
 * along, also where it is only built anew; and inside a transaction it passes over the `pragma foreign_keys = off` that its
 * manual asks for. So that is said before, and what the script leaves is looked at before it is kept.
 */
async function withoutCascade(
  database: Database,
  body: () => Promise<void>,
  run: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const broken = async () => (await database.query('pragma foreign_key_check')).length;
  await database.script('pragma foreign_keys = off');
  try {
    const before = await broken();
    await run(async () => {
      await body();
      const more = (await broken()) - before;
      if (more > 0)
        throw new OperatorError(
          `The script leaves ${String(more)} rows that point at nothing: pragma foreign_key_check names them.`,
          ['Let it take them along by itself, or leave what they point at.'],
          { exitCode: exitCode.failed },
        );
    });
  } finally {
    await database.script('pragma foreign_keys = on');
  }
}

/** A script that opens no transaction of its own and needs none to be absent runs in one with its record. */
const isWrapped = ({ script, transactional }: Revert): boolean =>
  transactional &&
  !statementsOf(script ?? '').some((one) => /^(?:begin|start transaction|commit|end|rollback)\b/.test(wordsOf(one)));

const isNumber = ({ id }: Change, to: string): boolean => isNumbered(to) && BigInt(id) === BigInt(to);

function changesIn(folder: string): readonly Change[] {
  if (!existsSync(folder))
    throw new OperatorError(`There is no folder ${folder}.`, ['Name the one that holds NNN_name.down.sql.']);
  const names = new Map<string, string>();
  for (const file of readdirSync(folder).toSorted()) {
    const [, id, name] = fileName.exec(file) ?? [];
    if (id === undefined || name === undefined) continue;
    const whole = `${id}_${name}`;
    const other = names.get(String(BigInt(id)));
    if (other !== undefined && other !== whole)
      throw new OperatorError(`${folder} holds two changes of the number ${id}: ${other} and ${whole}.`, [
        'Give one of them another number.',
      ]);
    names.set(String(BigInt(id)), whole);
  }
  return [...names].map(([id, name]) => ({ id, name, tags: [] }));
}

function troubleOf(error: OperatorError): 'lock_timeout' | 'statement_timeout' | 'script_failed' {
  const code = databaseCode(error);
  if (code === '55P03' || code?.startsWith('SQLITE_BUSY') === true) return 'lock_timeout';
  return code === '57014' ? 'statement_timeout' : 'script_failed';
}
