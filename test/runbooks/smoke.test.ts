import Database from 'better-sqlite3';
import { writeFileSync } from 'node:fs';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { eventsOf } from '../../src/report/story.ts';
import { expectEnd, openStage, runThrough, type Run, type Stage } from './stage.ts';

/** Three instances of a shop behind a round-robin proxy, all real, over one database file. */
interface Shop {
  readonly proxy: string;
  readonly instances: readonly { readonly name: string; readonly url: string }[];
  /** The instance whose checkout is broken, or null. */
  broken: string | null;
  readonly rows: (tag: string) => number;
  readonly close: () => Promise<void>;
}

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return `http://127.0.0.1:${address.port}`;
}

async function openShop(folder: string): Promise<Shop> {
  const database = new Database(path.join(folder, 'shop.db'));
  database.pragma('journal_mode = WAL');
  database.exec('create table orders (id integer primary key, tag text not null)');
  const state: Pick<Shop, 'broken'> = { broken: null };
  const instance =
    (name: string): RequestListener =>
    (asked, answer) => {
      const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://shop');
      const tag = searchParams.get('tag') ?? '';
      if (pathname === '/version') return answer.end(JSON.stringify({ version: '1.9.3' }));
      if (pathname === '/checkout' && name === state.broken) {
        answer.statusCode = 500;
        return answer.end('no payment');
      }
      if (pathname === '/checkout') return answer.end('ok');
      if (asked.method === 'POST') database.prepare('insert into orders (tag) values (?)').run(tag);
      if (asked.method === 'DELETE') database.prepare('delete from orders where tag = ?').run(tag);
      return answer.end(
        String(database.prepare('select count(*) from orders where tag = ?').pluck().get(tag)),
      );
    };
  const instances = await Promise.all(
    ['shop1', 'shop2', 'shop3'].map(async (name) => ({ name, url: await serve(instance(name)) })),
  );
  let turn = 0;
  const proxy = await serve((asked, answer) => {
    const to = instances[(turn += 1) % instances.length]?.url ?? '';
    asked.pipe(
      request(`${to}${asked.url ?? ''}`, { method: asked.method, headers: asked.headers }, (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      }),
    );
  });
  return Object.assign(state, {
    proxy,
    instances,
    rows: (tag: string) =>
      Number(database.prepare('select count(*) from orders where tag = ?').pluck().get(tag)),
    close: async () => {
      database.close();
    },
  });
}

/** Writes an order and reads it back; the step itself takes it away again. */
const journey = `const [, , url, tag] = process.argv;
const orders = \`\${url}/orders?tag=\${tag}\`;
const before = Number(await (await fetch(orders)).text());
const after = Number(await (await fetch(orders, { method: 'POST' })).text());
process.exit(after === before + 1 ? 0 : 1);
`;

const book = ({ proxy, instances }: Shop, folder: string): string => `walkback: 1
id: shop
title: Prove the shop
service: shop
objective: 5m
connections: { orders: { sqlite: ${path.join(folder, 'shop.db')} } }
scope:
  instances: { from: { run: [echo, '${JSON.stringify(instances)}'], json: $ } }
phases:
  - id: validate
    title: Validate
    steps:
      - { id: first, decide: Prove it?, options: [{ id: on, title: On, reversible: seconds }, { id: off, title: Off, end: not_needed }], recommend: "'on'" }
      - id: smoke
        smoke:
          - { id: version, http: "\${{ via.url }}/version", json: $.version, expect: { equals: 1.9.3 } }
          - { id: checkout, http: "\${{ via.url }}/checkout", expect: { status: 200 } }
          - { id: order, run: [node, ${path.join(folder, 'journey.mjs')}, "\${{ via.url }}", "\${{ session.id }}"], through: [proxy], writes: true }
        via: { proxy: "${proxy}", each_instance: "\${{ scope.instances }}" }
        every: 50ms
        opens:
          id: test_data
          title: Orders that the smoke test wrote
          release: { run: [node, -e, "await fetch(process.argv[1], { method: 'DELETE' })", "${proxy}/orders?tag=\${{ session.id }}"] }
          proof: { sql: orders, query: "select count(*) from orders where tag = '\${{ session.id }}'", expect: { equals: 0 } }
        on: { fail: not_good }
      - { id: clean_up, release: [test_data] }
      - { id: done, end: rolled_back }
  - id: not_good
    title: It does not work
    off_path: true
    steps:
      - { id: clean_up_first, release: [test_data] }
      - { id: gone, end: not_possible }
`;

let stage: Stage;
let shop: Shop;
beforeEach(async () => {
  stage = openStage();
  shop = await openShop(stage.folder);
  writeFileSync(path.join(stage.folder, 'journey.mjs'), journey);
  writeFileSync(path.join(stage.folder, 'book.yaml'), book(shop, stage.folder));
});
afterEach(async () => {
  await shop.close();
  await stage.clear();
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const run = (): Promise<Run> =>
  runThrough(stage, { file: path.join(stage.folder, 'book.yaml'), mode: 'LIVE' });

test('R6.1: one of three instances fails /checkout: it fails by itself although two of three proxied calls pass', async () => {
  shop.broken = 'shop2';
  const ended = await run();

  expectEnd(stage, ended, 'not_possible');
  const ran = eventsOf(ended.facts, 'smoke.ran').find(({ fact }) => fact.final);
  const checkouts = (ran?.fact.cells ?? []).filter(({ test: name }) => name === 'checkout');
  expect(
    checkouts.map(({ name, runs, result }) => [name, runs.filter((one) => one === 'pass').length, result]),
  ).toEqual([
    ['proxy', 2, 'fail'],
    ['shop1', 3, 'pass'],
    ['shop2', 0, 'fail'],
    ['shop3', 3, 'pass'],
  ]);
  const versions = (ran?.fact.cells ?? []).filter(({ test: name }) => name === 'version');
  expect(versions.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass', 'pass']);

  const markdown = postmortemMarkdown({
    session: { id: ended.session, outcome: 'not_possible' },
    events: ended.facts,
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback',
  });
  expect(markdown).toMatch(/\| smoke \| shop2 \| checkout \| fail \| 0 of 3 \| .*500/);
  expect(markdown).toMatch(/\| smoke \| shop3 \| checkout \| pass \| 3 of 3 \|/);
});

test('R6.1: the journey writes and reads back, and the clean-up leaves 0 tagged rows', async () => {
  const ended = await run();

  expectEnd(stage, ended, 'rolled_back');
  const ran = eventsOf(ended.facts, 'smoke.ran').find(({ fact }) => fact.final);
  expect(ran?.fact.cells.find(({ test: name }) => name === 'order')).toMatchObject({
    result: 'pass',
    times: 3,
  });
  expect(shop.rows(ended.session)).toBe(0);
});
