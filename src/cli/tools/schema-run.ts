import { resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { databasePlace, withDatabase } from '../../tools/database.ts';
import type { Database } from '../../tools/database/model.ts';
import { openAttempts } from '../../tools/schema/attempts.ts';
import { schemaDown, type DownResult } from '../../tools/schema/down.ts';
import { genericDown, genericState } from '../../tools/schema/generic.ts';
import type { Adapter } from '../../tools/schema/model.ts';
import { planDown } from '../../tools/schema/plan.ts';
import { sqitchAdapter } from '../../tools/schema/sqitch.ts';
import { sqldirAdapter } from '../../tools/schema/sqldir.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { drilledReverts } from './drilled-reverts.ts';
import { downText, planText, waysOn } from './schema-text.ts';

export interface SchemaFlags {
  readonly adapter: 'sqitch' | 'sqldir' | 'command';
  readonly dir: string;
  readonly postgres?: true;
  readonly sqlite?: string;
  readonly to?: string;
  readonly planHash?: string;
  readonly lockTimeout: string;
  readonly statementTimeout: string;
  readonly tries: string;
  readonly verify: boolean;
  readonly registry: string;
  readonly table: string;
  readonly column: string;
  readonly stateCommand?: string;
  readonly downCommand?: string;
  readonly verifyCommand?: string;
  readonly json?: true;
}

/** `walkback schema state`: the newest change that is deployed, read from the database. */
export async function schemaState(around: Surroundings, flags: SchemaFlags): Promise<number> {
  if (flags.adapter === 'command') {
    const version = await genericState(genericOf(around, flags));
    say(around, flags, { version }, `${version}\n`);
    return exitCode.done;
  }
  return using(around, flags, async (database, adapter) => {
    const { version, deployed } = await adapter.state();
    say(around, flags, { database: database.name, version, deployed }, `${version}\n`);
    return exitCode.done;
  });
}

/** `walkback schema plan`: what would be taken back, with hash and class; exit 3 where something speaks against it. */
export async function schemaPlan(around: Surroundings, flags: SchemaFlags): Promise<number> {
  const to = target(flags);
  if (flags.adapter === 'command')
    throw new OperatorError('A tool that is only called cannot be asked for its scripts.', [
      'Read them in the tool itself; `walkback schema down` reads the version around each step.',
    ]);
  return using(around, flags, async (database, adapter) => {
    const plan = await planDown(adapter, to);
    const drilled = drilledReverts(
      around,
      plan.reverts.map(({ sha256 }) => sha256),
    );
    const reverts = plan.reverts.map(({ script: _script, ...revert }) => ({
      ...revert,
      drilled: drilled?.get(revert.sha256 ?? '') ?? null,
    }));
    say(
      around,
      flags,
      { database: database.name, ...plan, reverts, drillsKnown: drilled !== null },
      planText(database.name, plan, drilled),
    );
    return plan.refused === null ? exitCode.done : exitCode.failed;
  });
}

/** `walkback schema down`: takes changes back one at a time; exit 3 names where it stopped, 30 where nobody can say. */
export async function schemaDownTo(around: Surroundings, flags: SchemaFlags): Promise<number> {
  const to = target(flags);
  const tell = (text: string) => {
    if (flags.json === undefined) around.write(`${inertLine(text)}\n`);
  };
  if (flags.adapter === 'command')
    return report(
      around,
      flags,
      await genericDown({ ...genericOf(around, flags), to, mostSteps: 100, tell }),
    );
  return using(around, flags, async (database, adapter) => {
    const attempts = await openAttempts(database);
    const result = await schemaDown({
      adapter,
      attempts,
      to,
      agreed: flags.planHash ?? null,
      verify: flags.verify,
      tries: Math.max(1, Math.trunc(Number(flags.tries)) || 1),
      tell,
    });
    const holders =
      result.code === 'lock_timeout' && database.dialect === 'postgres' ? await holdersOf(database) : [];
    return report(around, flags, result, holders);
  });
}

function report(
  around: Surroundings,
  flags: SchemaFlags,
  result: DownResult,
  holders: readonly string[] = [],
): number {
  const who = holders.map((one) => `  holds locks: ${inertLine(one)}\n`).join('');
  say(around, flags, { ...result, ways: waysOn(result), holders }, `${downText(result)}${who}`);
  if (result.code === 'done') return exitCode.done;
  return result.code === 'half_done' || result.code === 'busy' ? exitCode.unknown : exitCode.failed;
}

/** Sessions with an open transaction that hold locks on tables: who to ask, or to end. */
async function holdersOf(database: Database): Promise<readonly string[]> {
  const rows = await database.query(
    `select a.pid, a.usename, a.application_name, a.state, age(clock_timestamp(), a.xact_start)::text as age,
            string_agg(distinct l.relation::regclass::text, ', ') as tables
       from pg_stat_activity a join pg_locks l on l.pid = a.pid and l.locktype = 'relation' and l.granted
       join pg_class c on c.oid = l.relation and c.relkind in ('r', 'p') and c.relnamespace <> 'pg_catalog'::regnamespace
      where a.datname = current_database() and a.pid <> pg_backend_pid() and l.database = a.datid
      group by 1, 2, 3, 4, 5, a.xact_start order by a.xact_start`,
  );
  return rows.map(
    (row) =>
      `pid ${String(row['pid'])}, ${String(row['usename'])} ${String(row['application_name'])}, ${String(row['state'])} for ${String(row['age'])}: ${String(row['tables'])}`,
  );
}

async function using(
  around: Surroundings,
  flags: SchemaFlags,
  work: (database: Database, adapter: Adapter) => Promise<number>,
): Promise<number> {
  const [lockTimeoutMs, statementTimeoutMs] = [
    duration('--lock-timeout', flags.lockTimeout),
    duration('--statement-timeout', flags.statementTimeout),
  ];
  const place = databasePlace(flags, around.env);
  if (flags.adapter === 'sqitch' && place.kind === 'sqlite')
    throw new OperatorError('sqitch is read through PostgreSQL only.', [
      'Use --adapter sqldir or command for SQLite.',
    ]);
  return withDatabase(place, { lockTimeoutMs, statementTimeoutMs }, async (database) => {
    const folder = resolve(around.cwd, flags.dir);
    const { registry, table, column } = flags;
    const adapter =
      flags.adapter === 'sqitch'
        ? sqitchAdapter({ database, folder, env: around.env, registry, lockTimeoutMs, statementTimeoutMs })
        : sqldirAdapter({ database, folder, table, column });
    return work(database, adapter);
  });
}

function genericOf(around: Surroundings, flags: SchemaFlags) {
  const limits = `-c lock_timeout=${duration('--lock-timeout', flags.lockTimeout)} -c statement_timeout=${duration('--statement-timeout', flags.statementTimeout)}`;
  return {
    stateCommand: argv('--state-command', flags.stateCommand),
    downCommand: argv('--down-command', flags.downCommand ?? flags.stateCommand),
    verifyCommand: flags.verifyCommand === undefined ? null : argv('--verify-command', flags.verifyCommand),
    cwd: resolve(around.cwd, flags.dir),
    env: {
      ...around.env,
      PGOPTIONS: [around.env['PGOPTIONS'], limits].filter((part) => part !== undefined).join(' '),
    },
  };
}

function argv(flag: string, text: string | undefined): readonly string[] {
  let value: unknown = null;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    // said below
  }
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) return value;
  throw new OperatorError(`${flag} is no command.`, [
    `Write it as a list: ${flag} '["./migrate","version"]'`,
  ]);
}

function target({ to }: SchemaFlags): string {
  if (to !== undefined && to.trim() !== '') return to;
  throw new OperatorError('Nothing says how far the schema goes back.', [
    'Give --to: a change, a tag like @v1.8, or “nothing” for an empty schema.',
  ]);
}

function duration(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new OperatorError(`${flag} ${inertLine(text)} is no duration.`, ['Write one like 5s or 1m30s.']);
}

function say({ write }: Surroundings, { json }: SchemaFlags, document: object, text: string): void {
  write(json === true ? `${JSON.stringify(document, null, 2)}\n` : text);
}
