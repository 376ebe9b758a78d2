import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { realNow } from '../clock.ts';

/** A client's open connection to an instance. Whether it may write is settled when it opens, as with a database session. */
interface ClientSession {
  readonly id: number;
  client: string;
  readonly openedAt: number;
  writable: boolean;
  requests: number;
}

export interface SessionTable {
  of(socket: Socket): ClientSession;
  list(): readonly ClientSession[];
  /** Cuts one session off; false where there is none. */
  terminate(id: number): boolean;
  /** Tells the open sessions that writes are off or on again. Answers how many still may write. */
  freeze(frozen: boolean, keepOpen: boolean): number;
  /** Does a write's work, counted, so that a freeze can wait for those that began before it. */
  writing<T>(work: () => Promise<T>): Promise<T>;
  /** Waits until no write is under way, but not longer than `mostMs`. */
  settled(mostMs: number): Promise<void>;
}

export const freezeMarker = (folder: string): string => path.join(folder, 'data', 'freeze');

/** Follows the connections of a server. New ones read the freeze marker; open ones are told by `freeze`. */
export function sessionTable(server: Server, folder: string): SessionTable {
  const sessions = new Map<Socket, ClientSession>();
  let lastId = 0;
  let underWay = 0;

  function open(socket: Socket): ClientSession {
    lastId += 1;
    const session = {
      id: lastId,
      client: 'unknown',
      openedAt: realNow(),
      writable: !existsSync(freezeMarker(folder)),
      requests: 0,
    };
    sessions.set(socket, session);
    socket.once('close', () => sessions.delete(socket));
    return session;
  }

  server.on('connection', open);
  return {
    of: (socket) => sessions.get(socket) ?? open(socket),
    list: () => [...sessions.values()].filter(({ requests }) => requests > 0),
    terminate(id) {
      for (const [socket, session] of sessions) {
        if (session.id !== id) continue;
        sessions.delete(socket);
        socket.destroy();
        return true;
      }
      return false;
    },
    freeze(frozen, keepOpen) {
      if (!(frozen && keepOpen)) for (const session of sessions.values()) session.writable = !frozen;
      return [...sessions.values()].filter(({ writable }) => writable).length;
    },
    async writing(work) {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
    async settled(mostMs) {
      const until = realNow() + mostMs;
      while (underWay > 0 && realNow() < until) await pause(5);
    },
  };
}
