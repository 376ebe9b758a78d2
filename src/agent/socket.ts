import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { OperatorError, exitCode } from '../errors.ts';
import type { ClientConnection, Connection, HostConnection, ToClient, ToHost } from './messages.ts';

/** Longest path that a Unix socket may have, with its closing NUL. */
const longestPath = 107;
/** A message larger than this is not ours. */
const longestMessage = 64 * 1024 * 1024;

export interface SocketPlace {
  /** `$XDG_RUNTIME_DIR`, where there is one. */
  readonly runtimeFolder: string | undefined;
  /** The system's folder for temporary files. */
  readonly temporaryFolder: string;
  readonly uid: number;
}

/**
 * The socket of a session: a short name in a folder that only this user can enter. A runtime folder that is not there
 * (it goes with the last login) or is another user's (kept over `su`) is passed over.
 */
export function socketPath(session: string, place: SocketPlace): string {
  const name = `${createHash('sha256').update(session).digest('hex').slice(0, 8)}.sock`;
  const folders = [
    ...(place.runtimeFolder === undefined ? [] : [join(place.runtimeFolder, 'walkback')]),
    join(place.temporaryFolder, `walkback-${place.uid}`),
  ];
  let refused: OperatorError | null = null;
  for (const folder of folders) {
    const path = join(folder, name);
    if (Buffer.byteLength(path) >= longestPath) continue;
    refused = whyNotPrivate(folder, place.uid);
    if (refused === null) return path;
  }
  if (refused !== null) throw refused;
  throw new OperatorError(`No folder is short enough for a socket: tried ${folders.join(' and ')}.`, [
    'Set XDG_RUNTIME_DIR to a folder of your own with a short path.',
  ]);
}

/** Made 0700; one that is a link, another user's or open to others is refused. */
function whyNotPrivate(folder: string, uid: number): OperatorError | null {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return null;
  } catch (error) {
    return refusedFolder(folder, error);
  }
  return refusedFolder(folder, undefined);
}

const refusedFolder = (folder: string, cause: unknown): OperatorError =>
  new OperatorError(
    `${folder} cannot hold the session’s socket: it must be a folder of yours that nobody else can enter (0700).`,
    [`Look at it (ls -ld ${folder}), remove it if it is not yours to use, and try again.`],
    { exitCode: exitCode.refused, cause },
  );

export interface Listening {
  readonly close: () => void;
}

/** Listens on the socket; one that nobody answers any more is taken over. */
function listen(path: string, take: (connection: HostConnection) => void): Promise<Listening> {
  rmSync(path, { force: true });
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => take(lineConnection<ToClient, ToHost>(socket)));
    server.on('error', reject);
    // takes the socket's file away too
    const close = (): void => void server.close();
    const before = process.umask(0o177);
    server.listen(path, () => resolve({ close }));
    // the socket is there already; a mask that stayed for a moment longer would bar folders that others make in it
    process.umask(before);
  });
}

/** How often it is looked whether the socket can still be found. */
const lookEveryMs = 2_000;

/**
 * Listens for as long as the session goes on. A socket can be taken away under a host that lives on: the runtime folder
 * goes with the last login, and old files in the temporary one are cleared away. Then it listens again, wherever there is
 * a place now. `placed` is told each path.
 */
export async function keepListening(
  pathNow: () => string,
  take: (connection: HostConnection) => void,
  placed: (path: string) => void,
  everyMs = lookEveryMs,
): Promise<Listening> {
  let path = pathNow();
  let server = await listen(path, take);
  placed(path);
  let busy = false;
  let closed = false;
  const look = async (): Promise<void> => {
    if (busy || existsSync(path)) return;
    busy = true;
    try {
      server.close();
      path = pathNow();
      server = await listen(path, take);
      if (closed) server.close();
      else placed(path);
    } catch {
      // no place yet: looked for again
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    close: () => {
      closed = true;
      clearInterval(timer);
      server.close();
    },
  };
}

/** Connects to a session's host; null where nobody listens. */
export function dial(path: string): Promise<ClientConnection | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(lineConnection<ToHost, ToClient>(socket)));
    socket.once('error', () => resolve(null));
  });
}

function lineConnection<Out, In>(socket: Socket): Connection<Out, In> {
  let rest: Buffer[] = [];
  let size = 0;
  let take: (message: In) => void = () => undefined;
  let closed: () => void = () => undefined;
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    socket.destroy();
    closed();
  };
  socket.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      rest.push(chunk.subarray(from, at));
      from = at + 1;
      const line = Buffer.concat(rest).toString('utf8');
      rest = [];
      size = 0;
      const message = parsed(line);
      if (message === null) return end();
      take(message as In); // the socket is the person's own: only that it is a message is looked at
    }
    const left = chunk.subarray(from);
    if (left.length > 0) rest.push(left);
    size += left.length;
    if (size > longestMessage) end();
  });
  socket.on('error', end);
  socket.on('close', end);
  return {
    // a front end that has stopped reading costs a bounded queue, never the session
    send: (message) => {
      if (over) return;
      if (socket.writableLength > longestMessage) return end();
      socket.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (next) => {
      take = next;
    },
    onClose: (next) => {
      closed = next;
    },
    close: () => void socket.end(() => end()),
  };
}

function parsed(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 't' in value ? value : null;
  } catch {
    return null;
  }
}
