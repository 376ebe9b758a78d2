import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { migrations } from './migrations/list.ts';
import type { Migration } from './migrations/migration.ts';

type Way = 'up' | 'down';

export const migrationLabel = ({ id, name }: Migration): string => `${String(id).padStart(3, '0')}_${name}`;

const scriptsFolder = (folder: string): string => path.join(folder, 'data', 'migrations');
const scriptFile = (folder: string, migration: Migration, way: Way): string =>
  path.join(scriptsFolder(folder), `${migrationLabel(migration)}.${way}.sql`);

/** Puts the scripts of the migrations down as a team keeps them, `NNN_name.up.sql` and `NNN_name.down.sql`. */
export function layScripts(folder: string): void {
  mkdirSync(scriptsFolder(folder), { recursive: true });
  for (const migration of migrations)
    for (const way of ['up', 'down'] as const)
      writeFileSync(scriptFile(folder, migration, way), `${migration[way].trim()}\n`);
}

/** The script of one way; throws where its file is not there. */
export function readScript(folder: string, migration: Migration, way: Way): string {
  const file = scriptFile(folder, migration, way);
  if (!existsSync(file))
    throw new Error(
      way === 'up'
        ? `there is no ${path.basename(file)}`
        : `it has no way back: there is no ${path.basename(file)}`,
    );
  return readFileSync(file, 'utf8');
}

/** Takes the way back of one migration away, as where nobody wrote it. */
export function loseWayBack(folder: string, id: number): void {
  const migration = migrations.find((one) => one.id === id);
  if (migration !== undefined) rmSync(scriptFile(folder, migration, 'down'), { force: true });
}
