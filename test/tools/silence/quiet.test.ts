import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../src/sandbox/http.ts';
import { matcherOf, matches, mayMatch } from '../../../src/tools/silence/matchers.ts';
import { alertStanding, isQuiet, sendSynthetic } from '../../../src/tools/silence/quiet.ts';

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

const receivers = {
  two: 'receivers: [{ name: pager, webhook_configs: [{}] }, { name: chat, webhook_configs: [{}] }]',
  own: 'receivers: [{ name: pager, webhook_configs: [{}] }, { name: chat, slack_configs: [{}] }, { name: void }]',
};

/** An Alertmanager with our alert on its way to `to`, whose counters grow by `grows` each time that they are read. */
async function proved(
  config: string,
  to: string,
  labels: readonly string[],
  grows: number,
  receiver = 'pager',
) {
  let counted = 5;
  const server = await listen(({ path, method }) => {
    if (path === '/metrics') {
      counted += grows;
      const lines = labels.map(
        (label, at) => `alertmanager_notifications_total{${label}} ${at === 0 ? counted : 7}`,
      );
      return { status: 200, body: `${lines.join('\n')}\n` };
    }
    const body = path.startsWith('/api/v2/status')
      ? { config: { original: config } }
      : [{ labels: shop, status: { state: 'active', silencedBy: [] }, receivers: [{ name: to }] }];
    return { status: 200, body: method === 'POST' ? '' : JSON.stringify(body) };
  });
  onTestFinished(() => server.close());
  let nowMs = 0;
  const times = {
    now: () => nowMs,
    isoOf: (ms: number) => new Date(ms).toISOString(),
    epochMsOf: Date.parse,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const place = { url: server.url, owner: 'walkback/1', headers: {} };
  return sendSynthetic(place, [matcherOf('service=shop')], {}, receiver, 1_000, times);
}

test('R6.3: only the receiver that is named counts: a notification of another one is no arrival', async () => {
  const named = ['receiver_name="pager",integration="webhook"', 'receiver_name="chat",integration="webhook"'];
  expect(await proved(receivers.two, 'pager', named, 1)).toMatchObject({ arrived: true });
  expect(await proved(receivers.two, 'pager', named.toReversed(), 1)).toMatchObject({
    arrived: false,
    why: 'nobody was notified within 1 s',
  });
  // an Alertmanager that does not name them: only an integration that nobody else has tells
  const kinds = ['integration="webhook"', 'integration="slack"'];
  expect(await proved(receivers.own, 'pager', kinds, 1)).toMatchObject({ arrived: true });
  expect(await proved(receivers.own, 'pager', kinds.toReversed(), 1)).toMatchObject({ arrived: false });
  await expect(proved(receivers.two, 'pager', kinds, 1)).rejects.toThrow('as one (webhook)');
});

test('R6.3: an alert that is routed to somebody else, and a receiver that notifies nobody, are no arrival', async () => {
  const kinds = ['integration="webhook"', 'integration="slack"'];
  expect(await proved(receivers.own, 'chat', kinds, 1)).toEqual({
    arrived: false,
    why: 'it goes to chat, not to pager',
  });
  await expect(proved(receivers.own, 'void', kinds, 1, 'void')).rejects.toThrow('notifies nobody');
  await expect(proved(receivers.own, 'pager', kinds, 1, 'nobody')).rejects.toThrow('no receiver “nobody”');
});
