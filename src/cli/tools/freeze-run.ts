import { OperatorError, exitCode } from '../../errors.ts';
import { openDatabase, withDatabase } from '../../tools/database.ts';
import type { DatabasePlace } from '../../tools/database/model.ts';
import { freezeWrites } from '../../tools/freeze/freeze.ts';
import type { FreezeResult } from '../../tools/freeze/freeze.ts';
import { freezeState, thawWrites } from '../../tools/freeze/thaw.ts';
import { sqliteFreezeState } from '../../tools/freeze/sqlite.ts';
import type { Surroundings } from '../surroundings.ts';
import { duration, textOf } from './freeze-text.ts';

export interface FreezeFlags {
  readonly roles?: string;
  readonly application?: string;
  readonly drain: string;
  readonly quiet: string;
  readonly json?: true;
}

const place = ({ env }: Surroundings): DatabasePlace => ({ kind: 'postgres', env });

/** `walkback freeze pg`: 0 every write was seen to fail, 3 refused or leaking, 30 not proven. */
export async function freezePostgres(around: Surroundings, flags: FreezeFlags): Promise<number> {
  const roles = (flags.roles ?? '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
  if (roles.length === 0)
    throw new OperatorError('No role of the application is named.', [
      'Give them: --roles shop_app,shop_worker',
    ]);
  const [drainMs, quietMs] = [duration('--drain', flags.drain), duration('--quiet', flags.quiet)];
  const { application } = flags;
  const openApplication =
    application === undefined
      ? null
      : () =>
          openDatabase(
            { kind: 'postgres', env: around.env, variable: application },
            { statementTimeoutMs: 5000 },
          );
  return withDatabase(place(around), { lockTimeoutMs: 5000 }, async (database) => {
    const result = await freezeWrites({ database, roles, openApplication, drainMs, quietMs });
    around.write(
      flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : resultText(database.name, result),
    );
    if (result.state === 'frozen') return exitCode.done;
    return result.state === 'unproven' ? exitCode.unknown : exitCode.failed;
  });
}

interface WhereFlags {
  readonly sqlite?: string;
  readonly stores?: string;
  readonly json?: true;
}

/** `walkback freeze state`: prints open, frozen or leaking. */
export async function stateOfFreeze(around: Surroundings, flags: WhereFlags): Promise<number> {
  const { sqlite, stores } = flags;
  if (stores !== undefined) {
    const { stateOfStores } = await import('./freeze-stores.ts');
    return stateOfStores(around, stores, flags);
  }
  const where: DatabasePlace = sqlite === undefined ? place(around) : { kind: 'sqlite', file: sqlite };
  return withDatabase(where, { readOnly: true }, async (database) => {
    const state = sqlite === undefined ? await freezeState(database) : await sqliteFreezeState(database);
    around.write(flags.json === true ? `${JSON.stringify(state, null, 2)}\n` : `${state.state}\n`);
    return state.state === 'leaking' ? exitCode.failed : exitCode.done;
  });
}

/** `walkback freeze thaw`: 0 everything is again what it was, 3 a grant is not, and then nothing was given back. */
export async function thaw(around: Surroundings, flags: WhereFlags): Promise<number> {
  const { sqlite, stores } = flags;
  if (stores !== undefined) {
    const { thawStoreFile } = await import('./freeze-stores.ts');
    return thawStoreFile(around, stores, flags);
  }
  if (sqlite !== undefined) {
    const { thawSqliteFile } = await import('./freeze-sqlite.ts');
    return thawSqliteFile(around, sqlite, flags);
  }
  return withDatabase(place(around), { lockTimeoutMs: 5000 }, async (database) => {
    const result = await thawWrites(database);
    const lines = [
      result.state === 'open'
        ? `${database.name}: open; ${result.restored} grants are what they were${result.lsn === null ? ' (it was not frozen)' : ''}`
        : `${database.name}: still frozen: ${result.differs.length} grants could not be put back as they were`,
      ...result.differs.map((what) => `  ${what}`),
      ...result.gone.map((what) => `  gone since: ${what}`),
      ...(result.lsn === null
        ? []
        : [`  log position ${result.lsn.frozen} when it was frozen, ${result.lsn.now} now`]),
    ];
    around.write(flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(lines));
    return result.state === 'open' ? exitCode.done : exitCode.failed;
  });
}

function resultText(name: string, result: FreezeResult): string {
  const words: Readonly<Record<FreezeResult['state'], string>> = {
    frozen: 'frozen: every write was refused, in a session that was there before and in a new one',
    leaking: 'writes get through',
    unproven: 'frozen by its grants, and not proven',
    refused: 'refused: nothing was changed',
    open: 'open',
  };
  return textOf([
    `${name}: ${words[result.state]}${result.since === null ? '' : ` (since ${result.since}, ${String(result.lsn)})`}`,
    ...result.refused.map(({ code, text }) => `  ${code}: ${text}`),
    ...result.leaks.map((leak) => `  ✘ ${leak}`),
    ...result.unproven.map((why) => `  ? ${why}`),
    ...result.others.map((role) => `  not named, and can write: ${role}`),
  ]);
}
