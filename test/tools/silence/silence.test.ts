import { expect, onTestFinished, test } from 'vitest';
import { movableClock } from '../../../src/sandbox/clock.ts';
import { listen } from '../../../src/sandbox/http.ts';
import { alertmanager } from '../../../src/sandbox/platform/silences.ts';
import { addSilence, expireSilence, silenceState } from '../../../src/tools/silence/silence.ts';

const times = {
  now: () => Date.UTC(2026, 10, 23, 3),
  isoOf: (ms: number) => new Date(ms).toISOString(),
  epochMsOf: (iso: string) => Date.parse(iso),
};

/** What answers as Alertmanager does: a test against the real one holds it to that. */
async function server(labels: readonly Readonly<Record<string, string>>[] = []) {
  const subset = alertmanager(movableClock({ realMs: times.now(), domainMs: times.now(), speed: 0 }));
  subset.setAlerts(
    labels.map((one) => ({ labels: one, annotations: {}, startsAt: times.isoOf(times.now()) })),
  );
  const listener = await listen(subset.handler);
  onTestFinished(() => listener.close());
  const place = (owner: string) => ({ url: listener.url, owner, headers: {} });
  return { subset, place };
}

const wanted = { matchers: ['service=shop', 'severity!=page'], forMs: 1_800_000, comment: 'rollback' };

test('a silence is made once, however often it is asked for, and covers what it names', async () => {
  const { subset, place } = await server([
    { alertname: 'A', service: 'shop', severity: 'warn' },
    { alertname: 'B', service: 'shop', severity: 'page' },
    { alertname: 'C', service: 'cart', severity: 'warn' },
  ]);

  const first = await addSilence(place('walkback/1'), wanted, times);
  expect(first).toMatchObject({ state: 'active', until: '2026-11-23T03:30:00.000Z', alerts: 1 });
  expect(await addSilence(place('walkback/1'), wanted, times)).toEqual(first);
  expect(subset.dump()).toHaveLength(1);
  expect(subset.dump()[0]).toMatchObject({ createdBy: 'walkback/1', comment: 'rollback' });
});

test('only our own silence is ended, and a colleague’s over the same alerts stays', async () => {
  const { place } = await server();
  await addSilence(place('grace'), wanted, times);
  await addSilence(place('walkback/1'), wanted, times);

  expect(await expireSilence(place('walkback/1'))).toEqual({
    state: 'expired',
    ids: [],
    until: null,
    alerts: 0,
  });
  expect(await silenceState(place('grace'))).toMatchObject({ state: 'active' });
  expect(await expireSilence(place('walkback/1'))).toMatchObject({ state: 'expired' });
  expect(await silenceState(place('nobody'))).toMatchObject({ state: 'none' });
});

test.each([[[]], [['alertname=~".*"']], [['service!=nothing']], [['service=']]])(
  'a silence of everything is refused: %j',
  async (matchers) => {
    const { subset, place } = await server();

    await expect(addSilence(place('walkback/1'), { ...wanted, matchers }, times)).rejects.toMatchObject({
      exitCode: 2,
    });
    expect(subset.dump()).toEqual([]);
  },
);

test.each([['shop'], ['=shop'], ['ser vice=shop']])('%s is no matcher', async (matcher) => {
  const { place } = await server();

  await expect(addSilence(place('x'), { ...wanted, matchers: [matcher] }, times)).rejects.toMatchObject({
    exitCode: 2,
  });
});

test('an Alertmanager that does not answer, or is none, is unknown', async () => {
  const away = await listen(() => ({ status: 200, body: '<html>' }));
  onTestFinished(() => away.close());

  await expect(silenceState({ url: away.url, owner: 'x', headers: {} })).rejects.toMatchObject({
    exitCode: 30,
  });
  await expect(silenceState({ url: 'http://127.0.0.1:1', owner: 'x', headers: {} })).rejects.toMatchObject({
    exitCode: 30,
  });
});

test.each(['service=~.{1,}', 'service=~shop|', 'service=~[^x]*.*', 'service=~(?s:.)+'])(
  'a silence of %s would hold for every alert, or for each without that label: it is refused',
  async (matcher) => {
    const { subset, place } = await server();

    const added = addSilence(
      place('walkback/1'),
      { ...wanted, matchers: [matcher, 'severity!=page'] },
      times,
    );

    await expect(added).rejects.toThrow('This would silence every alert.');
    expect(subset.dump()).toEqual([]);
  },
);
