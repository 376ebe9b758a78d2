import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { sandboxDown, sandboxRestore, sandboxSnapshot, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { measure, must, readObject, shopctl, startSandbox, waitUntil } from './support.ts';

// Many real processes on few cores: the limits are for a machine that is busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ clients: 8 });
  await sandboxSnapshot(sandbox);
});

afterAll(() => sandboxDown(sandbox));

beforeEach(() => sandboxRestore(sandbox));

const get = async (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly servedBy: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}> => {
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    servedBy: response.headers.get('x-served-by'),
    body: readObject(await response.text()),
  };
};

function onDatabase<T>(work: (database: Database.Database) => T): T {
  const database = new Database(path.join(sandbox.values.data, 'shop.db'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

test('the proxy spreads twenty requests over every instance, and one header asks for one of them', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(`${sandbox.values.proxy}/version`)));
  expect(new Set(answers.map(({ body }) => body['version']))).toEqual(new Set(['2.0.0']));
  expect(new Set(answers.map(({ servedBy }) => servedBy))).toEqual(
    new Set(['shop1', 'shop2', 'shop3', 'shop4']),
  );
  expect(await get(`${sandbox.values.proxy}/version`, { 'x-shop-instance': 'shop3' })).toMatchObject({
    servedBy: 'shop3',
    body: { instance: 'shop3' },
  });
  expect((await get(`${sandbox.values.proxy}/version`, { 'x-shop-instance': 'shop9' })).status).toBe(404);
});

test('a weight set in the running proxy drifts from the file until it is saved, and a reload takes it back', async () => {
  await must(sandbox, 'weights', 'set', 'shop1=0', 'shop2=0');
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(`${sandbox.values.proxy}/version`)));
  expect(new Set(answers.map(({ servedBy }) => servedBy))).toEqual(new Set(['shop3', 'shop4']));
  expect(await shopctl(sandbox, 'weights', 'diff')).toMatchObject({
    exit: 3,
    out: expect.stringContaining('runtime: shop1=0 shop2=0'),
  });
  await must(sandbox, 'weights', 'reload');
  expect(await must(sandbox, 'weights', 'get')).toBe('shop1=25 shop2=25 shop3=25 shop4=25');
  await must(sandbox, 'weights', 'set', 'shop1=0');
  await must(sandbox, 'weights', 'save');
  expect(await must(sandbox, 'weights', 'diff')).toContain('shop1=0');
  expect(await shopctl(sandbox, 'weights', 'set', 'shop1=0', 'shop2=0', 'shop3=0', 'shop4=0')).toMatchObject({
    exit: 3,
    err: 'this would leave no instance with traffic',
  });
  expect(await shopctl(sandbox, 'weights', 'set', 'shop1=much')).toMatchObject({ exit: 2 });
});

test('an instance that is stopped gets no traffic and comes back with a restart', async () => {
  await must(sandbox, 'stop', 'shop2');
  await waitUntil(
    'the proxy to see it',
    () => measure(sandbox, 'sum(proxy_upstream_healthy)'),
    (count) => count === 3,
  );
  await waitUntil(
    'the target to be down',
    () => measure(sandbox, 'up{instance="shop2"}'),
    (up) => up === 0,
  );
  expect(await shopctl(sandbox, 'census', '--expect', '2.0.0')).toMatchObject({
    exit: 3,
    out: '3/4 on 2.0.0',
    err: 'shop2: no answer',
  });
  expect(await shopctl(sandbox, 'write-probe', '--through', 'direct')).toMatchObject({ exit: 0 });
  await must(sandbox, 'restart', 'shop2');
  expect(await must(sandbox, 'census', '--expect', '2.0.0')).toBe('4/4 on 2.0.0');
});

test('a healthy freeze holds on every path, for new and for existing sessions, and a thaw ends it', async () => {
  await must(sandbox, 'jobs', 'pause');
  await must(sandbox, 'freeze', '--mode', '405');
  expect(await must(sandbox, 'freeze-state')).toBe('frozen');
  for (const way of ['proxy', 'direct', 'existing'])
    expect(await shopctl(sandbox, 'write-probe', '--through', way)).toMatchObject({ exit: 3 });
  expect((await shopctl(sandbox, 'write-probe', '--through', 'proxy')).out).toContain('405');
  const quiet = onDatabase((database) =>
    database.prepare('select (select count(*) from orders) || (select count(*) from carts)').pluck().get(),
  );
  const refused = (await measure(sandbox, 'journey_total{result="refused"}')) ?? 0;
  await waitUntil(
    'customers to be refused',
    () => measure(sandbox, 'journey_total{result="refused"}'),
    (count) => (count ?? 0) > refused + 3,
  );
  expect(
    onDatabase((database) =>
      database.prepare('select (select count(*) from orders) || (select count(*) from carts)').pluck().get(),
    ),
  ).toBe(quiet);
  await must(sandbox, 'smoke', '--read-only');

  await must(sandbox, 'restart', 'shop1'); // a new process is born frozen
  expect(await shopctl(sandbox, 'write-probe')).toMatchObject({ exit: 3 });
  await must(sandbox, 'stop', 'shop4'); // silence is no refusal
  expect(await shopctl(sandbox, 'write-probe')).toMatchObject({ exit: 4 });
  await must(sandbox, 'restart', 'shop4');
  await must(sandbox, 'thaw');
  expect(await must(sandbox, 'freeze-state')).toBe('open');
  expect(await shopctl(sandbox, 'write-probe')).toMatchObject({ exit: 0 });
});

test('a row of the new release breaks the page of the previous one', async () => {
  await must(sandbox, 'freeze');
  await must(sandbox, 'transform');
  await must(sandbox, 'schema', 'down', '--to', '2');
  // Smuggled past the CHECK, as a restore from the wrong dump would.
  onDatabase((database) =>
    database.exec(
      `pragma ignore_check_constraints = on; update orders set status = 'partially_refunded' where id = 300`,
    ),
  );
  await must(sandbox, 'deploy', 'shop1', '1.9.3');
  const page = await get(`${sandbox.values.proxy}/orders/300`, { 'x-shop-instance': 'shop1' });
  expect(page).toMatchObject({
    status: 500,
    body: { error: 'order 300 has the status partially_refunded, which 1.9.3 does not know' },
  });
});

test('a paused pipeline refuses a deploy and keeps a push, and deploys its head when it goes on', async () => {
  expect(await must(sandbox, 'ci', 'try')).toBe('a test deploy would run');
  await must(sandbox, 'ci', 'pause');
  expect(await must(sandbox, 'ci', 'state')).toBe('paused');
  expect(await shopctl(sandbox, 'ci', 'try')).toMatchObject({ exit: 3, err: 'the pipeline is paused' });
  const sha = (await must(sandbox, 'ci', 'push', 'Mend a label')).replace('pushed ', '');
  expect(readObject(await must(sandbox, 'ci', 'state', '--json'))).toMatchObject({
    state: 'paused',
    queue: [sha],
    inFlight: null,
    history: [],
  });
  expect(await must(sandbox, 'ci', 'head')).toBe('2.0.0');

  await must(sandbox, 'ci', 'resume');
  const done = await waitUntil(
    'the deploy',
    async () => readObject(await must(sandbox, 'ci', 'state', '--json')),
    ({ history }) => Array.isArray(history) && history.length === 1,
  );
  expect(done['history']).toMatchObject([{ sha, version: '2.0.0', attempt: 1, result: 'deployed' }]);
});

test('a pipeline that goes on with the bad change at its head deploys it again, and a revert ends that', async () => {
  await must(sandbox, 'freeze');
  await must(sandbox, 'transform');
  await must(sandbox, 'schema', 'down', '--to', '2');
  for (const name of ['shop1', 'shop2', 'shop3', 'shop4']) await must(sandbox, 'deploy', name, '1.9.3');
  await must(sandbox, 'ci', 'push', 'Something else');
  // On this schema 2.0.0 is not healthy: the pipeline tries three times and gives up.
  const failed = await waitUntil(
    'three attempts',
    async () => readObject(await must(sandbox, 'ci', 'state', '--json')),
    ({ history }) => Array.isArray(history) && history.length === 3,
  );
  expect(failed['history']).toMatchObject([
    { version: '2.0.0', attempt: 1, result: 'failed' },
    { attempt: 2 },
    { attempt: 3 },
  ]);
  expect(await shopctl(sandbox, 'census', '--expect', '1.9.3')).toMatchObject({ exit: 3 });

  await must(sandbox, 'ci', 'revert');
  expect(await must(sandbox, 'ci', 'head')).toBe('1.9.3');
  await waitUntil(
    'the good release everywhere',
    () => shopctl(sandbox, 'census', '--expect', '1.9.3'),
    ({ exit }) => exit === 0,
  );
});

test('the events tell of the release, and of a migration that only goes one way', async () => {
  const told = async (): Promise<readonly unknown[]> =>
    (JSON.parse(await must(sandbox, 'events', '--json')) as readonly { readonly event: string }[]).map(
      ({ event }) => event,
    );
  expect(await told()).toEqual(['release.finished']);
  await must(sandbox, 'schema', 'up', '--to', '6');
  expect(await told()).toEqual(['release.finished', 'contract_migration']);
  expect(await must(sandbox, 'events')).toContain('contract_migration  contract_receipts');
});

test('paused jobs do not run and are logged as missed, and their heartbeat tells', async () => {
  await waitUntil(
    'a first run',
    () => shopctl(sandbox, 'jobs', 'heartbeat'),
    ({ exit }) => exit === 0,
  );
  await must(sandbox, 'jobs', 'pause', 'stock_sync');
  expect(await must(sandbox, 'jobs', 'state')).toBe('partly paused');
  expect(await must(sandbox, 'jobs', 'state', 'stock_sync')).toBe('paused');
  expect(await shopctl(sandbox, 'jobs', 'heartbeat', 'stock_sync')).toMatchObject({ exit: 3 });
  const missedFile = path.join(sandbox.folder, 'jobs', 'missed.jsonl');
  await waitUntil(
    'a missed run',
    () => Promise.resolve(existsSync(missedFile)),
    (there) => there,
  );
  expect(readFileSync(missedFile, 'utf8')).toContain('"job":"stock_sync","why":"paused"');
  await waitUntil(
    'its count',
    () => measure(sandbox, 'job_missed_total{name="stock_sync"}'),
    (missed) => (missed ?? 0) >= 1,
  );
  await must(sandbox, 'jobs', 'resume');
  await waitUntil(
    'the heartbeat',
    () => shopctl(sandbox, 'jobs', 'heartbeat', 'stock_sync'),
    ({ exit }) => exit === 0,
  );
  expect(await shopctl(sandbox, 'jobs', 'pause', 'none')).toMatchObject({ exit: 3 });
});

test('a flag reaches the instances after the time that they believe the last answer', async () => {
  const off = (): Promise<number | null> =>
    measure(sandbox, 'sum(increase(shop_flag_exposures_total{flag="new_coupons",value="off"}[2m]))');
  expect(await must(sandbox, 'flags', 'get', 'new_coupons')).toBe('on');
  await must(sandbox, 'flags', 'set', 'new_coupons', 'off');
  expect(await must(sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
  await waitUntil('exposures of the new value', off, (count) => (count ?? 0) > 0);
  expect(await shopctl(sandbox, 'flags', 'get', 'none')).toMatchObject({ exit: 3 });
});

test('a message lands in the chat with the time of the domain', async () => {
  await must(sandbox, 'say', 'Rolling back');
  await fetch(sandbox.values.chat, { method: 'POST', body: JSON.stringify({ text: 'Still rolling' }) });
  expect((await get(sandbox.values.chat)).body['messages']).toMatchObject([
    { from: 'shopctl', text: 'Rolling back' },
    { from: 'webhook', text: 'Still rolling' },
  ]);
});

test('the incident desk keeps what it is told, and answers with the state that was set last', async () => {
  await must(sandbox, 'incident', 'note', 'deciding whether to go back');
  await must(sandbox, 'incident', 'set', 'resolved', '--severity', 'SEV3', '--commander', 'linus');
  expect(readObject(await must(sandbox, 'incident', 'show', '--json'))).toEqual({
    id: await must(sandbox, 'incident', 'id'),
    state: 'resolved',
    severity: 'SEV3',
    commander: 'linus',
  });
  expect(await must(sandbox, 'incident', 'show')).toContain('deciding whether to go back');

  await sandboxRestore(sandbox);
  expect(await must(sandbox, 'incident', 'show')).toBe('INC-1042 SEV2 investigating, led by eva');
});

test('a restore brings back data, releases, weights, flags, freeze and time', async () => {
  const clock = async (): Promise<number> => Date.parse(await must(sandbox, 'clock'));
  const start = await clock();
  await must(sandbox, 'freeze');
  await must(sandbox, 'transform');
  await must(sandbox, 'schema', 'down', '--to', '2');
  await must(sandbox, 'deploy', 'shop1', '1.9.3');
  await must(sandbox, 'weights', 'set', 'shop4=0');
  await must(sandbox, 'weights', 'save');
  await must(sandbox, 'flags', 'set', 'new_coupons', 'off');
  await must(sandbox, 'ci', 'pause');
  await must(sandbox, 'silence', 'all', '1h');
  await waitUntil('time to pass', clock, (now) => now > start + 120_000);

  const before = performance.now();
  await sandboxRestore(sandbox);
  console.log(`restored in ${Math.round(performance.now() - before)} ms`);
  expect(await clock()).toBeLessThan(start + 120_000);
  expect(await must(sandbox, 'census', '--expect', '2.0.0')).toBe('4/4 on 2.0.0');
  expect(await must(sandbox, 'schema', 'version')).toBe('5');
  expect(await must(sandbox, 'weights', 'diff')).toBe(
    'runtime and file: shop1=25 shop2=25 shop3=25 shop4=25',
  );
  expect(await must(sandbox, 'flags', 'get', 'new_coupons')).toBe('on');
  expect(await must(sandbox, 'freeze-state')).toBe('open');
  expect(await must(sandbox, 'ci', 'state')).toBe('running');
  expect(await must(sandbox, 'silences')).toBe('no silence is active');
  await must(sandbox, 'smoke');
});

test('every wrong use of shopctl has its exit code', async () => {
  const uses = [
    [[], 2],
    [['help'], 0],
    [['fly'], 2],
    [['deploy'], 2],
    [['deploy', 'shop9', '1.9.3'], 3],
    [['deploy', 'shop1', '3.0.0'], 3],
    [['schema', 'down'], 2],
    [['schema', 'down', '--to', '6'], 2],
    [['schema-of', '3.0.0'], 3],
    [['write-probe', '--through', 'wall'], 2],
    [['sessions', 'terminate', 'shop1/999'], 3],
    [['silence', 'CheckoutErrors', 'long'], 2],
    [['silence-expire', 'none'], 3],
    [['schema-of', '2.0.0'], 0],
  ] as const;
  const exits: unknown[] = [];
  for (const [args] of uses) exits.push([args, (await shopctl(sandbox, ...args)).exit]);
  expect(exits).toEqual(uses);
});
