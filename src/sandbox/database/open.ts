import path from 'node:path';
import Database from 'better-sqlite3';

export type ShopDatabase = Database.Database;

export const shopFile = (folder: string): string => path.join(folder, 'data', 'shop.db');
export const archiveFile = (folder: string): string => path.join(folder, 'data', 'archive.db');

/** How long a statement waits for a lock that somebody else holds. */
const lockTimeoutMs = 2_000;

export function openShopDatabase(folder: string): ShopDatabase {
  const database = new Database(shopFile(folder), { timeout: lockTimeoutMs });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
  return database;
}

/** The newest migration that is applied; 0 for an empty database. */
export function schemaVersion(database: ShopDatabase): number {
  return Number(database.prepare('select coalesce(max(id), 0) from migrations').pluck().get());
}
