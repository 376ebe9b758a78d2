import { chmodSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { post, webhookOf } from './alertmanager-webhook.ts';
import { watchedRunbook } from './fake-monitoring.ts';
import { openMachine, until } from './walkback.ts';
import type { Machine, Running } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;

beforeEach(async () => {
  machine = await openMachine();
  machine.file('runbooks/shop.yaml', watchedRunbook('http://127.0.0.1:1'));
}, 180_000);
afterEach(() => machine.remove());

interface Watching {
  readonly running: Running;
  readonly url: string;
  readonly record: string;
  readonly events: () => readonly Readonly<Record<string, unknown>>[];
}

async function startWatch(...args: readonly string[]): Promise<Watching> {
  const running = machine.start(['watch', '--listen', '127.0.0.1:0', '--json', ...args]);
  const events = () =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  let ended = false;
  void running.ended.then(() => (ended = true));
  await until(() => ended || events().length > 0, 'the watch to listen');
  const [first] = events();
  if (first === undefined) throw new Error((await running.ended).stderr);
  return { running, url: String(first['url']), record: String(first['record']), events };
}

async function stop({ running }: Watching): Promise<number> {
  running.child.kill('SIGTERM');
  return (await running.ended).code;
}

interface Listed {
  readonly id: string;
  readonly proposes: string;
  readonly because: string;
  readonly environment: string;
  readonly signals: number;
  readonly decided: { readonly decision: string; readonly reason: string; readonly session: string } | null;
}

async function proposals(...args: readonly string[]): Promise<readonly Listed[]> {
  const { stdout } = await machine.walkback(['proposals', '--json', ...args]);
  return (JSON.parse(stdout) as { readonly proposals: readonly Listed[] }).proposals;
}

const rowsOf = (record: string): readonly string[] =>
  (
    machine.sql(`SELECT type FROM event WHERE session = '${record}' ORDER BY seq`) as readonly {
      readonly type: string;
    }[]
  ).map(({ type }) => type);

const shop = { service: 'shop' };

test(
  'three repeats stay one proposal, which says since when and how often, and nothing is started',
  slow,
  async () => {
    const watching = await startWatch();
    for (let n = 0; n < 3; n += 1) {
      const { status } = await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
      expect(status).toBe(200);
    }
    const [one, ...others] = await proposals();
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      proposes: 'shop_rollback',
      because: 'HighErrors firing since 18:02 UTC, 3 signals',
      environment: 'staging',
      signals: 3,
      decided: null,
    });
    expect(rowsOf(one?.id ?? '')).toEqual([
      'proposal.opened',
      'signal.received',
      'signal.received',
      'signal.received',
    ]);
    const bodies = machine.sql(
      `SELECT body FROM event WHERE type = 'signal.received' ORDER BY seq`,
    ) as readonly { readonly body: string }[];
    const signals = bodies.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(signals.map(({ repeat }) => repeat)).toEqual([false, true, true]);
    expect(new Set(signals.map(({ dedupeKey }) => dedupeKey)).size).toBe(1);
    expect(signals.every(({ rawHash }) => /^[0-9a-f]{64}$/.test(String(rawHash)))).toBe(true);

    // the list of sessions has it too, and the home screen of a machine without a terminal
    const { stdout } = await machine.walkback(['sessions']);
    expect(stdout).toMatch(new RegExp(`${one?.id ?? '?'} .*shop_rollback.*proposed`));
    expect((await machine.walkback([])).stdout).toMatch(
      /^proposed: 1\n {2}\S+ {2}shop_rollback \(staging\), HighErrors firing/,
    );
    expect(machine.sql(`SELECT id FROM session_row WHERE mode IN ('LIVE', 'DRILL')`)).toEqual([]);
    expect(await stop(watching)).toBe(143);
    expect((await machine.walkback(['verify'])).stdout.match(/ledger verified/g)).toHaveLength(2);
  },
);

test('a resolved alert updates its proposal, and opens none by itself', slow, async () => {
  const watching = await startWatch();
  await post(watching.url, webhookOf({ name: 'Early', labels: shop, status: 'resolved' }));
  expect(await proposals()).toEqual([]);
  await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
  await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop, status: 'resolved' }));
  expect((await proposals()).map(({ because }) => because)).toEqual(['HighErrors resolved, 2 signals']);
  expect(rowsOf(watching.record)).toEqual(['watch.started', 'signal.received']);
  await stop(watching);
});

test(
  'a dismissal is a decision row with reason and people; the same alert does not come back, another one does',
  slow,
  async () => {
    const watching = await startWatch();
    await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
    const [one] = await proposals();
    const id = one?.id ?? '';
    const without = await machine.walkback(['proposals', '--dismiss', id]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('A reason is needed')]);
    const dismissal = ['--dismiss', id.slice(0, -1), '--reason', 'a load test', '--present', 'kim, lee'];
    const done = await machine.walkback(['proposals', ...dismissal]);
    expect([done.code, done.stdout]).toEqual([0, `${id}: dismissed\n`]);
    expect(await proposals()).toEqual([]);
    expect(await proposals('--all')).toMatchObject([
      {
        id,
        decided: {
          type: 'decision.recorded',
          decision: 'dismissed',
          reason: 'a load test',
          present: ['kim', 'lee'],
          seen: 'HighErrors firing since 18:02 UTC, 1 signal',
          offered: ['start', 'dismiss'],
        },
      },
    ]);
    // once decided it stays so
    const again = await machine.walkback(['proposals', '--dismiss', id, '--reason', 'again']);
    expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('was dismissed by')]);

    await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
    expect(await proposals()).toEqual([]);
    const later = { name: 'HighErrors', labels: shop, startsAt: '2026-03-01T19:30:00Z' };
    await post(watching.url, webhookOf(later));
    expect((await proposals()).map(({ because }) => because)).toEqual([
      'HighErrors firing since 19:30 UTC, 1 signal',
    ]);
    await stop(watching);
  },
);

test('a proposal that nobody answers expires as a decision row', slow, async () => {
  const watching = await startWatch('--expire', '500ms');
  await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
  await until(() => watching.events().some(({ event }) => event === 'expired'), 'it to expire');
  expect(await proposals()).toEqual([]);
  expect(await proposals('--all')).toMatchObject([{ decided: { decision: 'expired', by: 'walkback' } }]);
  await stop(watching);
});

test(
  'starting it is a session that says where it came from; whoever comes second is told',
  slow,
  async () => {
    const watching = await startWatch();
    await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
    const [one] = await proposals();
    const id = one?.id ?? '';
    const start = ['proposals', '--start', id, '--input', 'release=2.0.0', '--input', 'target=1.9.3'];
    const { stdout, stderr } = await machine.walkback(start);
    expect(stderr).toBe('');
    expect(stdout).toContain('Take the shop back');
    const [decided] = await proposals('--all');
    const session = decided?.decided?.session ?? '';
    expect(decided).toMatchObject({ decided: { decision: 'started' } });
    expect((await machine.walkback(['show', '--json', session])).stdout).toContain(
      `proposal ${id}: HighErrors firing since 18:02 UTC, 1 signal`,
    );
    expect(await machine.walkback(start)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(`was started by`) as string,
    });
    expect((await machine.walkback(['resume', id])).stderr).toContain(`${id} is a proposal, not a session`);
    await stop(watching);
  },
);

test('an alert that no runbook knows is said, recorded, and opens nothing', slow, async () => {
  const watching = await startWatch();
  const { status, body } = await post(
    watching.url,
    webhookOf({ name: 'DiskFull', labels: { service: 'mail' } }),
  );
  expect([status, body]).toEqual([200, { proposals: [], unknown: ['no runbook here is for service mail'] }]);
  expect(watching.events().at(-1)).toMatchObject({ event: 'unknown', alerts: ['DiskFull'] });
  expect(rowsOf(watching.record)).toEqual(['watch.started', 'signal.received']);
  expect(await proposals()).toEqual([]);
  await stop(watching);
});

test('an alert that fits two runbooks is one proposal, and starting it asks which', slow, async () => {
  machine.file('runbooks/flags.yaml', watchedRunbook('http://127.0.0.1:1', { id: 'shop_flags' }));
  const watching = await startWatch();
  await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }));
  const [one, ...others] = await proposals();
  expect([one?.proposes, others]).toEqual(['shop_flags or shop_rollback', []]);
  const asked = await machine.walkback(['proposals', '--start', one?.id ?? '']);
  expect([asked.code, asked.stderr]).toEqual([
    2,
    expect.stringContaining('--runbook shop_flags | --runbook shop_rollback'),
  ]);
  // the label `walkback` names one, whatever else would fit
  await post(watching.url, webhookOf({ name: 'Coupons', labels: { ...shop, walkback: 'shop_flags' } }));
  expect((await proposals()).map(({ proposes }) => proposes)).toEqual([
    'shop_flags',
    'shop_flags or shop_rollback',
  ]);
  await stop(watching);
});

describe('what is no webhook is refused, and a row in the ledger', () => {
  test.each([
    ['not JSON', '{"version":', {}, 400],
    ['JSON of another shape', '{"version":"3","alerts":[]}', {}, 400],
    [
      'alerts without a fingerprint',
      { version: '4', groupKey: 'a', status: 'firing', alerts: [{}] },
      {},
      400,
    ],
    ['10 MB', 'x'.repeat(10_000_000), {}, 413],
    [
      'another type, as a page in a browser sends it',
      webhookOf({ name: 'a' }),
      { 'content-type': 'text/plain' },
      415,
    ],
    ['the wrong token', webhookOf({ name: 'a' }), { authorization: 'Bearer guessed-guessed-guessed' }, 401],
  ])('%s', slow, async (_, body, headers, status) => {
    const file = machine.file('token', 'a-token-of-some-length\n');
    chmodSync(file, 0o600);
    const watching = await startWatch('--token-file', file);
    const shown = { authorization: 'Bearer a-token-of-some-length', ...headers };
    expect((await post(watching.url, body, shown)).status).toBe(status);
    expect(rowsOf(watching.record)).toEqual(['watch.started', 'signal.refused']);
    expect(watching.events().at(-1)).toMatchObject({ event: 'refused', status });
    expect(await proposals()).toEqual([]);
    // and it goes on listening
    const right = { authorization: 'Bearer a-token-of-some-length' };
    expect((await post(watching.url, webhookOf({ name: 'HighErrors', labels: shop }), right)).status).toBe(
      200,
    );
    await stop(watching);
  });
});

test('a flood is answered with 429 and does not fill the ledger', slow, async () => {
  const watching = await startWatch();
  const answers = [];
  for (let n = 0; n < 90; n += 1) answers.push(await post(watching.url, '{'));
  const counted = Map.groupBy(answers, ({ status }) => status);
  expect(counted.get(400)).toHaveLength(60);
  expect(counted.get(429)).toHaveLength(30);
  expect(rowsOf(watching.record)).toHaveLength(1 + 60 + 1);
  await stop(watching);
});

describe('bad usage is told before anything listens: 2', () => {
  test.each([
    [['--listen', '0.0.0.0:0'], 'can be reached from other machines, and no token guards it'],
    [['--listen', '9095'], '--listen takes an address and a port'],
    [['--expire', 'never'], '--expire takes a span'],
    [['--env', 'moon'], 'No runbook here has an environment called moon'],
    [['--token-file', 'nowhere'], 'nowhere is no token'],
    [['nowhere.yaml'], 'nowhere.yaml cannot run'],
  ])('%j', slow, async (args, words) => {
    const { code, stderr } = await machine.walkback(['watch', ...args]);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  test('a port that is taken', slow, async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const place = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await machine.walkback(['watch', '--listen', place]);
    other.close();
    expect([code, stderr]).toEqual([2, expect.stringContaining('another program listens there already')]);
  });
});
