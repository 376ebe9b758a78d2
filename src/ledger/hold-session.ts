import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { troubleOf } from './trouble.ts';

/** The right to write one session's events, until it is given back or the process ends. */
export interface SessionHold {
  readonly release: () => void;
}

/**
 * Takes a session for this process alone; null where another process has it. The system gives the hold back when a
 * process ends, however it ends: it is SQLite's lock on a file of its own, which stays empty.
 */
export function holdSession(folder: string): SessionHold | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'held');
  closeSync(openSync(path, 'a', 0o600)); // SQLite would make it readable for others
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (troubleOf(error) === 'locked') return null;
    throw error;
  }
  return { release: () => void database.close() };
}
