import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDatabase } from '../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { chosen, expectEnd, openStage, runThrough, shipped, stepsOf } from './stage.ts';

let postgres: TestPostgres;
let server: Server;
let address = '';

beforeAll(async () => {
  postgres = await openPostgres();
  // monitoring that sees no trouble any more, and a chat that takes every message
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      const asked = new URLSearchParams(body);
      const [start = 0, end = 0, step = 1] = ['start', 'end', 'step'].map((key) => Number(asked.get(key)));
      const points = Math.floor((end - start) / step) + 1;
      const values = Array.from({ length: asked.has('start') ? points : 0 }, (_, at) => [
        start + at * step,
        '0',
      ]);
      const data = asked.has('start')
        ? { resultType: 'matrix', result: [{ metric: {}, values }] }
        : { resultType: 'vector', result: [{ metric: {}, value: [Date.now() / 1000, '0'] }] };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}, 120_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await postgres.stop();
});

/** The deploy tool of three services: a file each. */
const shipctl = `#!/bin/sh
cd "$HOME" || exit 1
case "$1 $2" in
  'whoami '*) echo staging ;;
  'version '*) cat "$2" ;;
  'deploy '*) echo "$3" > "$2" ;;
  'pause '*) echo all > paused ;;
  'resume '*) echo none > paused ;;
  'paused '*) cat paused ;;
  'hold '*) echo 7 > queued ;;
  'queued '*) cat queued ;;
  'drain '*) echo 0 > queued ;;
  'taken-twice '*) echo 0 ;;
  'try '*) [ "$(cat paused)" = none ] || exit 3 ;;
esac
`;

const named = (name: string, user = 'walker', password = 'k3yb0ard-c4t'): string => {
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  url.username = user;
  url.password = password;
  return url.href;
};

const run = (name: string, sql: string): Promise<void> =>
  withDatabase({ kind: 'postgres', env: { DATABASE_URL: named(name) } }, {}, (database) =>
    database.script(sql),
  );

const ask = (name: string, sql: string) =>
  withDatabase({ kind: 'postgres', env: { DATABASE_URL: named(name) } }, {}, (database) =>
    database.query(sql),
  );

async function fillDatabases(): Promise<void> {
  for (const name of ['orders', 'payments', 'search']) {
    await postgres.run(`create database ${name}`);
    await postgres.run(`create role ${name}_app login password 'app'`);
  }
  await run('orders', 'create table orders (id int primary key); insert into orders values (1), (2), (3)');
  await run(
    'payments',
    `create table payments (id int primary key, order_id int not null, refund int, split text);
     create table schema_migrations (version int primary key);
     insert into schema_migrations values (1), (2), (3);
     insert into payments values (1, 1), (2, 2), (3, 99)`,
  );
  await run('search', 'create table documents (id int primary key)');
  for (const name of ['orders', 'payments', 'search'])
    await run(
      name,
      `grant usage on schema public to ${name}_app; grant select, insert, update, delete on all tables in schema public to ${name}_app`,
    );
}

test(
  'three services on real databases go back together, and the database has seen the token of the lock',
  { timeout: 240_000 },
  async () => {
    await fillDatabases();
    const stage = openStage();
    const folder = path.join(stage.folder, 'runbooks');
    const bin = path.join(stage.folder, 'bin');
    cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
    mkdirSync(path.join(folder, 'payments/migrations'), { recursive: true });
    mkdirSync(bin);
    const text = ['orders', 'payments', 'search'].reduce(
      (now, name) => now.replace(`postgres://${name}@db.staging/${name}`, named(name)),
      readFileSync(shipped('multi_service.yaml'), 'utf8'),
    );
    writeFileSync(
      path.join(folder, 'multi_service.yaml'),
      text
        .replace('http://prometheus.staging:9090', address)
        .replace('every: 5s, within: 2m, stable: 3', 'every: 200ms, within: 2m, stable: 3')
        .replaceAll('settle: 1m', 'settle: 0s')
        .replaceAll('current: 5m', 'current: 4s\n              every: 100ms')
        .replaceAll('start-25h..start-24h', 'start-20s..start')
        .replace('http://chat.staging/hooks/rollbacks', address),
    );
    for (const [name, down] of [
      ['001_init', 'drop table payments;'],
      ['002_refunds', 'alter table payments drop column refund;'],
      ['003_splits', 'alter table payments drop column split;'],
    ] as const)
      writeFileSync(path.join(folder, 'payments/migrations', `${name}.down.sql`), `${down}\n`);
    writeFileSync(path.join(bin, 'shipctl'), shipctl);
    chmodSync(path.join(bin, 'shipctl'), 0o755);
    for (const [name, version] of [
      ['orders', '2.0.0'],
      ['payments', '5.0.0'],
      ['search', '3.0.0'],
      ['paused', 'none'],
    ] as const)
      writeFileSync(path.join(stage.home, name), `${version}\n`);
    const around = {
      ...stage.around,
      env: {
        ...stage.around.env,
        PATH: `${bin}:${stage.around.env['PATH'] ?? ''}`,
        ORDERS_APP_URL: named('orders', 'orders_app', 'app'),
        PAYMENTS_APP_URL: named('payments', 'payments_app', 'app'),
        SEARCH_APP_URL: named('search', 'search_app', 'app'),
      },
    };

    const ran = await runThrough(
      { ...stage, around },
      {
        file: path.join(folder, 'multi_service.yaml'),
        environment: 'staging',
        mode: 'LIVE',
        given: { orders_to: '1.9.3', payments_to: '4.1.0', search_to: '2.7.1' },
        policy: chosen('who', 'all', 'payments are missing'),
      },
    );

    expectEnd(stage, ran, 'rolled_back', ['The partners have to say that they have heard of it']);
    expect(stepsOf(ran)).not.toContain('repair'); // the payment of order 99 pointed at nothing before
    const at = (name: string) => readFileSync(path.join(stage.home, name), 'utf8').trim();
    expect(['orders', 'payments', 'search', 'paused'].map(at)).toEqual(['1.9.3', '4.1.0', '2.7.1', 'none']);
    expect(await ask('payments', 'select max(version) as v from schema_migrations')).toEqual([{ v: 2 }]);
    expect(
      await ask(
        'orders',
        'select token, until_ms <= (extract(epoch from clock_timestamp()) * 1000)::bigint as free from walkback_lease',
      ),
    ).toEqual([{ token: 1, free: true }]);
    await withDatabase(
      { kind: 'postgres', env: { DATABASE_URL: named('payments', 'payments_app', 'app') } },
      {},
      (database) => database.change('insert into payments values (4, 3)'),
    );
    await stage.clear();
  },
);
