import process from 'node:process';
import { z } from 'zod';
import { querySqlite } from './sqlite-query.ts';

/**
 * Entry of the small process that queries SQLite files. SQLite cannot be interrupted from JavaScript, so a slow query
 * is ended by ending this process. It goes when its parent goes.
 */
const requestSchema = z.object({
  path: z.string(),
  query: z.string(),
  busyMs: z.number(),
  mostBytes: z.number(),
  mostRows: z.number(),
});

process.on('message', (message) => {
  process.send?.(querySqlite(requestSchema.parse(message)));
});
process.on('disconnect', () => process.exit(0));
