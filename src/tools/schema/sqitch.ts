import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import { quotePath } from '../database.ts';
import type { Database } from '../database/model.ts';
import { libpqEnvironment, sqitchTarget } from './libpq.ts';
import { refusing, type Adapter, type Change, type Outcome, type Revert } from './model.ts';
import { revertOf } from './plan.ts';

export interface SqitchOptions {
  /** A connection to the database that is reverted: its registry is read by it. */
  readonly database: Database;
  /** The folder of sqitch.plan. */
  readonly folder: string;
  /** The environment of the command: PG* or DATABASE_URL say where; a password goes no other way. */
  readonly env: Readonly<Record<string, string>>;
  /** The schema of sqitch's own tables. */
  readonly registry: string;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** sqitch holds this advisory lock while it works (App::Sqitch::Engine::pg). */
const sqitchLock = 75_474_063;

/** Sqitch with PostgreSQL: it runs the scripts and keeps the record; what is deployed is read from the database. */
export function sqitchAdapter(options: SqitchOptions): Adapter {
  const { database, folder, registry } = options;
  const connection = connectionOf(options);
  const run = (...args: readonly string[]) =>
    execa('sqitch', args, { cwd: folder, env: connection.env, extendEnv: false, reject: false, all: true, stdin: 'ignore' });
  const onTarget = (command: string, ...args: readonly string[]) =>
    run(command, '--target', connection.target, '--registry', registry, ...args);
  const configured = once(async () => readFolders(folder, (await run('config', '--list')).stdout));
  const show = async (kind: Kind, { id, name }: Change): Promise<string | null> => {
    const { changes } = await planned();
    if (changes.filter((one) => one.name === name).length > 1) {
      const shown = await run('show', kind, id); // a reworked one: only sqitch knows which file it is
      return shown.exitCode === 0 ? `${shown.stdout}\n` : null;
    }
    const file = (await configured())(kind, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };

  async function deployed(): Promise<readonly (Change & { readonly scriptHash: string })[]> {
    const [there] = await database.query('select to_regclass($1) is not null as there', [quotePath(registry, 'changes')]);
    if (there?.['there'] !== true) return [];
    const rows = await database.query(
      `select c.change_id as id, c.change as name, coalesce(c.script_hash, '') as hash,
              coalesce((select json_agg(t.tag order by t.committed_at)::text from ${quotePath(registry, 'tags')} t
                         where t.change_id = c.change_id), '[]') as tags
         from ${quotePath(registry, 'changes')} c where c.project = $1 order by c.committed_at`,
      [await project()],
    );
    return rows.map((row) => ({
      id: String(row['id']),
      name: String(row['name']),
      tags: JSON.parse(String(row['tags'])) as readonly string[],
      scriptHash: String(row['hash']),
    }));
  }

  const planned = once(async () => readPlan(await run('plan', '--format', 'format:%H %n%t')));
  const project = async (): Promise<string> => (await planned()).project;

  async function above(to: string): ReturnType<Adapter['above']> {
    const [changes, { changes: plan }] = [await deployed(), await planned()];
    const stray = changes.findIndex((one, index) => one.id !== plan[index]?.id);
    const odd = changes[stray];
    if (odd !== undefined)
      return {
        ok: false,
        ...refusing('out_of_order', `${odd.name} is deployed as ${odd.id.slice(0, 10)}; the plan has ${plan[stray]?.name ?? 'nothing'} in its place.`),
      };
    const isTarget = (one: Change): boolean =>
      to.startsWith('@') ? one.tags.includes(to) : one.name === to || one.id === to;
    const inPlan = plan.find(isTarget);
    const inDatabase = changes.findLast(isTarget);
    if (to.startsWith('@') && inPlan !== undefined && inDatabase !== undefined && inPlan.id !== inDatabase.id)
      return {
        ok: false,
        ...refusing('moved_tag', `${to} is at ${inPlan.name} in the plan, and was deployed at ${inDatabase.name}.`),
      };
    if (to !== 'nothing' && (inDatabase === undefined || inPlan === undefined))
      return {
        ok: false,
        ...refusing(
          'unknown_target',
          inDatabase === undefined ? `${to} is not deployed in ${database.name}.` : `${to} is deployed, and the plan does not have it.`,
        ),
      };
    const at = to === 'nothing' ? -1 : changes.findIndex((one) => one.id === inDatabase?.id);
    const reverts = await Promise.all(changes.slice(at + 1).toReversed().map(withScript));
    return { ok: true, target: changes[at] ?? null, reverts };
  }

  async function withScript(change: Change & { readonly scriptHash: string }): Promise<Revert> {
    const [script, verify, deploy] = [await show('revert', change), await show('verify', change), await show('deploy', change)];
    const edited = deploy !== null && change.scriptHash !== '' && !isDeployed(deploy, change.scriptHash);
    return revertOf(change, {
      script,
      hasVerify: verify !== null,
      autocommit: true,
      refused: edited
        ? refusing('edited_script', `The deploy script of ${change.name} is not the one that was deployed; its revert may not fit.`)
        : null,
    });
  }

  const outcomeOf = (ended: { readonly exitCode?: number | undefined; readonly all?: string | undefined }): Outcome => {
    if (ended.exitCode === 0) return { ok: true };
    const text = (ended.all ?? '').trim();
    if (/canceling statement due to lock timeout/.test(text)) return { ok: false, code: 'lock_timeout', text };
    if (/canceling statement due to statement timeout/.test(text)) return { ok: false, code: 'statement_timeout', text };
    if (/another instance of Sqitch/.test(text)) return { ok: false, code: 'busy', text };
    return { ok: false, code: 'script_failed', text };
  };
  const downTo = (below: Change | null) => (below === null ? [] : ['--to', below.id]);

  return {
    name: 'sqitch',
    state: async () => {
      const changes = await deployed();
      return { version: changes.at(-1)?.name ?? 'nothing', deployed: changes };
    },
    above,
    revert: async (_change, below) =>
      outcomeOf(await onTarget('revert', '-y', '--lock-timeout', '5', ...downTo(below))),
    async verify(change) {
      if ((await show('verify', change)) === null) return null;
      const ended = await onTarget('verify', '--from', change.id, '--to', change.id);
      return { holds: ended.exitCode === 0, text: ended.exitCode === 0 ? '' : ended.all.trim() };
    },
    async busy() {
      const rows = await database.query(
        "select 1 from pg_locks where locktype = 'advisory' and objid = $1 and database = (select oid from pg_database where datname = current_database())",
        [sqitchLock],
      );
      return rows.length > 0;
    },
    recordReverted: async (_change, below) => outcomeOf(await onTarget('revert', '-y', '--log-only', ...downTo(below))),
    recordsWithScript: () => false, // a transaction of the script, then one of the record
  };
}

interface Plan {
  readonly project: string;
  readonly changes: readonly Change[];
}

/** The plan as sqitch itself reads it, with the ids that it computes over names, notes and what each change needs. */
function readPlan(ended: {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly all: string;
  readonly message?: string | undefined;
}): Plan {
  const { exitCode: code, stdout, all, message = '' } = ended;
  if (code !== 0)
    throw new OperatorError(`sqitch does not read its plan: ${(all === '' ? message : all).trim()}`, [
      'Name the folder of sqitch.plan with --dir, and see that `sqitch plan` works there.',
    ], { exitCode: exitCode.unknown });
  const project = /^# Project: (.+)$/m.exec(stdout)?.[1]?.trim() ?? '';
  const changes = stdout.split('\n').flatMap((line): readonly Change[] => {
    const [, id, name, tags = ''] = /^([0-9a-f]{40}) (\S+)(.*)$/.exec(line) ?? [];
    return id === undefined || name === undefined
      ? []
      : [{ id, name, tags: tags.split(/[\s,]+/).filter((tag) => tag.startsWith('@')) }];
  });
  return { project, changes };
}

type Kind = 'deploy' | 'revert' | 'verify';

/** Where the scripts of each kind lie, by sqitch's configuration. */
function readFolders(folder: string, config: string): (kind: Kind, name: string) => string {
  const values = new Map(
    config.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const value = (key: string): string | undefined => values.get(`engine.pg.${key}`) ?? values.get(`core.${key}`);
  const top = value('top_dir') ?? '.';
  const extension = value('extension') ?? 'sql';
  return (kind, name) => join(folder, value(`${kind}_dir`) ?? join(top, kind), `${name}.${extension}`);
}

/** sqitch keeps the SHA-1 of the file; what `show` prints has lost or won a last line break. */
const isDeployed = (script: string, hash: string): boolean =>
  [script, script.replace(/\n$/, ''), `${script}\n`].some(
    (text) => createHash('sha1').update(text).digest('hex') === hash,
  );

/** Everything that says where goes by environment but the address, which holds no secret. */
function connectionOf({ env, lockTimeoutMs, statementTimeoutMs }: SqitchOptions) {
  const where = libpqEnvironment(env);
  const limits = `-c lock_timeout=${Math.round(lockTimeoutMs)} -c statement_timeout=${Math.round(statementTimeoutMs)}`;
  const options = [where['PGOPTIONS'], limits].filter((part) => part !== undefined).join(' ');
  return { env: { ...where, PGOPTIONS: options }, target: sqitchTarget(where) };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= work());
}
