import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../src/sandbox/http.ts';
import { matcherOf, matches, mayMatch } from '../../../src/tools/silence/matchers.ts';
import { alertStanding, isQuiet } from '../../../src/tools/silence/quiet.ts';

const shop = { service: 'shop', severity: 'page' };

test.each([
  [['service=shop'], true, true],
  [['service=~"sh.*"'], true, true],
  [['service=~"s"'], false, false],
  [['service!=shop'], false, false],
  [['service!~"cart|search"'], true, true],
  [['service=shop', 'severity=warn'], false, false],
  [['service=shop', 'instance=web1'], false, true],
  [['service=~"("'], true, true],
])('%j over what is known of an alert: matches %s, may match %s', (texts, does, may) => {
  const matchers = texts.map(matcherOf);
  expect(matches(matchers, shop)).toBe(does);
  expect(mayMatch(matchers, shop)).toBe(may);
});

/** An Alertmanager without silences or alerts, and a Prometheus that says this of its rules. */
async function standing(rules: readonly unknown[]) {
  const server = await listen(({ path }) => ({
    status: 200,
    body: JSON.stringify(path.startsWith('/api/v1/rules') ? { data: { groups: [{ rules }] } } : []),
  }));
  onTestFinished(() => server.close());
  const place = { url: server.url, owner: 'walkback/1', headers: {} };
  return alertStanding(place, [matcherOf('service=shop')], server.url);
}

test('R6.3: a rule that cannot be evaluated is no quiet: nobody would hear of the next outage', async () => {
  const healthy = { name: 'Errors', health: 'ok', alerts: [] };
  expect(isQuiet(await standing([healthy]))).toBe(true);

  const blind = await standing([healthy, { name: 'Slow', health: 'err', lastError: 'no such series' }]);
  expect(blind.unhealthy).toEqual(['Slow: no such series']);
  expect(isQuiet(blind)).toBe(false);
  expect((await standing([{ name: 'New', health: 'unknown' }])).unhealthy).toEqual(['New: unknown']);
});

test('what is pending for another service is none of ours', async () => {
  const alerts = [{ labels: { alertname: 'Errors', service: 'cart' }, state: 'pending' }];
  expect(isQuiet(await standing([{ name: 'Errors', health: 'ok', alerts }]))).toBe(true);
});
