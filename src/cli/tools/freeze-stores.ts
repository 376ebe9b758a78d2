import { OperatorError, exitCode } from '../../errors.ts';
import { openDatabase, withDatabase } from '../../tools/database.ts';
import type { DatabasePlace } from '../../tools/database/model.ts';
import { freezeWrites } from '../../tools/freeze/freeze.ts';
import { freezeSqlite, sqliteFreezeState, thawSqlite } from '../../tools/freeze/sqlite.ts';
import {
  freezeStores,
  readStores,
  stateOf,
  thawStores,
  type Store,
  type StorePlan,
  type StoresResult,
} from '../../tools/freeze/stores.ts';
import { freezeState, thawWrites } from '../../tools/freeze/thaw.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { duration, textOf } from './freeze-text.ts';

interface StoresFlags {
  readonly names?: string;
  readonly drain: string;
  readonly quiet: string;
  readonly json?: true;
}

interface Limits {
  readonly drainMs: number;
  readonly quietMs: number;
}

/** `walkback freeze stores`: 0 each was seen to refuse writes, 3 one did not, 30 one cannot be told; then none is frozen. */
export async function freezeStoreFile(
  around: Surroundings,
  file: string,
  flags: StoresFlags,
): Promise<number> {
  const limits = { drainMs: duration('--drain', flags.drain), quietMs: duration('--quiet', flags.quiet) };
  const plans = readStores(file);
  const ids = plans
    .map(({ id }) => id)
    .toSorted()
    .join(', ');
  const named = flags.names
    ?.split(',')
    .map((id) => id.trim())
    .toSorted()
    .join(', ');
  if (named !== undefined && named !== ids)
    throw new OperatorError(`The plan freezes ${ids}; it was announced as ${inertLine(named)}.`, [
      'Name every store of the plan: whoever thaws them has to know.',
    ]);
  const result = await freezeStores(plans.map((plan) => storeOf(around, plan, limits)));
  say(around, flags, result);
  if (result.state === 'frozen') return exitCode.done;
  return result.unknown ? exitCode.unknown : exitCode.failed;
}

/** `walkback freeze state --stores`: prints open, frozen or partly. */
export async function stateOfStores(
  around: Surroundings,
  file: string,
  flags: { readonly json?: true },
): Promise<number> {
  const result = await stateOf(readStores(file).map((plan) => storeOf(around, plan)));
  if (flags.json === true) around.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (result.state !== 'partly') around.write(`${result.state}\n`);
  else say(around, flags, result);
  return result.state === 'partly' || result.leaking ? exitCode.failed : exitCode.done;
}

/** `walkback freeze thaw --stores`: 0 all of them are open, 3 one is not, 30 one cannot be told. */
export async function thawStoreFile(
  around: Surroundings,
  file: string,
  flags: { readonly json?: true },
): Promise<number> {
  const result = await thawStores(readStores(file).map((plan) => storeOf(around, plan)));
  say(around, flags, result);
  if (result.state === 'open') return exitCode.done;
  return result.unknown ? exitCode.unknown : exitCode.failed;
}

function say(around: Surroundings, flags: { readonly json?: true }, result: StoresResult): void {
  const lines = [
    result.state,
    ...result.stores.map(
      ({ id, state, detail, marker }) =>
        `  ${id}: ${state}${detail === '' ? '' : `: ${detail}`}${marker === null ? '' : ` (at ${marker})`}`,
    ),
  ];
  around.write(flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(lines));
}

/** Without limits it is only asked and thawed. */
function storeOf(around: Surroundings, plan: StorePlan, limits: Limits = { drainMs: 1, quietMs: 1 }): Store {
  if ('sqlite' in plan) return sqliteStore(plan, limits);
  const at: DatabasePlace = { kind: 'postgres', env: around.env, variable: plan.postgres };
  const application: DatabasePlace = { kind: 'postgres', env: around.env, variable: plan.application };
  return {
    id: plan.id,
    state: () =>
      withDatabase(at, { readOnly: true }, async (database) => (await freezeState(database)).state),
    freeze: () =>
      withDatabase(at, { lockTimeoutMs: 5000 }, async (database) => {
        const openApplication = () => openDatabase(application, { statementTimeoutMs: 5000 });
        const found = await freezeWrites({ database, roles: plan.roles, openApplication, ...limits });
        const why = [
          ...found.refused.map(({ code, text }) => `${code}: ${text}`),
          ...found.leaks,
          ...found.unproven,
        ];
        // it was found open a moment ago, and is never answered so
        const state = found.state === 'open' ? 'unproven' : found.state;
        return { state, why: why.join('; '), marker: found.lsn };
      }),
    thaw: () =>
      withDatabase(at, { lockTimeoutMs: 5000 }, async (database) => {
        const { state, differs, lsn } = await thawWrites(database);
        const moved = lsn === null ? '' : `log position ${lsn.frozen} when it was frozen, ${lsn.now} now`;
        return {
          open: state === 'open',
          detail: [...differs, moved].filter((text) => text !== '').join('; '),
        };
      }),
  };
}

function sqliteStore(plan: Extract<StorePlan, { readonly sqlite: string }>, limits: Limits): Store {
  const at: DatabasePlace = { kind: 'sqlite', file: plan.sqlite };
  return {
    id: plan.id,
    state: () =>
      withDatabase(at, { readOnly: true }, async (database) => (await sqliteFreezeState(database)).state),
    freeze: () =>
      withDatabase(at, { lockTimeoutMs: limits.drainMs }, async (database) => {
        const openApplication = () => openDatabase(at);
        const { except } = plan;
        const found = await freezeSqlite({ database, openApplication, except, quietMs: limits.quietMs });
        const why = [...found.refused.map(({ code, text }) => `${code}: ${text}`), ...found.leaks];
        return { state: found.state, why: why.join('; '), marker: null };
      }),
    thaw: () =>
      withDatabase(at, {}, async (database) => {
        const { sameSchema } = await thawSqlite(database);
        return { open: true, detail: sameSchema === false ? 'the schema is not what it was' : '' };
      }),
  };
}
