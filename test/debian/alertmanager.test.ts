import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realNow, movableClock } from '../../src/sandbox/clock.ts';
import { listen } from '../../src/sandbox/http.ts';
import { alertmanager } from '../../src/sandbox/platform/silences.ts';
import { builtProgram } from '../cli/built-program.ts';
import { watchedRunbook } from '../cli/fake-monitoring.ts';
import { startAlertmanager } from './real-alertmanager.ts';
import { until } from './real-server.ts';
import { openTmux } from './tmux.ts';

const labels = { alertname: 'HighErrors', service: 'shop', severity: 'page' };

test('a real Alertmanager fires: the proposal is on the home screen within 5 s, and its repeats stay one proposal', async () => {
  const launcher = await builtProgram();
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['home', 'data', 'tmp', 'runbooks']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  writeFileSync(path.join(folder, 'runbooks/shop.yaml'), watchedRunbook('http://127.0.0.1:1'));
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: path.join(folder, 'home'),
    XDG_DATA_HOME: path.join(folder, 'data'),
    TMPDIR: path.join(folder, 'tmp'),
    LANG: 'C.UTF-8',
    SHELL: '/bin/sh',
  };
  const watch = spawn(process.execPath, [launcher, 'watch', '--listen', '127.0.0.1:0', '--json'], {
    cwd: folder,
    env,
  });
  const watchEnded = once(watch, 'exit');
  let told = '';
  watch.stdout.on('data', (bytes: Buffer) => (told += bytes.toString()));
  onTestFinished(async () => {
    watch.kill('SIGTERM');
    await watchEnded;
  });
  const events = (): readonly Record<string, unknown>[] =>
    told
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until('the watch listens', () => events().length > 0);
  const alerts = await startAlertmanager(String(events()[0]?.['url']));
  onTestFinished(() => alerts.stop());

  const home = await openTmux({
    socket: path.join(folder, 'tmux.sock'),
    cwd: folder,
    env,
    command: `'${process.execPath}' '${launcher}'; echo "ended with $?"; exec sleep 600`, // a dead pane would scroll it away
    columns: 80,
    rows: 24,
  });
  onTestFinished(() => home.close());
  await home.waitFor('runbooks');
  expect((await home.screen()).join('\n')).not.toContain('HighErrors');

  const firedMs = performance.now();
  await alerts.alert(labels);
  const shown = await home.waitFor('shop_rollback on STAGING, HighErrors firing since');
  expect(performance.now() - firedMs).toBeLessThanOrEqual(5_000);
  const rowOf = (words: string): number => shown.findIndex((row) => row.includes(words));
  expect(rowOf('shop_rollback on STAGING')).toBeLessThan(rowOf('runbooks'));

  await home.waitFor((rows) => rows.some((row) => /HighErrors firing since .*, [3-9] signals/.test(row)));
  expect((await home.screen()).filter((row) => row.includes('HighErrors firing'))).toHaveLength(1);
  expect(events().filter(({ event }) => event === 'proposed')).toHaveLength(1);

  // and what is over says so
  await alerts.alert(labels, { endsAt: new Date(realNow()).toISOString() });
  await home.waitFor('HighErrors resolved');
  await home.press('q');
  await home.waitFor('ended with 0');
});

/** The shape of a JSON value: names and types, no values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'mutedBy') // came with Alertmanager 0.27
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([name, inner]) => [name, shapeOf(inner)]),
  );
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

async function ask(url: string, method: string, body?: unknown): Promise<Answered> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}

/** The calls that shopctl and runbooks make, in order: what each was answered. */
async function answersOf(url: string): Promise<Readonly<Record<string, unknown>>> {
  const now = realNow();
  const silence = (more: Readonly<Record<string, unknown>> = {}) => ({
    matchers: [{ name: 'alertname', value: 'High.*', isRegex: true, isEqual: true }],
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 600_000).toISOString(),
    createdBy: 'ada',
    comment: 'rollback',
    ...more,
  });
  const answers: Record<string, unknown> = {};
  const api = `${url}/api/v2`;
  const note = (name: string, { status, body }: Answered, shown = true): void => {
    // the words of a refusal are each server's own
    answers[name] = status >= 400 || !shown ? status : [status, shapeOf(body)];
  };
  await until(
    'the alert is listed',
    async () => ((await ask(`${api}/alerts`, 'GET')).body as unknown[]).length > 0,
  );
  note('alerts', await ask(`${api}/alerts`, 'GET'));
  note('no silences yet', await ask(`${api}/silences`, 'GET'));
  const created = await ask(`${api}/silences`, 'POST', silence());
  note('create', created);
  const id = (created.body as { readonly silenceID: string }).silenceID;
  await until('the alert is suppressed', async () => {
    const [alert] = (await ask(`${api}/alerts`, 'GET')).body as readonly {
      readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
    }[];
    answers['suppressed'] = [alert?.status.state, alert?.status.silencedBy[0] === id];
    return alert?.status.state === 'suppressed';
  });
  note('alerts that nothing silences', await ask(`${api}/alerts?silenced=false`, 'GET'));
  note('silences', await ask(`${api}/silences`, 'GET'));
  note('one silence', await ask(`${api}/silence/${id}`, 'GET'));
  answers['its state'] = ((await ask(`${api}/silence/${id}`, 'GET')).body as { status: unknown }).status;
  note('expire', await ask(`${api}/silence/${id}`, 'DELETE'), false);
  answers['its state after'] = (
    (await ask(`${api}/silence/${id}`, 'GET')).body as { status: unknown }
  ).status;
  const none = '00000000-0000-4000-8000-000000000000';
  note('a silence that is not there', await ask(`${api}/silence/${none}`, 'GET'));
  // 500 before Alertmanager 0.26, 404 since
  const gone = await ask(`${api}/silence/${none}`, 'DELETE');
  answers['expire what is not there'] = gone.status === 404 || gone.status === 500;
  note('no times', await ask(`${api}/silences`, 'POST', { matchers: [], createdBy: 'a', comment: 'b' }));
  note('no matcher', await ask(`${api}/silences`, 'POST', silence({ matchers: [] })));
  note(
    'a pattern that is none',
    await ask(
      `${api}/silences`,
      'POST',
      silence({ matchers: [{ name: 'a', value: '(', isRegex: true, isEqual: true }] }),
    ),
  );
  note(
    'an end before the start',
    await ask(`${api}/silences`, 'POST', silence({ endsAt: new Date(now - 1000).toISOString() })),
  );
  note(
    'an end in the past',
    await ask(
      `${api}/silences`,
      'POST',
      silence({ startsAt: new Date(now - 9000).toISOString(), endsAt: new Date(now - 1000).toISOString() }),
    ),
  );
  note('no such path', await ask(`${api}/nothing`, 'GET'), false);
  return answers;
}

test('the sandbox answers the calls for alerts and silences as a real Alertmanager does', async () => {
  const sink = await listen(() => ({ status: 200, body: '' }));
  onTestFinished(() => sink.close());
  const real = await startAlertmanager(sink.url);
  onTestFinished(() => real.stop());
  await real.alert(labels);

  const subset = alertmanager(movableClock({ realMs: realNow(), domainMs: realNow(), speed: 1 }));
  subset.setAlerts([{ labels, annotations: { summary: 'x' }, startsAt: new Date(realNow()).toISOString() }]);
  const sandbox = await listen(subset.handler);
  onTestFinished(() => sandbox.close());

  expect(await answersOf(sandbox.url)).toEqual(await answersOf(real.url));
});
