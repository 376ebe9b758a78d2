import { isoTime } from '../clock.ts';
import { migrations } from './migrations/list.ts';
import type { Migration } from './migrations/migration.ts';
import { archiveFile, schemaVersion, type ShopDatabase } from './open.ts';
import { migrationLabel, readScript } from './scripts.ts';

/** What became of a run of migrations. Each one that is in `applied` is committed and stays. */
export interface MigrationRun {
  readonly from: number;
  readonly reached: number;
  readonly applied: readonly string[];
  readonly failed: { readonly migration: string; readonly why: string } | null;
}

/** Applies or reverts one migration at a time, each in its own transaction with its own check, and stops at the first failure. */
export function migrateTo(
  database: ShopDatabase,
  folder: string,
  target: number,
  atMs: number,
): MigrationRun {
  database.exec(
    'create table if not exists migrations (id integer primary key, name text not null, applied_at text not null) strict',
  );
  const from = schemaVersion(database);
  const steps =
    target > from
      ? migrations.filter(({ id }) => id > from && id <= target)
      : migrations.filter(({ id }) => id <= from && id > target).toReversed();
  const applied: string[] = [];
  for (const migration of steps) {
    try {
      apply(database, folder, migration, target > from ? 'up' : 'down', atMs);
      applied.push(migrationLabel(migration));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return {
        from,
        reached: schemaVersion(database),
        applied,
        failed: { migration: migrationLabel(migration), why },
      };
    }
  }
  return { from, reached: schemaVersion(database), applied, failed: null };
}

function apply(
  database: ShopDatabase,
  folder: string,
  migration: Migration,
  way: 'up' | 'down',
  atMs: number,
): void {
  const script = readScript(folder, migration, way);
  database.pragma('foreign_keys = OFF'); // tables are rebuilt; the whole database is checked before the commit instead
  if (migration.archive) database.prepare('attach database ? as archive').run(archiveFile(folder));
  try {
    database.exec('begin immediate'); // takes the lock of every attached file, or fails after the lock timeout
    try {
      database.exec(script);
      const holds = Number(database.prepare(migration.verify).pluck().get()) === 1;
      if (holds !== (way === 'up'))
        throw new Error(`the check after ${way} ${migrationLabel(migration)} does not hold`);
      const broken = database.pragma('foreign_key_check') as readonly unknown[];
      if (broken.length > 0) throw new Error(`${broken.length} rows would point at nothing`);
      if (way === 'up') {
        database
          .prepare('insert into migrations (id, name, applied_at) values (?, ?, ?)')
          .run(migration.id, migration.name, isoTime(atMs));
      } else {
        database.prepare('delete from migrations where id = ?').run(migration.id);
      }
      database.exec('commit');
    } catch (error) {
      if (database.inTransaction) database.exec('rollback');
      throw error;
    }
  } finally {
    if (migration.archive) database.exec('detach database archive');
    database.pragma('foreign_keys = ON');
  }
}

/** Runs the check of every migration that is applied, and of those that are not; answers the ones that do not hold. */
export function verifySchema(database: ShopDatabase): readonly string[] {
  const version = schemaVersion(database);
  const wrong: string[] = [];
  for (const migration of migrations) {
    const applied = migration.id <= version;
    if (applied !== holds(database, migration) && !isSuperseded(migration, version))
      wrong.push(migrationLabel(migration));
  }
  const broken = database.pragma('foreign_key_check') as readonly unknown[];
  if (broken.length > 0) wrong.push('foreign_keys');
  return wrong;
}

function holds(database: ShopDatabase, migration: Migration): boolean {
  try {
    return Number(database.prepare(migration.verify).pluck().get()) === 1;
  } catch {
    return false;
  }
}

/** 003 only makes room for what 004 completes; 006 drops a column that is not there before 002. */
const isSuperseded = ({ id }: Migration, version: number): boolean => id === 6 && version < 2;
