import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { listen } from '../../src/sandbox/http.ts';
import { matcherOf } from '../../src/tools/silence/matchers.ts';
import { alertStanding, endWithConsent, isQuiet, sendSynthetic } from '../../src/tools/silence/quiet.ts';
import { addSilence, expireSilence, type SilencePlace } from '../../src/tools/silence/silence.ts';
import { expectEnd, openStage, runThrough, shipped, stepsOf } from '../runbooks/stage.ts';
import { startAlertmanager, type RealAlertmanager } from './real-alertmanager.ts';
import { startPrometheus, type RealPrometheus } from './real-prometheus.ts';
import { until } from './real-server.ts';

const times = {
  now: () => Date.now(),
  isoOf: (ms: number) => new Date(ms).toISOString(),
  epochMsOf: (iso: string) => Date.parse(iso),
  sleep: (ms: number) => setTimeout(ms),
};
interface Servers {
  readonly real: RealAlertmanager;
  readonly prometheus: RealPrometheus;
  /** What receivers were sent. */
  readonly seen: readonly string[];
  readonly place: (owner: string) => SilencePlace;
}
let servers: Servers;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  const seen: string[] = [];
  const sink = await listen(({ body }) => {
    seen.push(body);
    return { status: 200, body: '' };
  });
  stops.push(() => sink.close());
  const real = await startAlertmanager(sink.url);
  stops.push(() => real.stop());
  const prometheus = await startPrometheus({
    rules: [
      { alert: 'Checkout', expr: 'vector(1) > 2', labels: { service: 'shop' } },
      { alert: 'Slow', expr: 'vector(1)', for: '1h', labels: { service: 'shop' } },
    ],
  });
  stops.push(() => prometheus.stop());
  servers = { real, prometheus, seen, place: (owner) => ({ url: real.url, owner, headers: {} }) };
}, 120_000);
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

const wanted = [matcherOf('service=shop')];
const none = { severity: 'none' };

test('R6.3: a real Alertmanager: suppressed, then active again and delivered once ours is expired; a colleague’s silence keeps it failing by name', async () => {
  const { real, prometheus, seen, place } = servers;
  const mine = place('walkback/1');
  const silence = { matchers: ['service=shop'], forMs: 600_000, comment: 'rollback' };

  await addSilence(mine, silence, times);
  expect(await sendSynthetic(mine, wanted, none, 'walkback', 10_000, times)).toEqual({
    arrived: false,
    why: 'it is silenced by walkback/1',
  });
  await addSilence(place('grace'), { ...silence, comment: 'the switch is changed' }, times);
  expect(await expireSilence(mine)).toMatchObject({ state: 'expired' });
  expect(await sendSynthetic(mine, wanted, none, 'walkback', 10_000, times)).toMatchObject({
    why: 'it is silenced by grace',
  });
  const hidden = await alertStanding(mine, wanted, null);
  expect(isQuiet(hidden)).toBe(false);
  expect(hidden.others).toMatchObject([{ by: 'grace', comment: 'the switch is changed' }]);

  const id = hidden.others[0]?.id ?? '';
  await expect(endWithConsent(mine, id, { of: 'ada', commander: null })).rejects.toThrow('is grace’s');
  await endWithConsent(mine, id, { of: 'grace', commander: null });
  expect(await sendSynthetic(mine, wanted, none, 'walkback', 20_000, times)).toMatchObject({ arrived: true });
  expect(seen.some((body) => body.includes('WalkbackSynthetic'))).toBe(true);
  await expect(sendSynthetic(mine, wanted, none, 'pager', 1_000, times)).rejects.toThrow(
    'no receiver “pager”',
  );
  // our own alert is none of theirs
  expect(isQuiet(await alertStanding(mine, wanted, null))).toBe(true);

  await until('the rule to be pending', async () => {
    const { pending } = await alertStanding(mine, wanted, prometheus.url);
    return pending?.includes('Slow') === true;
  });
  expect(await alertStanding(mine, wanted, prometheus.url)).toMatchObject({
    pending: ['Slow'],
    unhealthy: [],
    firing: [],
  });
  await real.alert({ alertname: 'Checkout', service: 'shop' });
  expect((await alertStanding(mine, wanted, null)).firing).toEqual(['Checkout']);
});

test('R6.3: in a session: a colleague’s silence is named, ended with their consent, and only then the alerts are back', async () => {
  const { real, prometheus, place } = servers;
  const stage = openStage();
  onTestFinished(stage.clear);
  const folder = path.join(stage.folder, 'books');
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  const fragment = path.join(folder, 'steps', 'alerts_back.yaml');
  const text = readFileSync(fragment, 'utf8');
  writeFileSync(fragment, text.replace('every: 30s', 'every: 100ms').replace('stable: 20', 'stable: 2'));
  const alerts = { url: real.url, match: 'service=till' };
  writeFileSync(
    path.join(folder, 'book.yaml'),
    `walkback: 1
id: alerts
title: Give the alerts back
service: till
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Go?, options: [{ id: go, title: Go, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'go'" }
      - { id: quiet, use: steps/silence_alertmanager.yaml, with: ${JSON.stringify(alerts)} }
      - { id: give_back, release: [quiet] }
      - { id: back, use: steps/alerts_back.yaml, with: ${JSON.stringify({ ...alerts, prometheus: prometheus.url, receiver: 'walkback' })} }
      - { id: done, end: rolled_back }
`,
  );
  const theirs = { matchers: ['service=till'], forMs: 600_000, comment: 'the switch is changed' };
  await addSilence(place('grace'), theirs, times);
  const said: string[] = [];
  const asksGrace: Policy = async (situation) => {
    if (situation.at !== 'step' || situation.step.status !== 'failed') return null;
    const { place: at, attempt, readings } = situation.step;
    said.push(readings.map(({ value }) => value).join());
    const { others } = await alertStanding(place('walkback'), [matcherOf('service=till')], null);
    for (const { id } of others)
      await endWithConsent(place('walkback'), id, { of: 'grace', commander: null });
    return { type: 'check_again', place: at, attempt };
  };

  const run = await runThrough(stage, {
    file: path.join(folder, 'book.yaml'),
    mode: 'LIVE',
    policy: asksGrace,
  });

  expectEnd(stage, run, 'rolled_back');
  expect(said).toEqual([expect.stringContaining('it is silenced by grace')]);
  expect(stepsOf(run)).toContain('back_quiet');
});
