import { exitCode } from '../../errors.ts';
import { openDatabase, withDatabase } from '../../tools/database.ts';
import { freezeSqlite, thawSqlite } from '../../tools/freeze/sqlite.ts';
import type { Surroundings } from '../surroundings.ts';
import { duration, textOf } from './freeze-text.ts';

interface SqliteFlags {
  readonly except: string;
  readonly drain: string;
  readonly quiet: string;
  readonly json?: true;
}

const words = {
  frozen: 'frozen: every write was refused, in a session that was there before and in a new one',
  leaking: 'writes get through',
  refused: 'refused: nothing was changed',
} as const;

/** `walkback freeze sqlite`: 0 every write was seen to fail, 3 refused or leaking. */
export async function freezeSqliteFile(
  around: Surroundings,
  file: string,
  flags: SqliteFlags,
): Promise<number> {
  const [lockTimeoutMs, quietMs] = [duration('--drain', flags.drain), duration('--quiet', flags.quiet)];
  const except = flags.except
    .split(',')
    .map((table) => table.trim())
    .filter((table) => table !== '');
  return withDatabase({ kind: 'sqlite', file }, { lockTimeoutMs }, async (database) => {
    const openApplication = () => openDatabase({ kind: 'sqlite', file });
    const result = await freezeSqlite({ database, openApplication, except, quietMs });
    const lines = [
      `${database.name}: ${words[result.state]}${result.since === null ? '' : ` (${result.tables} tables, since ${result.since})`}`,
      ...result.refused.map(({ code, text }) => `  ${code}: ${text}`),
      ...result.leaks.map((leak) => `  ✘ ${leak}`),
    ];
    around.write(flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(lines));
    return result.state === 'frozen' ? exitCode.done : exitCode.failed;
  });
}

/** `walkback freeze thaw --sqlite`: 0 the file is open, by this call or before it. */
export async function thawSqliteFile(
  around: Surroundings,
  file: string,
  flags: { readonly json?: true },
): Promise<number> {
  return withDatabase({ kind: 'sqlite', file }, {}, async (database) => {
    const result = await thawSqlite(database);
    const schema = result.sameSchema === false ? '; the schema is not what it was before the freeze' : '';
    const said =
      result.sameSchema === null
        ? 'open; it was not frozen'
        : `open; ${result.tables} tables take writes again${schema}`;
    around.write(
      flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf([`${database.name}: ${said}`]),
    );
    return exitCode.done;
  });
}
