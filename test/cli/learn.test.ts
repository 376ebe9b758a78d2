import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { actions } from '../../src/cli/commands/actions.ts';
import { approve } from '../../src/cli/commands/approve.ts';
import { learn } from '../../src/cli/commands/learn.ts';
import { postmortem } from '../../src/cli/commands/postmortem.ts';
import { examine } from '../../src/cli/load.ts';
import { homeLists } from '../../src/cli/records/home-lists.ts';
import { pinnedFolder, writeStartFile } from '../../src/cli/starting/session-folder.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import { coverage } from '../../src/machine/coverage.ts';
import { edgesOf } from '../../src/machine/edges.ts';
import { walkedEdges } from '../../src/machine/walk.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { readFacts } from '../../src/ledger/parse-facts.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { temporaryFolder } from '../ledger/temporary-ledger.ts';
import { shown, started } from '../report/events.ts';

const runbookText = `walkback: 1
id: shop
title: Put the copy back
service: shop
objective: 10m
maturity: staging
environments:
  staging: {}
roles:
  reviewers: { users: [grace, ada], signers: keys/allowed_signers }
# what is done, in this order
phases:
  - id: work
    title: Work
    steps:
      - id: choose
        decide: Is the copy to go back?
        options:
          - { id: back, title: Put it back, goto: copy }
          - { id: leave, title: Leave it, end: not_needed }
      - id: copy # the slow part
        title: Copy the files back
        run: [cp, -r, old, new]
        timeout: 5s
        undo: { run: [rm, -r, new] }
      - { id: look, title: Look, check: { run: [test, -d, new], expect: { exit: 0 } } }
      - { id: glance, title: Glance at the graph, check: { run: [test, -d, new], expect: { exit: 0 } } }
      - { id: done, end: rolled_back }
`;

interface Shop {
  readonly around: Surroundings;
  readonly repo: string;
  readonly file: string;
  readonly printed: () => string;
  readonly git: (...args: readonly string[]) => string;
  readonly facts: (session: string) => readonly Fact[];
}

/** A repository with one runbook, and a ledger in which it ran six times well and once into its limit. */
function shop(): Shop {
  const folder = temporaryFolder();
  const repo = join(folder, 'repo');
  const file = join(repo, 'ops', 'shop.yaml');
  mkdirSync(join(repo, 'ops', 'keys'), { recursive: true });
  writeFileSync(file, runbookText);
  for (const name of ['ada', 'grace'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  writeFileSync(
    join(repo, 'ops', 'keys', 'allowed_signers'),
    ['ada', 'grace'].map((name) => `${name} ${readFileSync(join(folder, `${name}.pub`), 'utf8')}`).join(''),
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'ada',
    GIT_AUTHOR_EMAIL: 'ada@shop.example',
    GIT_COMMITTER_NAME: 'ada',
    GIT_COMMITTER_EMAIL: 'ada@shop.example',
  };
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', repo, ...args], { env, encoding: 'utf8' });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'The runbook');

  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const around: Surroundings = {
    env,
    cwd: repo,
    user: 'ada',
    uid: process.getuid?.() ?? 0,
    isTerminal: false,
    columns: 100,
    rows: 30,
    dataFolder: folder,
    ledgerPath: join(folder, 'ledger.db'),
    sessionsFolder: join(folder, 'sessions'),
    runtimeFolder: undefined,
    temporaryFolder: folder,
    systemFolder: '/nowhere',
    programFolder: folder,
    runtime: process.execPath,
    write: print,
    warn: print,
  };
  const open = () =>
    openLedger({
      path: around.ledgerPath,
      boot: 'boot-1',
      now: () => ({ ms: dayMs, iso: new Date(dayMs).toISOString() }),
      mono: () => performance.now(),
    });
  const ledger = open();
  const { loaded } = examine(file);
  if (!loaded.ok) throw new Error('the runbook of this test does not compile');
  for (let n = 1; n <= 7; n += 1) {
    const session = `2026030${String(n)}-1000`;
    writeStartFile(around, {
      version: 1,
      session,
      runbook: 'shop.yaml',
      root: join(repo, 'ops'),
      environment: 'staging',
      mode: 'LIVE',
      inputs: {},
      values: {},
      env: {},
      speed: 1,
      epoch: null,
      user: 'ada',
    });
    cpSync(join(repo, 'ops'), pinnedFolder(around, session), { recursive: true });
    const log = openSessionLog(ledger, session);
    const at = `2026-03-0${String(n)}T10:00:00.000Z`;
    log.append(
      walked(loaded.runbook.hash, n === 7 ? null : 4_000 + n * 100).map((fact) => ({
        fact,
        actor: 'walkback',
        at,
      })),
    );
    log.close();
  }
  ledger.close();
  return {
    around,
    repo,
    file,
    git,
    printed: () => {
      const text = printed;
      printed = '';
      return text;
    },
    facts: (session) => {
      const opened = open();
      const facts = readFacts(opened, session).map(({ fact }) => fact);
      opened.close();
      return facts;
    },
  };
}

const dayMs = Date.parse('2026-03-08T10:00:00Z');

/** One session from start to close; without a time the copy runs into its limit, and somebody finds that it was done. */
function walked(hash: string, copyMs: number | null): readonly Fact[] {
  const at = (step: string) => ({ place: { step, item: '' }, attempt: `${step}#1` });
  const readied = (step: string): Fact => ({
    type: 'step.readied',
    ...at(step),
    shown: shown(step, null),
    debt: null,
  });
  const ended: Fact = {
    type: 'command.ended',
    ...at('copy'),
    ending: copyMs === null ? 'timed_out' : 'exited',
    exitCode: copyMs === null ? null : 0,
    signal: copyMs === null ? 'SIGTERM' : null,
    durationMs: copyMs ?? 5_000,
    outputs: {},
    output: null,
    tail: '',
    doubt: copyMs === null ? 'timeout' : null,
  };
  return [
    {
      ...started,
      runbook: {
        id: 'shop',
        title: 'Put the copy back',
        service: 'shop',
        hash,
        file: 'shop.yaml',
        objectiveMs: 600_000,
      },
      environment: 'staging',
      production: false,
    },
    readied('choose'),
    {
      type: 'decision.made',
      ...at('choose'),
      by: 'ada',
      option: 'back',
      title: 'Put it back',
      reason: null,
      fields: {},
      objection: null,
      shownAt: '2026-03-01T10:00:00.000Z',
      recommended: null,
      againAt: null,
    },
    readied('copy'),
    ended,
    ...(copyMs === null
      ? [
          {
            type: 'doubt.resolved',
            ...at('copy'),
            by: 'ada',
            as: 'done',
            reason: 'all files are there',
          } as const,
        ]
      : []),
    readied('look'),
    { type: 'check.judged', ...at('look'), result: 'pass', timedOut: false, readings: [], durationMs: 10 },
    readied('glance'),
    { type: 'operator.skipped', ...at('glance'), by: 'ada', reason: 'nobody looks there', override: false },
    readied('done'),
    { type: 'session.ended', outcome: 'rolled_back', reason: '' },
    { type: 'session.closed', openDebts: 0 },
  ];
}

const last = '20260307-1000';

test('R7.2: a session with a timeout gives a diff that applies, compiles, and keeps every other line as it was', async () => {
  const { around, repo, file, git, printed } = shop();
  expect(await learn(around, last, { json: true }, dayMs)).toBe(0);
  const { patch, changes, version } = JSON.parse(printed()) as {
    patch: string;
    changes: readonly string[];
    version: number;
  };
  expect(version).toBe(1);
  expect(changes).toEqual([
    'copy timed out: a failure mode of this runbook',
    'copy has 7s instead of 5s (p95 of 6 good endings is 4s600ms)',
    'a branch for when copy timed out',
    'glance is gone: every one of 7 sessions skipped it',
  ]);

  const saved = join(repo, 'learned.patch');
  writeFileSync(saved, patch);
  git('apply', saved);
  const { loaded, problems } = examine(file);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (!loaded.ok) throw new Error('it does not compile');
  const { runbook } = loaded;
  expect(runbook.version).toBe(1);
  expect(runbook.failureModes).toEqual([{ id: 'copy_timed_out', title: null, step: 'copy', seenIn: [last] }]);
  expect(runbook.changes).toMatchObject([{ version: 1, session: last, resolves: [] }]);
  const copy = runbook.phases[0]?.steps[1];
  expect(copy).toMatchObject({
    timeoutMs: 7_000,
    on: { timeout: { kind: 'goto', target: 'copy_timed_out' } },
  });
  expect(runbook.phases.at(-1)).toMatchObject({ id: 'copy_timed_out', offPath: true });
  const removed = patch.split('\n').filter((line) => /^-(?!--)/.test(line));
  expect(removed).toEqual([
    '-        timeout: 5s',
    '-      - { id: glance, title: Glance at the graph, check: { run: [test, -d, new], expect: { exit: 0 } } }',
  ]);
});

test('R7.2: the practice of the changed ways on falls to 0, that of the others stays, and a drill is asked for', async () => {
  const { around, repo, file, git, printed, facts } = shop();
  const before = examine(file).loaded;
  await learn(around, last, {}, dayMs);
  const said = printed();
  expect(said).toMatch(
    /ways on change, \d+ of them practised: coverage \d+ % → \d+ %; practise them: walkback drill/,
  );
  writeFileSync(join(repo, 'p'), said.slice(said.indexOf('diff --git')));
  git('apply', 'p');
  const after = examine(file).loaded;
  if (!before.ok || !after.ok) throw new Error('it does not compile');

  const walks = [
    {
      person: 'ada',
      atMs: dayMs,
      edges: walkedEdges(
        before.runbook,
        facts('20260301-1000').map((fact) => ({ ...fact, at: '2026-03-01T10:00:00.000Z' })),
      ).map(({ edge }) => edge),
    },
  ];
  const best = (runbook: typeof before.runbook, edge: string) =>
    coverage(edgesOf(runbook), walks, dayMs).edges.find((row) => row.edge.id === edge)?.best;
  expect(best(before.runbook, 'copy -pass-> look')).toBe(1);
  expect(best(after.runbook, 'copy -pass-> look')).toBe(0);
});

test('R7.2: a branch holds the change, its merge alone closes nothing, a review by somebody else closes the item', async () => {
  const { around, repo, file, git, printed, facts } = shop();
  await postmortem(around, last, {
    item: 'new',
    text: 'Give the copy more time',
    owner: 'grace',
    due: '2026-04-01',
  });
  printed();
  const head = git('rev-parse', 'HEAD');

  await learn(around, last, { branch: true, resolves: ['AI-1'] }, dayMs);
  expect(printed()).toMatch(new RegExp(`learn/${last} [0-9a-f]{40}`));
  expect(git('rev-parse', 'HEAD')).toBe(head);
  expect(git('status', '--porcelain')).toBe('');
  expect(git('show', `learn/${last}:ops/shop.yaml`)).toMatch(/resolves: \[AI-1\]/);
  expect(facts(last).at(-1)).toMatchObject({ type: 'learn.proposed', base: 'main', resolves: ['AI-1'] });
  await expect(learn(around, last, { branch: true }, dayMs)).rejects.toThrow(/is there already/);

  const state = async (): Promise<string> => {
    await actions(around, {}, dayMs);
    return printed();
  };
  expect(await state()).toMatch(/^AI-1 {2}open .*: no version of shop resolves it/);
  git('checkout', '-q', `learn/${last}`);
  expect(await state()).toMatch(/open .*version 1 has not landed on main/);
  git('checkout', '-q', 'main');
  git('merge', '-q', '--ff-only', `learn/${last}`);
  expect(await state()).toMatch(/open .*it needs a review and has none/);
  await approve(around, file, { key: join(around.dataFolder, 'ada'), as: 'ada' });
  expect(await state()).toMatch(/open .*its review is by ada/);
  await approve({ ...around, user: 'grace' }, file, { key: join(around.dataFolder, 'grace'), as: 'grace' });
  printed();
  expect(await state()).toMatch(/^AI-1 {2}resolved .*version 1 of shop, reviewed by grace/);

  expect(facts(last).filter(({ type }) => type === 'pm.item_closed')).toMatchObject([
    {
      id: 'AI-1',
      how: 'resolved',
      runbook: { id: 'shop', version: 1, commit: git('rev-parse', 'main').trim() },
    },
  ]);
  expect(homeLists(around, dayMs).obligations).toEqual([]);
  expect(await state()).toBe('No action item is open.\n');
  expect(repo).toBe(around.cwd);
});

test('an action item past its day is overdue, and one that is given up says so', async () => {
  const { around, printed, facts } = shop();
  await postmortem(around, last, { item: 'new', text: 'A second copy', due: '2026-03-07' });
  expect(await actions(around, {}, Date.parse('2026-03-07T23:00:00Z'))).toBe(0);
  expect(await actions(around, {}, dayMs)).toBe(5);
  expect(printed()).toMatch(/AI-1 {2}OVERDUE/);
  await expect(actions(around, { drop: 'AI-1' }, dayMs)).rejects.toThrow(/A reason is needed/);
  await actions(around, { drop: 'AI-1', reason: 'the service is gone' }, dayMs);
  expect(facts(last).at(-1)).toMatchObject({ type: 'obligation.discharged', key: 'AI-1', how: 'waived' });
});
