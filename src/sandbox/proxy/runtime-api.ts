import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { rm } from 'node:fs/promises';
import path from 'node:path';

/** One server of the only backend, as HAProxy would tell it. */
export interface RuntimeServer {
  readonly name: string;
  readonly weight: number;
  readonly up: boolean;
}

export interface RuntimeParts {
  readonly servers: () => readonly RuntimeServer[];
  /** The refusal in words, or null. */
  readonly setWeight: (name: string, weight: number) => string | null;
}

export const runtimeSocket = (folder: string): string => path.join(folder, 'proxy', 'admin.sock');

/** Longest path of a socket that every system takes. */
const longestPath = 100;

/** The words of HAProxy's runtime API that a shift of traffic needs, on a socket that only this person can open. */
export async function serveRuntimeApi(folder: string, parts: RuntimeParts): Promise<Server | null> {
  const socket = runtimeSocket(folder);
  if (Buffer.byteLength(socket) > longestPath) return null;
  await rm(socket, { force: true });
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let asked = '';
    connection.setEncoding('utf8');
    connection.on('error', () => connection.destroy()); // whoever asked has gone
    connection.on('data', (text: string) => {
      asked += text;
      if (!asked.includes('\n')) return;
      connection.end(`${answer(parts, (asked.split('\n')[0] ?? '').trim())}\n`);
    });
  });
  const before = process.umask(0o177);
  try {
    server.listen(socket);
    await once(server, 'listening');
  } finally {
    process.umask(before);
  }
  return server;
}

function answer({ servers, setWeight }: RuntimeParts, command: string): string {
  if (command === 'show stat') {
    const rows = servers().map(({ name, weight, up }) => `shop,${name},${up ? 'UP' : 'DOWN'},${weight},`);
    return ['# pxname,svname,status,weight,', ...rows, ''].join('\n');
  }
  if (command === 'show servers state shop') {
    const rows = servers().map(
      ({ name, weight, up }, at) => `1 shop ${at + 1} ${name} 127.0.0.1 ${up ? 2 : 0} 0 ${weight} 1`,
    );
    const head =
      '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight';
    return ['1', head, ...rows, ''].join('\n');
  }
  const [, name = '', weight = ''] = /^set server shop\/(\S+) weight (\d+)$/.exec(command) ?? [];
  if (name === '') return `Unknown command: '${command}'`;
  return setWeight(name, Number(weight)) ?? '';
}
