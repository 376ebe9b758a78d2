import { createRequire } from 'node:module';
import path from 'node:path';
import type Database from 'better-sqlite3';

export type ShopDatabase = Database.Database;

/** Loaded by whoever opens a database: most commands of shopctl never do, and each of them is a process. */
const sqlite = (): typeof Database => createRequire(import.meta.url)('better-sqlite3') as typeof Database;

export const shopFile = (folder: string): string => path.join(folder, 'data', 'shop.db');
export const archiveFile = (folder: string): string => path.join(folder, 'data', 'archive.db');

/** How long a statement waits for a lock that somebody else holds. */
const lockTimeoutMs = 2_000;

/** Any file of SQLite, as it is. */
export const openFile = (file: string): ShopDatabase => new (sqlite())(file, { timeout: lockTimeoutMs });

export function openShopDatabase(folder: string): ShopDatabase {
  const database = openFile(shopFile(folder));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
  return database;
}

/** The newest migration that is applied; 0 for an empty database. */
export function schemaVersion(database: ShopDatabase): number {
  return Number(database.prepare('select coalesce(max(id), 0) from migrations').pluck().get());
}
