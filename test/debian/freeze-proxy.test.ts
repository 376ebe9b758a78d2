import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSession } from '../../src/tools/freeze/gate-probe.ts';
import { walkback } from '../tools/cli.ts';
import { frozenBook, lookingWhileFrozen } from '../runbooks/frozen-book.ts';
import { expectEnd, openStage, runThrough, shipped } from '../runbooks/stage.ts';
import { freePort, until } from './real-server.ts';

/* A shop that counts what is written to it, behind a real HAProxy or nginx with a switch for writes. */

let shop: Server;
let written = 0;
let proxy: ChildProcess;
let folder = '';
let url = '';

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-gate-'));
  written = 0;
  shop = createServer((request, response) => {
    if (request.method !== 'GET') written += 1;
    response.end('ok');
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
});
afterEach(async () => {
  if (proxy.exitCode === null && proxy.signalCode === null) {
    proxy.kill('SIGTERM');
    await once(proxy, 'exit');
  }
  shop.closeAllConnections();
  shop.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(argv: readonly string[]): Promise<void> {
  const [program = '', ...words] = argv;
  proxy = spawn(program, words, { stdio: 'ignore' });
  await until(`${program} answers`, () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
}

const at = (name: string): string => path.join(folder, name);
const shopAt = (): string => `127.0.0.1:${(shop.address() as AddressInfo).port}`;

const proxies = {
  haproxy: async (): Promise<readonly string[]> => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/orders`;
    writeFileSync(at('writes.map'), '# may customers write?\nwrites open\n');
    writeFileSync(
      at('haproxy.cfg'),
      `global
  stats socket ${at('admin.sock')} mode 600 level admin
  hard-stop-after 1s
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  http-request return status 503 hdr x-walkback-freeze yes if { method POST PUT PATCH DELETE } { str(writes),map(${at('writes.map')}) -m str frozen }
  default_backend shop
backend shop
  server one ${shopAt()}
`,
    );
    await start(['haproxy', '-W', '-db', '-f', at('haproxy.cfg')]);
    return ['--haproxy', at('admin.sock'), '--file', at('writes.map')];
  },
  nginx: async (): Promise<readonly string[]> => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/orders`;
    writeFileSync(at('writes.conf'), '# may customers write?\nset $walkback_writes open;\n');
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${at(kind)};`)
      .join(' ');
    writeFileSync(
      at('nginx.conf'),
      `pid ${at('nginx.pid')};
error_log ${at('error.log')};
daemon off;
worker_processes 1;
worker_shutdown_timeout 1s;
events { worker_connections 64; }
http {
  access_log off;
  ${temp}
  server {
    listen 127.0.0.1:${port};
    location / {
      include ${at('writes.conf')};
      set $walkback_asked $walkback_writes$request_method;
      if ($walkback_asked ~ "^frozen(POST|PUT|PATCH|DELETE)$") { add_header x-walkback-freeze yes always; return 503; }
      proxy_pass http://${shopAt()};
    }
  }
}
`,
    );
    await start(['nginx', '-c', at('nginx.conf'), '-e', at('error.log')]);
    return ['--nginx', '--file', at('writes.conf'), '--main', at('nginx.conf')];
  },
} as const;

const call = (what: string, ...argv: readonly string[]) =>
  walkback({ PATH: process.env['PATH'] ?? '' }, 'freeze', 'proxy', what, ...argv);

describe.each(['haproxy', 'nginx'] as const)('%s', (kind) => {
  const file = (): string => at(kind === 'haproxy' ? 'writes.map' : 'writes.conf');

  test('refuses writes on an old and on a new connection, lets reads pass, and is given back to the byte', async () => {
    const words = await proxies[kind]();
    const before = readFileSync(file());
    const customer = openSession(url);
    expect(await customer.write()).toMatchObject({ what: 'passed' });

    expect(await call('on', ...words, '--write', url)).toMatchObject({ code: 0, warned: '' });

    const seen = written;
    expect(await customer.write()).toMatchObject({ what: 'refused' });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect((await fetch(url, { method })).headers.get('x-walkback-freeze')).toBe('yes');
    expect(written).toBe(seen);
    expect((await fetch(url)).status).toBe(200);
    expect(await call('state', ...words)).toMatchObject({ code: 0, out: 'frozen\n' });
    expect((await call('on', ...words, '--write', url)).code).toBe(0);

    expect(await call('off', ...words)).toMatchObject({ code: 0, out: 'open\n' });
    await until('a write passes again', async () => (await customer.write()).what === 'passed');
    expect(readFileSync(file())).toEqual(before);
    customer.close();
  });

  test('its fragment freezes in a session, proven on an old and a new connection, and gives back the exact file', async () => {
    const words = await proxies[kind]();
    const before = readFileSync(file());
    const base = openStage();
    const PATH = `${base.around.env['PATH'] ?? ''}:/usr/sbin`;
    const stage = { ...base, around: { ...base.around, env: { ...base.around.env, PATH } } };
    cpSync(shipped('steps'), at('steps'), { recursive: true });
    const given = JSON.stringify({ proxy: words, write: url });
    writeFileSync(at('book.yaml'), frozenBook(`steps/freeze_${kind}.yaml, with: ${given}`));
    const customer = openSession(url);
    expect((await customer.write()).what).toBe('passed');
    const seen: unknown[] = [];

    const run = await runThrough(stage, {
      file: at('book.yaml'),
      policy: lookingWhileFrozen(async () => {
        const reached = written;
        const fresh = await fetch(url, { method: 'POST' });
        const read = await fetch(url);
        seen.push([(await customer.write()).what, fresh.status, read.status, written - reached]);
      }),
    });

    expect(seen).toEqual([['refused', 503, 200, 0]]);
    expectEnd(stage, run, 'rolled_back');
    expect(run.view.obligations.map(({ title }) => title)).toEqual(['Writes are refused at the proxy']);
    expect(readFileSync(file())).toEqual(before);
    await until('a write passes again', async () => (await customer.write()).what === 'passed');
    customer.close();
    await stage.clear();
  });

  test('is not called frozen where a write gets through', async () => {
    const words = await proxies[kind]();
    // straight to the shop: what does not go through the proxy is not stopped by it
    const said = await call('on', ...words, '--write', `http://${shopAt()}/orders`, '--within', '300ms');
    expect(said).toMatchObject({ code: 3, out: expect.stringContaining('writes get through') });
    const dead = await call(
      'on',
      ...words,
      '--write',
      `http://127.0.0.1:${await freePort()}`,
      '--within',
      '300ms',
    );
    expect(dead).toMatchObject({ code: 30, out: expect.stringContaining('not proven') });
  });
});

test('HAProxy: a switch that was thrown by hand is drift, and a map that it does not know is refused', async () => {
  const words = await proxies.haproxy();
  writeFileSync(at('writes.map'), 'writes frozen\n');
  expect(await call('state', ...words)).toMatchObject({ code: 3, out: expect.stringContaining('drift') });
  expect(await call('off', ...words)).toMatchObject({ code: 0, out: 'open\n' });

  writeFileSync(at('other.map'), 'writes open\n');
  const other = await call('on', words[0] ?? '', words[1] ?? '', '--file', at('other.map'), '--write', url);
  expect(other.code).toBe(30);
  expect(readFileSync(at('other.map'), 'utf8')).toBe('writes open\n');
});
