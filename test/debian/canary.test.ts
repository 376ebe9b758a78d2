import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventsOf } from '../../src/report/story.ts';
import { askHaproxy } from '../../src/tools/traffic/haproxy-socket.ts';
import { openStage, runThrough, shipped, type Stage } from '../runbooks/stage.ts';
import { startHaproxy, startPoolServer, type PoolServer, type RealProxy } from './real-proxies.ts';

let canary: PoolServer;
let stable: PoolServer;
let proxy: RealProxy;
let monitoring: Server;
let stage: Stage;
let folder = '';
let going = true;
let customers: Promise<unknown> = Promise.resolve();

/** Failures of each server, of the last second, as a range query of Prometheus answers them: every 100 ms since the start. */
const history: { readonly at: number; readonly canary: number; readonly stable: number }[] = [];

async function measure(): Promise<void> {
  const counts: (readonly [number, number, number, number])[] = [];
  while (going) {
    counts.push([canary.failed, canary.served, stable.failed, stable.served]);
    const [now, then] = [counts.at(-1), counts.at(-11) ?? counts[0]];
    const rate = (failed: number, served: number): number =>
      ((now?.[failed] ?? 0) - (then?.[failed] ?? 0)) /
      Math.max(1, (now?.[served] ?? 0) - (then?.[served] ?? 0));
    history.push({ at: Date.now(), canary: rate(0, 1), stable: rate(2, 3) });
    await pause(100);
  }
}

async function buy(): Promise<void> {
  while (going) {
    await fetch(`${proxy.url}/version`, { headers: { connection: 'close' } }).then(
      (answer) => answer.text(),
      () => '',
    );
    await pause(5);
  }
}

beforeEach(async () => {
  going = true;
  history.length = 0;
  [canary, stable] = await Promise.all([startPoolServer('1.9.3'), startPoolServer('2.0.0')]);
  proxy = await startHaproxy([canary], [stable]);
  monitoring = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      const asked = new URLSearchParams(body);
      const which = asked.get('query') === 'canary' ? 'canary' : 'stable';
      const [start, end, step] = ['start', 'end', 'step'].map((key) => Number(asked.get(key)));
      const values: [number, string][] = [];
      for (let at = start ?? 0; at <= (end ?? 0); at += step ?? 1) {
        const found = history.findLast((one) => one.at <= at * 1000);
        if (found !== undefined) values.push([at, String(found[which])]);
      }
      response.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'matrix', result: [{ metric: {}, values }] },
        }),
      );
    });
  });
  monitoring.listen(0, '127.0.0.1');
  await once(monitoring, 'listening');
  stage = openStage();
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-canary-')));
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  customers = Promise.all([measure(), buy(), buy(), buy()]);
});

afterEach(async () => {
  going = false;
  await customers;
  monitoring.close();
  monitoring.closeAllConnections();
  await proxy.stop();
  await Promise.all([canary.stop(), stable.stop()]);
  await stage.clear();
  rmSync(folder, { recursive: true, force: true });
});

function runbook(): string {
  const prometheus = `http://127.0.0.1:${(monitoring.address() as AddressInfo).port}`;
  const words = [...proxy.words, '--check', '/usr/sbin/haproxy -c -f {file}'];
  const file = path.join(folder, 'canary.yaml');
  writeFileSync(
    file,
    `walkback: 1
id: canary
title: Try the release on a tenth of the traffic
service: shop
objective: 5m
maturity: staging
probes:
  canary: { prometheus: ${prometheus}, query: canary, unit: ratio }
  stable: { prometheus: ${prometheus}, query: stable, unit: ratio }
phases:
  - id: try
    title: Try
    steps:
      - id: tenth
        use: steps/canary_haproxy.yaml
        with:
          proxy: ${JSON.stringify(words)}
          census: [--url, ${proxy.url}/healthz, --header, x-pool, --value, '1.9.3']
      - id: judge
        compare: { probe: canary, against: stable, settle: 1s, current: 8s, every: 200ms, tolerance: 0%, floor: 0.05 }
        on: { fail: back }
      - { id: good, title: Give back, release: [tenth] }
      - { id: tried, end: not_needed }
  - id: bad
    title: It is worse
    off_path: true
    steps:
      - { id: back, title: All of the traffic back, release: [tenth] }
      - { id: stopped, end: not_possible }
`,
  );
  return file;
}

const weights = async (): Promise<readonly string[]> =>
  (await askHaproxy(proxy.words[1] ?? '', 'show servers state shop'))
    .split('\n')
    .slice(2)
    .map((line) => line.split(' '))
    .map((cells) => `${cells[3] ?? ''}=${cells[7] ?? ''}`);

test('a faulty canary at 10 % is WORSE than an equal-sized baseline, and has weight 0 within 5 s of the confirm', async () => {
  canary.failing = 0.4;
  const ran = await runThrough(stage, { file: runbook() });

  expect(ran.end.why, ran.end.detail).toBe('closed');
  expect(ran.view.outcome).toBe('not_possible');
  const [made] = eventsOf(ran.facts, 'comparison.made');
  expect(made?.fact).toMatchObject({ verdict: 'WORSE', final: true, metrics: [{ against: 'stable' }] });
  const [metric] = made?.fact.metrics ?? [];
  expect(metric?.baseline.n).toBe(metric?.current.n);
  const confirmed = eventsOf(ran.facts, 'operator.ran').find(({ fact }) => fact.place.step === 'back');
  const proved = eventsOf(ran.facts, 'obligation.discharged').find(({ fact }) => fact.how === 'proved');
  expect(Date.parse(proved?.at ?? '') - Date.parse(confirmed?.at ?? '')).toBeLessThan(5000);
  expect(await weights()).toEqual(['blue1=0', 'green1=1']);
}, 120_000);

test('a canary that is as good as the rest is RECOVERED, and its share is given back as well', async () => {
  const ran = await runThrough(stage, { file: runbook() });

  expect(eventsOf(ran.facts, 'comparison.made').map(({ fact }) => fact.verdict)).toEqual(['RECOVERED']);
  expect(ran.view).toMatchObject({ outcome: 'not_needed', obligations: [{ state: 'proved' }] });
  expect(await weights()).toEqual(['blue1=0', 'green1=1']);
}, 120_000);

test('a standby that is down is not ready, and nothing is sent there', async () => {
  await canary.stop();
  const ran = await runThrough(stage, {
    file: runbook(),
    policy: ({ at, view }) =>
      at === 'step' && view.status === 'running' && view.current[0]?.status === 'failed'
        ? { type: 'abort', reason: 'no standby' }
        : null,
  });

  expect(ran.view.outcome).toBe('aborted');
  expect(eventsOf(ran.facts, 'check.judged').at(0)?.fact).toMatchObject({
    place: { step: 'tenth_ready' },
    result: 'fail',
  });
  expect(await weights()).toEqual(['blue1=0', 'green1=1']);
}, 120_000);
