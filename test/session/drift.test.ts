import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openDriftKeeper } from '../../src/actions/drift-keeper.ts';
import { redactor } from '../../src/actions/redact.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { driftPatch } from '../../src/report/drift.ts';
import type { DriftKeeper } from '../../src/session/ports.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openTestSession, type TestSession } from './open-test-session.ts';

const nginx = `worker_processes 2;
events { worker_connections 512; }
http { include conf.d/*.conf; }
`;
const weights = `backend shop
  server blue1 10.0.0.1:80 weight 100
  server green1 10.0.0.2:80 weight 0
`;

interface Stage {
  readonly folder: string;
  readonly session: TestSession;
  readonly edit: (name: string, from: string, to: string) => void;
  readonly keeper: DriftKeeper;
}

/** A session over real files: nginx.conf is looked at itself, the proxy's weights by a command that prints them. */
async function open(drift?: string, secrets: readonly string[] = []): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-drift-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'nginx.conf'), nginx);
  writeFileSync(join(folder, 'running'), weights);
  const block =
    drift ??
    `
  - { id: proxy_file, title: nginx.conf, file: ${folder}/nginx.conf, path: proxy/nginx.conf }
  - { id: weights, title: The weights that run, run: [cat, ${folder}/running], path: proxy/haproxy.cfg, changed_by: [shift] }`;
  const loaded = loadRunbook(
    'book.yaml',
    memoryFiles({
      'book.yaml': `walkback: 1
id: book
title: Send the traffic back
service: shop
objective: 10m
drift:${block}
phases:
  - id: main
    title: Main
    steps:
      - { id: look, run: [look], read_only: true }
      - { id: stop_jobs, run: [stop], undo: { run: [start] } }
      - { id: shift, run: [shift], undo: { run: [shift, back] } }
      - { id: restart, run: [restart], undo: { run: [restart] } }
      - { id: done, end: rolled_back }
`,
    }),
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const clock = systemClock();
  const keeper = openDriftKeeper({
    folder,
    cwd: folder,
    clock,
    redactor: redactor(secrets.map((value) => ({ name: 'password', value }))),
    env: { PATH: process.env['PATH'] ?? '' },
    fromHere: (command) => command,
  });
  return {
    folder,
    keeper,
    session: await openTestSession({ runbook: loaded.runbook, drift: keeper }),
    edit: (name, from, to) => {
      const file = join(folder, name);
      writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    },
  };
}

const waitFor = <Value>(read: () => Value) => vi.waitFor(read, { timeout: 20_000, interval: 10 });

/** Runs a step and waits until what it left has been looked at, and the next one is to be run or the session is over. */
async function run(session: TestSession, step: string): Promise<void> {
  await waitFor(() => expect(session.at(step).status).toBe('ready'));
  await session.say('run', {}, step);
  await waitFor(() => {
    const { current, status } = session.session.view();
    expect(session.context().looks.due).toEqual([]);
    if (status === 'running')
      expect(current[0]).toMatchObject({ status: 'ready', place: { step: not(step) } });
  });
}
const not = (step: string): unknown => expect.not.stringMatching(`^${step}$`);

const drift = (session: TestSession) => session.session.view().drift;
const ended = (session: TestSession) =>
  waitFor(() => expect(session.context().looks.ended || session.context().status === 'closed').toBe(true));

test('R6.6: a file and a weight that runs, changed behind the tool’s back, both appear unasked, and the close is refused until each is disposed of', async () => {
  const { session, edit, folder } = await open();
  await run(session, 'stop_jobs');
  edit('nginx.conf', 'worker_connections 512', 'worker_connections 4096');
  await run(session, 'shift');
  edit('running', 'green1 10.0.0.2:80 weight 0', 'green1 10.0.0.2:80 weight 7');
  await run(session, 'restart');
  await ended(session);

  expect(drift(session)).toMatchObject([
    {
      by: 'walkback',
      target: 'proxy_file',
      key: 'drift_1',
      what: 'nginx.conf, changed by hand: 1 line added, 1 line removed',
    },
    { by: 'walkback', target: 'weights', key: 'drift_2' },
  ]);
  expect(session.session.view().obligations.map(({ key, state }) => [key, state])).toEqual([
    ['drift_1', 'open'],
    ['drift_2', 'open'],
  ]);
  expect(session.context().status).toBe('ended');
  expect(await session.say('close')).toMatchObject({ ok: false, code: 'E_DEBTS' });
  expect(await session.say('waive', { key: 'drift_1' })).toMatchObject({ ok: false, code: 'E_DRIFT' });

  // to put it back is looked at
  expect(await session.say('dispose_drift', { key: 'drift_1', as: 'revert' })).toMatchObject({
    ok: false,
    code: 'E_STILL',
  });
  edit('nginx.conf', 'worker_connections 4096', 'worker_connections 512');
  expect(await session.say('dispose_drift', { key: 'drift_1', as: 'revert' })).toEqual({ ok: true });
  expect(session.context().status).toBe('ended');
  expect(
    await session.say('dispose_drift', { key: 'drift_2', as: 'accept', owner: '', until: '2026-04-01' }),
  ).toMatchObject({ ok: false, code: 'E_OWNER' });
  expect(
    await session.say('dispose_drift', { key: 'drift_2', as: 'accept', owner: 'grace', until: 'soon' }),
  ).toMatchObject({ ok: false, code: 'E_DUE' });
  expect(
    await session.say('dispose_drift', { key: 'drift_2', as: 'accept', owner: 'grace', until: '2026-04-01' }),
  ).toEqual({ ok: true });

  expect(session.context().status).toBe('closed');
  expect(session.facts('pm.item')).toMatchObject([{ id: 'AI-1', owner: 'grace', due: '2026-04-01' }]);
  expect(session.session.view().obligations.map(({ state, owner, due }) => [state, owner, due])).toEqual([
    ['proved', null, null],
    ['carried', 'grace', '2026-04-01'],
  ]);
  // the patch holds what stays, and fits the repository as it was
  const repository = join(folder, 'repository');
  mkdirSync(join(repository, 'proxy'), { recursive: true });
  writeFileSync(join(repository, 'proxy/haproxy.cfg'), weights);
  const git = (...words: readonly string[]) => execFileSync('git', words, { cwd: repository, stdio: 'pipe' });
  git('init', '--quiet');
  writeFileSync(join(folder, 'drift.patch'), driftPatch(session.log.facts()));
  git('apply', join(folder, 'drift.patch'));
  expect(readFileSync(join(repository, 'proxy/haproxy.cfg'), 'utf8')).toBe(
    readFileSync(join(folder, 'running'), 'utf8'),
  );
});

test('R6.6: what a step of the runbook changes is no drift, and what somebody changed before it is seen before it is written over', async () => {
  const { session, edit } = await open();
  session.world.endings['shift'] = ['stays'];
  await run(session, 'stop_jobs');
  edit('running', 'weight 0', 'weight 3');
  await waitFor(() => expect(session.at('shift').status).toBe('ready'));
  await session.say('run', {}, 'shift');
  await waitFor(() => expect(session.world.ran).toContain('shift#1'));
  expect(drift(session)).toMatchObject([
    { target: 'weights', what: expect.stringContaining('1 line added') },
  ]);

  edit('running', 'weight 3', 'weight 100');
  session.world.end('shift#1', 0);
  await run(session, 'restart');
  await ended(session);
  expect(drift(session)).toHaveLength(1);
  expect(session.facts('drift.captured').map(({ id, moment }) => `${id} ${moment}`)).toEqual([
    'proxy_file before',
    'weights before',
    'weights before_step',
    'weights after_step',
    'proxy_file end',
    'weights end',
  ]);
  // whether what was written over since was put back is nobody's to measure: a person says so
  expect(await session.say('dispose_drift', { key: 'drift_1', as: 'revert' })).toEqual({ ok: true });
  expect(session.context().status).toBe('closed');
});

test('R6.6: what could not be looked at is not known to be unchanged', async () => {
  const { session } = await open(`
  - { id: grants, title: Who may write, run: [sh, -c, "exit 3"] }`);
  for (const step of ['stop_jobs', 'shift', 'restart']) await run(session, step);
  await ended(session);

  expect(drift(session)).toMatchObject([
    {
      target: 'grants',
      what: 'Who may write: not known whether it was changed, it could not be read before: exit 3',
      patch: '',
    },
  ]);
  expect(await session.say('dispose_drift', { key: 'drift_1', as: 'revert' })).toMatchObject({
    code: 'E_STILL',
  });
  expect(
    await session.say('dispose_drift', { key: 'drift_1', as: 'codify', reason: 'grants.sql, commit 41af' }),
  ).toEqual({ ok: true });
});

test('R6.6: a session that dies after a change looks again when it comes back, and once', async () => {
  const { session, edit } = await open();
  await run(session, 'stop_jobs');
  const next = await session.dies('resumed');
  edit('nginx.conf', '512', '1024');
  await run(next, 'shift');
  await run(next, 'restart');
  await ended(next);
  expect(next.facts('drift.looked').map(({ moment }) => moment)).toEqual([
    'before',
    'before_step',
    'after_step',
    'end',
  ]);
  expect(drift(next).map(({ target }) => target)).toEqual(['proxy_file']);
  const last = await next.dies('resumed');
  expect(last.session.view().drift).toEqual(drift(next));
});

test('R6.6: lines that do not count are no drift, a secret that changed is, and neither is in the patch', async () => {
  const { folder, edit, keeper } = await open(undefined, ['hunter2', 'hunter3']);
  writeFileSync(join(folder, 'running'), 'resourceVersion: 1\nreplicas: 3\n');
  writeFileSync(join(folder, 'nginx.conf'), 'password hunter2\n');
  const never = new AbortController().signal;
  const look = async (id: string) => {
    const seen = await keeper.look(
      id,
      { path: id === 'spec' ? 'running' : 'nginx.conf' },
      5_000,
      ['^resourceVersion:'],
      never,
    );
    if (!seen.ok) throw new Error(seen.detail);
    return seen;
  };
  const before = [await look('spec'), await look('conf')] as const;
  edit('running', 'resourceVersion: 1', 'resourceVersion: 2');
  edit('nginx.conf', 'hunter2', 'hunter3');
  const after = [await look('spec'), await look('conf')] as const;

  expect(after[0].sum).toBe(before[0].sum);
  expect(after[1].sum).not.toBe(before[1].sum);
  expect(readFileSync(join(folder, after[1].file), 'utf8')).not.toContain('hunter');
  expect(keeper.difference(before[1].file, after[1].file, 'conf')).toEqual({
    patch: '',
    summary: 'what differs is masked as a secret, or does not count',
  });
});

test('R6.6: what a person tells is a drift as well, with why, command and where it can be seen', async () => {
  const { session } = await open();
  await session.say('drift', {
    what: 'raised the pool to 40',
    target: 'db1',
    why: 'it was exhausted',
    command: "alter system set max_connections = '40'",
    link: 'chat, 10:04',
  });
  expect(drift(session)).toMatchObject([
    { key: 'drift_1', by: 'ada', why: 'it was exhausted', evidence: 'chat, 10:04' },
  ]);
  expect(await session.say('dispose_drift', { key: 'drift_1', as: 'codify', reason: ' ' })).toMatchObject({
    ok: false,
    code: 'E_REASON',
  });
  expect(await session.say('carry', { key: 'drift_1', owner: 'grace', due: '2026-04-01' })).toEqual({
    ok: true,
  });
  expect(session.facts('drift.disposed')).toMatchObject([
    { key: 'drift_1', how: 'accepted', owner: 'grace', until: '2026-04-01' },
  ]);
});
