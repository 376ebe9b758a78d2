import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { abortedAnswer, unknown, type Unknown } from './answer.ts';
import type { RowLimits, Rows } from './rows.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-query.ts';

export interface SqliteReader {
  query(request: Pick<SqliteRequest, 'path' | 'query'>, limits: RowLimits): Promise<Rows | Unknown>;
  close(): Promise<void>;
}

/** Processes that are kept for the next query: data is measured with a query a table, all at the same time. */
const mostIdle = 4;

/** The entry beside this file: the source in development, its bundle in a release. */
export const sqliteProcessFile = (): string =>
  fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './sqlite-process.ts' : './sqlite-process.js', import.meta.url),
  );

/** Queries in processes of their own, one for each query at a time; a query that is called off takes its process along. */
export function openSqliteReader(entry: string, env: Readonly<Record<string, string>>): SqliteReader {
  const idle: Reader[] = [];
  const all = new Set<Reader>();

  function take(): Reader {
    const waiting = idle.pop();
    if (waiting !== undefined) return waiting;
    const reader = startReader(entry, env);
    all.add(reader);
    void reader.ended.then(() => {
      all.delete(reader);
      if (idle.includes(reader)) idle.splice(idle.indexOf(reader), 1);
    });
    return reader;
  }

  return {
    async query({ path, query }, limits) {
      if (limits.signal.aborted) return abortedAnswer(limits.signal);
      const reader = take();
      const busyMs = Math.max(1, Math.round(limits.leftMs / 2));
      const { mostBytes, mostRows } = limits;
      const answer = await reader.ask({ path, query, busyMs, mostBytes, mostRows }, limits.signal);
      if (answer === null) {
        reader.kill();
        return limits.signal.aborted
          ? abortedAnswer(limits.signal)
          : unknown('connection', 'The process that reads the database ended.');
      }
      if (idle.length < mostIdle) idle.push(reader);
      else reader.kill();
      return answer;
    },
    async close() {
      const readers = [...all];
      for (const reader of readers) reader.kill();
      await Promise.all(readers.map(({ ended }) => ended));
    },
  };
}

interface Reader {
  /** Null where the process ended, or the signal was aborted, before it answered. */
  ask(request: SqliteRequest, signal: AbortSignal): Promise<SqliteAnswer | null>;
  kill(): void;
  readonly ended: Promise<unknown>;
}

function startReader(entry: string, env: Readonly<Record<string, string>>): Reader {
  const child = execaNode(entry, [], {
    ipc: true,
    buffer: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
    env,
    extendEnv: false,
    reject: false,
    nodeOptions: [],
    forceKillAfterDelay: false,
  });
  const node = child.nodeChildProcess;
  const ended = child.then(() => undefined);
  let killed = false;
  const hold = (busy: boolean) => {
    // An idle reader must not keep the program from ending.
    node[busy ? 'ref' : 'unref']();
    node.channel?.[busy ? 'ref' : 'unref']();
  };
  return {
    ended,
    kill: () => {
      // whoever waits for its end must not be let go before: it has ended when its channel has closed as well
      killed = true;
      hold(true);
      child.kill('SIGKILL');
    },
    async ask(request, signal) {
      hold(true);
      const stopped = new AbortController();
      try {
        return await new Promise<SqliteAnswer | null>((resolve) => {
          node.once('message', resolve as (answer: unknown) => void);
          signal.addEventListener('abort', () => resolve(null), { signal: stopped.signal });
          void ended.then(() => resolve(null));
          child.sendMessage({ ...request }).catch(() => resolve(null));
        });
      } finally {
        stopped.abort();
        if (!killed) hold(false);
      }
    },
  };
}
