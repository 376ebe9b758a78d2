import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/sandbox/http.ts';
import { matcherOf } from '../../src/tools/silence/matchers.ts';
import { alertStanding, endWithConsent, isQuiet, sendSynthetic } from '../../src/tools/silence/quiet.ts';
import { addSilence, expireSilence } from '../../src/tools/silence/silence.ts';
import { startAlertmanager } from './real-alertmanager.ts';
import { startPrometheus } from './real-prometheus.ts';
import { until } from './real-server.ts';

const times = {
  now: () => Date.now(),
  isoOf: (ms: number) => new Date(ms).toISOString(),
  epochMsOf: (iso: string) => Date.parse(iso),
  sleep: (ms: number) => setTimeout(ms),
};
const wanted = [matcherOf('service=shop')];
const none = { severity: 'none' };

test('R6.3: a real Alertmanager: suppressed, then active again and delivered once ours is expired; a colleague’s silence keeps it failing by name', async () => {
  const seen: string[] = [];
  const sink = await listen(({ body }) => {
    seen.push(body);
    return { status: 200, body: '' };
  });
  onTestFinished(() => sink.close());
  const real = await startAlertmanager(sink.url);
  onTestFinished(() => real.stop());
  const prometheus = await startPrometheus({
    rules: [
      { alert: 'Checkout', expr: 'vector(1) > 2', labels: { service: 'shop' } },
      { alert: 'Slow', expr: 'vector(1)', for: '1h', labels: { service: 'shop' } },
    ],
  });
  onTestFinished(() => prometheus.stop());
  const place = (owner: string) => ({ url: real.url, owner, headers: {} });
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
