import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  armFault,
  disarmFault,
  sandboxDown,
  sandboxRestore,
  sandboxSnapshot,
  type Sandbox,
} from '../../src/sandbox/sandbox.ts';
import { faultIds, type FaultId } from '../../src/sandbox/platform/faults.ts';
import {
  checkoutErrors,
  deployAll,
  freezeAndTransform,
  instances,
  measure,
  must,
  shopctl,
  startSandbox,
  waitUntil,
} from './support.ts';

// Many real processes on few cores: the limits are for a machine that is busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ clients: 12 });
  // Rows that only the new release understands, so that every rollback below has something to transform.
  await waitUntil(
    'newer rows',
    () => shopctl(sandbox, 'detect'),
    ({ exit, out }) => exit === 3 && !out.startsWith('0 partially'),
  );
  await sandboxSnapshot(sandbox);
});

afterAll(() => sandboxDown(sandbox));

beforeEach(() => sandboxRestore(sandbox));

const arm = (fault: FaultId): Promise<unknown> =>
  armFault({ folder: sandbox.folder, fault, seed: 5, afterMs: 0 });
const errorShare = (): Promise<number | null> => measure(sandbox, checkoutErrors);
const above = (limit: number) => (share: number | null) => share !== null && share > limit;

async function giveBack(): Promise<void> {
  await must(sandbox, 'thaw');
  await must(sandbox, 'jobs', 'resume');
}

test('F01: the application before the schema is the wrong order, and the shop says so', async () => {
  await arm('F01');
  const early = await shopctl(sandbox, 'deploy', 'shop1', '1.9.3');
  expect(early).toMatchObject({
    exit: 3,
    err: 'shop1 started on 1.9.3 but is not healthy: the schema is at 5 and 1.9.3 reads 2 to 3',
  });
  expect(await shopctl(sandbox, 'smoke', '--instance', 'shop1', '--read-only')).toMatchObject({ exit: 3 });
  expect(await shopctl(sandbox, 'census', '--expect', '1.9.3')).toMatchObject({
    exit: 3,
    out: '1/4 on 1.9.3',
  });

  // Without the transform the data itself refuses the way down.
  await must(sandbox, 'freeze');
  const refused = await shopctl(sandbox, 'schema', 'down', '--to', '2');
  expect(refused).toMatchObject({ exit: 3, err: expect.stringContaining('CHECK constraint failed') });
  expect(await must(sandbox, 'schema', 'version')).toBe('5');
});

test('F08: a report holds a lock, the second migration down fails, and ending its session lets it through', async () => {
  await arm('F08');
  await waitUntil('errors', errorShare, above(0.02));
  await freezeAndTransform(sandbox);
  const half = await shopctl(sandbox, 'schema', 'down', '--to', '2');
  expect(half).toMatchObject({
    exit: 3,
    out: 'reverted 005_partial_refunds_and_coupons\nreverted 1 migrations, the schema is at 4',
    err: '004_split_customer_name failed: database is locked',
  });
  expect(await must(sandbox, 'schema', 'version')).toBe('4');
  await must(sandbox, 'schema', 'verify');
  expect(await shopctl(sandbox, 'deploy', 'shop1', '1.9.3')).toMatchObject({ exit: 3 }); // neither release reads the schema in between
  expect(await shopctl(sandbox, 'deploy', 'shop1', '2.0.0')).toMatchObject({ exit: 3 });

  const list = JSON.parse(await must(sandbox, 'sessions', 'list', '--json')) as readonly {
    readonly id: string;
    readonly client: string;
  }[];
  const report = list.find(({ client }) => client === 'monthly-report');
  await must(sandbox, 'sessions', 'terminate', report?.id ?? '');
  expect(await must(sandbox, 'schema', 'down', '--to', '2')).toContain('the schema is at 2');
  await deployAll(sandbox, '1.9.3');
  await giveBack();
  await must(sandbox, 'smoke');
  expect(await shopctl(sandbox, 'sessions', 'terminate', report?.id ?? '')).toMatchObject({ exit: 3 });
});

test('F11: one deploy is a lie: the smoke through the proxy passes, the census does not', async () => {
  await arm('F11');
  await freezeAndTransform(sandbox);
  await must(sandbox, 'schema', 'down', '--to', '2');
  await deployAll(sandbox, '1.9.3');
  await giveBack();
  await waitUntil(
    'the smoke through the proxy',
    () => shopctl(sandbox, 'smoke'),
    ({ exit }) => exit === 0,
  );

  const census = await shopctl(sandbox, 'census', '--expect', '1.9.3');
  expect(census).toMatchObject({
    exit: 3,
    out: '3/4 on 1.9.3',
    err: expect.stringMatching(/^shop[1-4]: 2\.0\.0$/),
  });
  const stale = census.err.slice(0, 5);
  expect(await must(sandbox, 'deploy', stale, '1.9.3')).toBe(`${stale} already has 1.9.3`); // the plain way does not help
  expect(await shopctl(sandbox, 'census', '--expect', '1.9.3')).toMatchObject({ exit: 3 });
  await must(sandbox, 'restart', stale);
  expect(await must(sandbox, 'census', '--expect', '1.9.3')).toBe('4/4 on 1.9.3');
  await waitUntil(
    'four healthy instances',
    () => measure(sandbox, 'sum(proxy_upstream_healthy)'),
    (count) => count === 4,
  );
});

test('F13: a freeze leaks through a connection that was open before, until its session is ended', async () => {
  await arm('F13');
  await must(sandbox, 'freeze');
  expect(await must(sandbox, 'freeze-state')).toBe('frozen'); // what was set; not what holds
  expect(await shopctl(sandbox, 'write-probe', '--through', 'proxy')).toMatchObject({ exit: 3 });
  expect(await shopctl(sandbox, 'write-probe', '--through', 'direct')).toMatchObject({ exit: 3 });
  const leak = await shopctl(sandbox, 'write-probe', '--through', 'existing');
  expect(leak.exit).toBe(0);
  expect(leak.out.match(/^accepted/gm)).toHaveLength(1);
  const before = Number(await must(sandbox, 'orders', 'count'));
  await waitUntil(
    'another sale into the freeze',
    () => must(sandbox, 'orders', 'count'),
    (count) => Number(count) > before,
  );

  const open = JSON.parse(await must(sandbox, 'sessions', 'list', '--writable', '--json')) as readonly {
    readonly id: string;
    readonly client: string;
    readonly on: string;
  }[];
  const leaking = new Set(open.map(({ on }) => on));
  expect(leaking.size).toBe(1);
  expect(open.map(({ client }) => client)).toContain('till-7');
  await must(sandbox, 'sessions', 'terminate', '--instance', [...leaking][0] ?? '');
  expect(await shopctl(sandbox, 'write-probe')).toMatchObject({ exit: 3 });
  expect(await must(sandbox, 'sessions', 'list', '--writable')).toBe('');

  const frozen = await must(sandbox, 'orders', 'count');
  const refused = (await measure(sandbox, 'till_sales_total{result="refused"}')) ?? 0;
  await waitUntil(
    'refused sales',
    () => measure(sandbox, 'till_sales_total{result="refused"}'),
    (count) => (count ?? 0) >= refused + 2,
  );
  expect(await must(sandbox, 'orders', 'count')).toBe(frozen);
  await must(sandbox, 'thaw');
  await waitUntil(
    'a sale after the thaw',
    () => must(sandbox, 'orders', 'count'),
    (count) => count !== frozen,
  );
});

test('nothing that the operator can see carries the name of a fault', async () => {
  await arm('F13');
  const seen = [
    await must(sandbox, 'help'),
    await must(sandbox, 'instances', '--json'),
    await must(sandbox, 'sessions', 'list', '--json'),
    await must(sandbox, 'ci', 'state', '--json'),
    await must(sandbox, 'dump-threads'),
    readFileSync(path.join(sandbox.folder, 'sandbox.json'), 'utf8'),
    ...(await processTexts()),
  ];
  for (const text of seen) expect(text).not.toMatch(/F13|leak|fault/i);
});

/** Arguments and environment of every process that serves the shop. */
async function processTexts(): Promise<readonly string[]> {
  const threads = JSON.parse(await must(sandbox, 'dump-threads')) as readonly { readonly pid: number }[];
  return [sandbox.pid, ...threads.map(({ pid }) => pid)].flatMap((pid) =>
    ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')),
  );
}

test('every fault can be armed and disarmed, and leaves the shop as it was', async () => {
  for (const fault of faultIds) {
    await arm(fault);
    await disarmFault(sandbox);
    expect(await must(sandbox, 'sessions', 'list'), fault).not.toContain('monthly-report');
    expect(await must(sandbox, 'census', '--expect', '2.0.0'), fault).toBe('4/4 on 2.0.0');
  }
  await must(sandbox, 'deploy', 'shop1', '2.0.0', '--force');
  await must(sandbox, 'smoke');
});

test('a disarmed fault is gone without any way back', async () => {
  await arm('F01');
  await waitUntil('errors', errorShare, above(0.02));
  await disarmFault(sandbox);
  await waitUntil('no more errors', errorShare, (share) => share === 0);
});

test('an armed fault waits for its seeded moment, which is the same for the same seed', async () => {
  const first = await armFault({ folder: sandbox.folder, fault: 'F01', seed: 11 });
  await disarmFault(sandbox);
  const second = await armFault({ folder: sandbox.folder, fault: 'F01', seed: 11 });
  await disarmFault(sandbox);
  expect(second).toEqual(first);
  expect(first.afterMs).toBeGreaterThanOrEqual(1_000);
  expect(first.afterMs).toBeLessThanOrEqual(4_000);
  expect(instances).toHaveLength(4);
});
