import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { frame, isReply, lineReader } from '../supervisor/protocol.ts';
import type { Reply, Request, SupervisorOptions } from '../supervisor/protocol.ts';
import { readSupervisor } from '../supervisor/supervisor-record.ts';
import { isAlive, sessionVariable } from './process-table.ts';
import { newSocketPath } from './socket-path.ts';

/** A connection to a living supervisor. */
export interface SupervisorLink {
  readonly socket: string;
  readonly pid: number;
  readonly isOpen: () => boolean;
  send(request: Request): void;
  /** Lets the supervisor go; answers when it is gone, or stays for its children only. */
  close(): Promise<void>;
}

export interface LinkOptions extends Omit<SupervisorOptions, 'socket'> {
  /** The supervisor's program, for this Node. */
  readonly entry: string;
  readonly boot: string;
  readonly env: Readonly<Record<string, string>>;
}

const startLimitMs = 30_000;

/** Connects to the session's living supervisor, or starts one. `onGone` is called when the connection ends. */
export async function openSupervisorLink(
  options: LinkOptions,
  onReply: (reply: Reply) => void,
  onGone: () => void,
): Promise<SupervisorLink> {
  const known = readSupervisor(options.folder);
  if (known !== null) {
    const living = known.boot === options.boot && isAlive(known) ? await dial(known.socket) : null;
    if (living !== null) return link(living, known, onReply, onGone);
    if (!isAlive(known)) rmSync(known.socket, { force: true });
  }
  const { child, address } = startSupervisor(options);
  // Asked at its own address and not by the record: another agent's supervisor may have put its own there meanwhile.
  for (let waited = 0; waited < startLimitMs && child.exitCode === null; waited += 5) {
    const socket = await dial(address);
    if (socket !== null) return link(socket, { pid: child.pid ?? 0, socket: address }, onReply, onGone);
    await setTimeout(5);
  }
  throw new OperatorError(`The process that runs the commands did not start: ${lastWords(options.folder)}`, [
    'Check that this machine can start more processes and that the disk has room, then resume the session.',
  ]);
}

/** Connects; null where nobody answers. */
export async function dial(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function link(
  socket: Socket,
  { pid, socket: address }: { readonly pid: number; readonly socket: string },
  onReply: (reply: Reply) => void,
  onGone: () => void,
): SupervisorLink {
  let open = true;
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      open = false;
      onGone();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  socket.setEncoding('utf8');
  socket.on('data', lineReader(isReply, onReply));
  const send = (request: Request): void => {
    if (open) socket.write(frame(request));
  };
  send({ ask: 'hello', pid: process.pid });
  return {
    socket: address,
    pid,
    isOpen: () => open,
    send,
    close: async () => {
      send({ ask: 'close' });
      await gone;
    },
  };
}

/** In a session of its own, without a terminal, everything on files: nothing of ours that ends can take it along. */
function startSupervisor(options: LinkOptions): { readonly child: ChildProcess; readonly address: string } {
  const { entry, env, folder, session, idleMs, graceMs, spoolBytes, reserveBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const address = newSocketPath(folder, env['XDG_RUNTIME_DIR']);
  const log = openSync(logIn(folder), 'a', 0o600);
  const own: SupervisorOptions = {
    folder,
    session,
    socket: address,
    idleMs,
    graceMs,
    spoolBytes,
    reserveBytes,
  };
  const child = spawn(process.execPath, [entry, JSON.stringify(own)], {
    cwd: folder,
    env: { ...env, [sessionVariable]: session },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => {}); // told by `exitCode` and the missing record
  child.unref();
  return { child, address };
}

const logIn = (folder: string): string => path.join(folder, 'supervisor.log');

function lastWords(folder: string): string {
  const words = readFileSync(logIn(folder), 'utf8').trim().split('\n').slice(-3).join(' ');
  return words === '' ? 'it gave no reason.' : words;
}
