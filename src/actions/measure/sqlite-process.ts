import process from 'node:process';
import { querySqlite, type SqliteRequest } from './sqlite-query.ts';

/**
 * Entry of the small process that queries SQLite files. SQLite cannot be interrupted from JavaScript, so a slow query
 * is ended by ending this process. It goes when its parent goes. It imports next to nothing: whoever asks a query
 * waits for it to start.
 */
process.on('message', (request: SqliteRequest) => {
  process.send?.(querySqlite(request));
});
process.on('disconnect', () => process.exit(0));
