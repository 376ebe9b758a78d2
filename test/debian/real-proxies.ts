import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './real-server.ts';

/** One server of a pool: it says its release, and may be stopped, started again, or made to fail. */
export interface PoolServer {
  readonly port: number;
  readonly version: string;
  /** Of its answers, a share fails from here on: 0 to 1, in a fixed rhythm. */
  failing: number;
  served: number;
  failed: number;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startPoolServer(version: string): Promise<PoolServer> {
  let owed = 0;
  const handler = (path: string): { readonly status: number; readonly body: string } => {
    if (path === '/healthz') return { status: 200, body: 'ok' };
    one.served += 1;
    owed += one.failing;
    if (owed >= 1) {
      owed -= 1;
      one.failed += 1;
      return { status: 500, body: '{}' };
    }
    return { status: 200, body: JSON.stringify({ version }) };
  };
  let server: Server | null = null;
  const listen = async (port: number): Promise<number> => {
    server = createServer((request, response) => {
      const { status, body } = handler(request.url ?? '/');
      response.writeHead(status, { 'content-type': 'application/json', 'x-pool': version });
      response.end(body);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const one: PoolServer = {
    port,
    version,
    failing: 0,
    served: 0,
    failed: 0,
    stop: async () => {
      server?.close();
      server?.closeAllConnections();
      if (server?.listening === true) await once(server, 'close');
      server = null;
    },
    start: async () => {
      if (server === null) await listen(port);
    },
  };
  return one;
}

/** A proxy of Debian's package before two pools, with its files in a folder of its own. */
export interface RealProxy {
  readonly folder: string;
  readonly config: string;
  readonly url: string;
  /** The words after `walkback traffic …`. */
  readonly words: readonly string[];
  readonly process: ChildProcess;
  /** Loads the file again, as a package update or a colleague would. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const names = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${kind}${at + 1}`);

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGCONT'); // one that a test has stopped could not end
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** All traffic on the current pool, the prior one standing by with a weight of 0. */
export async function startHaproxy(
  prior: readonly PoolServer[],
  current: readonly PoolServer[],
): Promise<RealProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-haproxy-'));
  const [config, socket] = [join(folder, 'haproxy.cfg'), join(folder, 'admin.sock')];
  const port = await freePort();
  const line = (kind: string, weight: number) => (server: PoolServer, at: number) =>
    `  server ${kind}${at + 1} 127.0.0.1:${server.port} check inter 100ms fall 1 rise 1 weight ${weight}`;
  writeFileSync(
    config,
    [
      'global',
      `  stats socket ${socket} mode 600 level admin`,
      '  hard-stop-after 1s',
      'defaults',
      '  mode http',
      '  timeout connect 1s',
      '  timeout client 5s',
      '  timeout server 5s',
      // without it a check is given its interval: a busy moment of this process would take both pools down
      '  timeout check 5s',
      'frontend front',
      `  bind 127.0.0.1:${port}`,
      '  default_backend shop',
      'backend shop',
      '  balance roundrobin',
      '  option httpchk GET /healthz',
      ...prior.map(line('blue', 0)),
      ...current.map(line('green', 1)),
      '',
    ].join('\n'),
  );
  const child = spawn('haproxy', ['-W', '-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/version`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('HAProxy answers', () => {
    if (child.exitCode !== null) throw new Error(`HAProxy ended: ${complaints}`);
    return answers();
  });
  return {
    folder,
    config,
    url,
    process: child,
    words: [
      '--haproxy', socket, '--config', config, '--backend', 'shop',
      '--prior', names('blue', prior.length).join(','), '--current', names('green', current.length).join(','),
    ], // prettier-ignore
    reload: async () => {
      const loaded = (): number => complaints.split('Loading success').length;
      const before = loaded();
      child.kill('SIGUSR2');
      await until('HAProxy has loaded its file', () => loaded() > before);
      await until('HAProxy answers again', answers);
    },
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same by nginx: the upstream in a file of its own, included by the main one. */
export async function startNginx(
  prior: readonly PoolServer[],
  current: readonly PoolServer[],
): Promise<RealProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-nginx-'));
  const [config, main] = [join(folder, 'shop.conf'), join(folder, 'nginx.conf')];
  const port = await freePort();
  const all = [
    ...prior.map((server, at) => ({ name: `blue${at + 1}`, server, weight: 0 })),
    ...current.map((server, at) => ({ name: `green${at + 1}`, server, weight: 1 })),
  ];
  writeFileSync(
    config,
    [
      'upstream shop {',
      ...all.map(
        ({ name, server, weight }) =>
          `  server 127.0.0.1:${server.port}${weight === 0 ? ' down' : ''}; # ${name}`,
      ),
      '}',
      `map $host $walkback_weights { default "${all.map(({ name, weight }) => `${name}=${weight}`).join(' ')}"; }`,
      '',
    ].join('\n'),
  );
  const temp = (kind: string): string => `${kind}_temp_path ${join(folder, kind)};`;
  writeFileSync(
    main,
    `pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')};
daemon off;
worker_processes 1;
worker_shutdown_timeout 1s;
events { worker_connections 256; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(temp).join(' ')}
  include ${config};
  server {
    listen 127.0.0.1:${port};
    location = /weights { allow 127.0.0.1; deny all; return 200 $walkback_weights; }
    location / { proxy_pass http://shop; }
  }
}
`,
  );
  const child = spawn('nginx', ['-c', main, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', () => {
    if (child.exitCode !== null)
      throw new Error(`nginx ended: ${readFileSync(join(folder, 'error.log'), 'utf8')}`);
    return fetch(`${url}/version`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    folder,
    config,
    url,
    process: child,
    words: [
      '--nginx', `${url}/weights`, '--config', config, '--backend', 'shop', '--main', main,
      '--prior', names('blue', prior.length).join(','), '--current', names('green', current.length).join(','),
      ...all.flatMap(({ name, server }) => ['--ready', `${name}=http://127.0.0.1:${server.port}/healthz`]),
    ], // prettier-ignore
    reload: async () => {
      spawnSync('nginx', ['-c', main, '-s', 'reload']);
      await until('nginx answers again', () => fetch(url).then(() => true, () => false)); // prettier-ignore
    },
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
