import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;
let server: Server;
let address = '';

/** Answers like a Prometheus whose expression has the value in its name, and like a system that is ill. */
function answer(asked: string): { readonly status: number; readonly body: string } | null {
  const metric = decodeURIComponent(/query=([a-z_]+)/.exec(asked)?.[1] ?? '');
  const vector = (result: unknown) =>
    JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
  const sample = (value: string) => vector([{ metric: {}, value: [Date.now() / 1000, value] }]);
  if (metric === 'is_nan') return { status: 200, body: sample('NaN') };
  if (metric === 'is_infinite') return { status: 200, body: sample('+Inf') };
  if (metric === 'is_missing') return { status: 200, body: vector([]) };
  if (metric === 'is_fine') return { status: 200, body: sample('0.25') };
  const [path] = asked.split('?');
  if (path === '/ill') return { status: 503, body: 'no' };
  if (path === '/words') return { status: 200, body: 'not json' };
  return path === '/slow' ? null : { status: 200, body: '{"version":"1.9.3"}' };
}

beforeAll(async () => {
  machine = await openMachine();
  server = createServer((request, response) => {
    void readText(request).then((body) => {
      const found = answer(`${request.url ?? ''}?${body}`);
      if (request.url === '/echo') response.end(`you sent ${request.headers.authorization ?? 'nothing'}`);
      else if (found !== null) response.writeHead(found.status).end(found.body);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  new Database(join(machine.folder, 'shop.db')).exec('CREATE TABLE orders (id INTEGER)').close();
}, 180_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await machine.remove();
});

const book = (probes: readonly string[], inputs = ''): string => `walkback: 1
id: probing
title: Measure
service: shop
owner: payments
objective: 10m
maturity: staging
${inputs}environments:
  staging: { values: { prometheus: '${address}' } }
connections:
  shop: { sqlite: ./shop.db }
  gone: { sqlite: ./nowhere.db }
probes:
${probes.map((probe) => `  ${probe}\n`).join('')}phases:
  - id: work
    title: Work
    steps:
      - { id: look, check: { run: [test, -d, .], expect: { exit: 0 } } }
      - { id: done, end: not_needed }
`;

interface Row {
  readonly name: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly value: string | null;
  readonly detail: string;
}

async function checked(source: string, ...args: readonly string[]) {
  machine.file('probing.yaml', source);
  const { stdout, stderr, code } = await machine.walkback(['check', 'probing.yaml', '--json', ...args]);
  const { results } = JSON.parse(stdout === '' ? '{"results":[]}' : stdout) as {
    readonly results: readonly Row[];
  };
  return { results, stderr, code };
}

test(
  'what cannot be measured is unknown with a reason code, next to what can, and the exit code is 30',
  slow,
  async () => {
    const wanted: Readonly<Record<string, readonly [probe: string, code: string | null]>> = {
      fine: [`{ prometheus: '\${{ env.prometheus }}', query: is_fine }`, null],
      nan: [`{ prometheus: '\${{ env.prometheus }}', query: is_nan }`, 'nan'],
      infinite: [`{ prometheus: '\${{ env.prometheus }}', query: is_infinite }`, 'infinite'],
      no_series: [`{ prometheus: '\${{ env.prometheus }}', query: is_missing }`, 'no_data'],
      dead_prometheus: [`{ prometheus: 'http://127.0.0.1:1', query: up }`, 'connection'],
      dead_server: [`{ http: 'http://127.0.0.1:1/version' }`, 'connection'],
      no_host: [`{ http: 'http://no-such-host.invalid/' }`, 'dns'],
      ill: [`{ http: '${'${{ env.prometheus }}'}/ill' }`, 'status'],
      words: [`{ http: '${'${{ env.prometheus }}'}/words', json: $.version }`, 'not_json'],
      absent: [`{ http: '${'${{ env.prometheus }}'}/version', json: $.nothing }`, 'no_data'],
      slow_server: [`{ http: '${'${{ env.prometheus }}'}/slow', timeout: 300ms }`, 'timeout'],
      closed_port: ['{ tcp: 127.0.0.1:1 }', 'connection'],
      missing_tool: ['{ run: [no-such-tool-anywhere] }', 'missing_tool'],
      slow_tool: ['{ run: [sleep, "30"], timeout: 300ms }', 'timeout'],
      failing_tool: ['{ run: [sh, -c, "echo 41; exit 7"] }', 'exit'],
      killed_tool: ['{ run: [sh, -c, "kill -9 $$"] }', 'signalled'],
      no_rows: ['{ sql: shop, query: select id from orders }', 'no_data'],
      no_table: ['{ sql: shop, query: select id from nowhere }', 'query'],
      no_database: ['{ sql: gone, query: select 1 }', 'connection'],
      no_file: ['{ file: ./nowhere.txt }', 'no_data'],
      rows: ['{ sql: shop, query: select count(*) from orders }', null],
    };
    const { results, stderr, code } = await checked(
      book(Object.entries(wanted).map(([name, [probe]]) => `${name}: ${probe}`)),
    );
    expect(stderr).toBe('');
    expect(Object.fromEntries(results.map(({ name, code: why }) => [name, why]))).toEqual(
      Object.fromEntries(Object.entries(wanted).map(([name, [, why]]) => [name, why])),
    );
    for (const { ok, code: why, value, detail } of results) {
      expect(ok).toBe(why === null);
      expect(value === null).toBe(!ok);
      expect(detail === '').toBe(ok);
    }
    expect(code).toBe(30);
  },
);

test('a probe whose exit code is what a check looks at is read, also where it is not 0', slow, async () => {
  const source = book(['refused: { run: [sh, -c, "exit 3"] }']).replace(
    '      - { id: done',
    '      - { id: pipeline, check: { probe: refused, expect: { exit: 3 } } }\n      - { id: done',
  );
  const { results, code } = await checked(source);
  expect(results).toMatchObject([{ name: 'refused', ok: true, code: null }]);
  expect(code).toBe(0);
});

test(
  'inputs are read one from another; one that cannot be read is unknown, and so is what needs it',
  slow,
  async () => {
    const inputs = `inputs:
  release: { type: version, ask: Which?, example: 2.0.0 }
  target: { type: version, from: { run: [echo, 1.9.3] } }
  echoed: { type: string, from: { run: [echo, 'to \${{ inputs.target }}'] } }
  failing: { type: string, from: { run: [sh, -c, "echo half; exit 1"] } }
`;
    const source = book(["of_release: { run: [echo, '${{ inputs.release }}'] }"], inputs);
    const without = await checked(source);
    expect(without.code).toBe(30);
    expect(without.results).toMatchObject([
      { name: 'release', ok: false, code: 'unset', detail: expect.stringContaining('--input release=') },
      { name: 'target', ok: true, value: '"1.9.3"' },
      { name: 'echoed', ok: true, value: '"to 1.9.3"' },
      { name: 'failing', ok: false, detail: expect.stringContaining('exited 1') },
      { name: 'of_release', ok: false, code: 'unset' },
    ]);
    const given = await checked(source, '--input', 'release=2.0.0', '--input', 'failing=whole');
    expect(given.code).toBe(0);
    expect(given.results.at(-1)).toMatchObject({ name: 'of_release', ok: true, value: '"2.0.0"' });
  },
);

test('a secret that a probe prints is not shown', slow, async () => {
  const inputs = 'inputs:\n  token: { type: secret, env: SHOP_TOKEN }\n';
  const headers = "headers: { authorization: 'Bearer ${{ inputs.token }}' }";
  const source = book([`leaky: { http: '\${{ env.prometheus }}/echo', ${headers} }`], inputs);
  machine.file('probing.yaml', source);
  const secret = 'kq3Zr8-vT61mWx';
  const { stdout, stderr, code } = await machine.walkback(['check', 'probing.yaml'], {
    env: { SHOP_TOKEN: secret },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/leaky .*you sent Bearer «token»/);
  expect(stdout + stderr).not.toContain(secret);
  expect(code).toBe(0);
});

describe('R1.6: who signed the numbers', () => {
  const today = Date.now();
  const day = (inDays: number): string => new Date(today + inDays * 86_400_000).toISOString().slice(0, 10);
  const signed = (role: string, by: string, hash: string, expires: string): string =>
    `  - { role: ${role}, by: ${by}, on: '${day(-200)}', expires: '${expires}', triggers: '${hash}' }`;
  const bookWith = (...agreed: readonly string[]): string =>
    book(['errors: { run: [echo, "0.5"], unit: ratio }']).replace(
      'phases:',
      `triggers:\n  - { id: err, probe: errors, breach: '> 0.02', for: 2m, advise: rollback }\n${agreed.length === 0 ? '' : `agreed:\n${agreed.join('\n')}\n`}phases:`,
    );
  /** What `plan` and `check` of the built program say of it, and how `check` ends. */
  async function said(source: string) {
    machine.file('probing.yaml', source);
    const plan = await machine.walkback(['plan', 'probing.yaml']);
    const check = await machine.walkback(['check', 'probing.yaml']);
    const { gaps } = JSON.parse((await machine.walkback(['plan', 'probing.yaml', '--json'])).stdout) as {
      readonly gaps: readonly { readonly code: string; readonly detail: string }[];
    };
    return { gaps, plan: plan.stdout, check: `${check.stdout}${check.stderr}`, code: check.code };
  }

  test(
    'missing, expired, over other numbers, or good: plan and check say it, and check is ready for the last only',
    slow,
    async () => {
      const none = await said(bookWith());
      const [, hash = ''] = /(sha256:[0-9a-f]{64})/.exec(none.gaps[0]?.detail ?? '') ?? [];
      expect(none.gaps.map(({ code }) => code)).toEqual(['unsigned', 'unsigned']);
      for (const text of [none.plan, none.check])
        expect(text).toContain('product has not signed the triggers');

      const expired = await said(
        bookWith(signed('product', 'Ada', hash, day(-1)), signed('operations', 'Grace', hash, day(30))),
      );
      expect(expired.gaps).toEqual([
        { code: 'expired', detail: `the sign-off by Ada (product) expired on ${day(-1)}` },
      ]);
      for (const text of [expired.plan, expired.check])
        expect(text).toContain(`the sign-off by Ada (product) expired on ${day(-1)}`);
      expect(expired.code).toBe(30);

      const other = await said(
        bookWith(
          signed('product', 'Ada', `sha256:${'0'.repeat(64)}`, day(30)),
          signed('operations', 'Grace', hash, day(30)),
        ),
      );
      expect(other.gaps).toMatchObject([{ code: 'changed' }]);
      expect(other.code).toBe(30);

      // an expiry holds to the end of its day
      const good = await said(
        bookWith(signed('product', 'Ada', hash, day(1)), signed('operations', 'Grace', hash, day(30))),
      );
      expect(good.gaps).toEqual([]);
      expect(good.code).toBe(0);
    },
  );
});
