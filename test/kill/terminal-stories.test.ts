import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isAlive, markedProcesses, sessionVariable } from '../../src/actions/attempts/process-table.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import { sessionFolder } from '../../src/cli/starting/session-folder.ts';
import { processesOf, until } from '../fixtures/runner/open-test-runner.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { slowChange, tellStory } from '../torture-lib/story.ts';
import type { Story } from '../torture-lib/story.ts';
import { openTerminal } from '../tty-lib/terminal.ts';
import type { TestTerminal } from '../tty-lib/terminal.ts';
import { killProcess } from '../torture-lib/kill-process.ts';

let programs: SessionPrograms;
let open: TestTerminal[] = [];
beforeAll(async () => {
  programs = await bundleSessionPrograms(true);
}, 120_000);
afterEach(async () => {
  await Promise.all(open.map((terminal) => terminal.kill()));
  open = [];
});
afterAll(() => programs.remove());

const limit = { timeout: 240_000 };
const patienceMs = 45_000;

/** An answer that comes sooner after its question was meant for something else. */
const deadMs = 600;

/** `walkback` as a person types it, in a terminal of its own. */
function walkback({ bench }: Story, ...args: readonly string[]): TestTerminal {
  const terminal = openTerminal({
    command: process.execPath,
    args: [programs.walkback, ...args],
    cols: 160,
    rows: 50,
    cwd: bench.root,
    env: { ...bench.around.env, [sessionVariable]: bench.session },
  });
  open.push(terminal);
  return terminal;
}

/** Kills screen, agent, supervisor and command, and waits until nothing of the session runs. */
async function killEverything({ bench }: Story): Promise<void> {
  const { session, around } = bench;
  const supervisor = readSupervisor(sessionFolder(around, session));
  const [command] = markedProcesses({ session, attempt: 'change#1' });
  const { host, screen } = bench.pids();
  for (const pid of [screen, host, supervisor?.pid, command?.pid]) {
    if (pid === undefined) throw new Error('somebody is not there to be killed');
    process.kill(pid, 'SIGKILL');
  }
  await until('all are gone', () => bench.isGone('host') && bench.isGone('screen'));
  await until('the rest is gone', () => supervisor === null || !isAlive(supervisor));
}

/** Types a line, again where it came too soon after the screen had changed, until it is answered so. */
async function say(terminal: TestTerminal, line: string, answer: RegExp): Promise<void> {
  const refusals = (): number => terminal.raw().split('not taken').length;
  const answered = (): boolean => answer.test(terminal.screen().join('\n'));
  while (!answered()) {
    const before = refusals();
    terminal.press(`${line}\r`);
    await until(`an answer to ${line}`, () => answered() || refusals() > before, patienceMs);
  }
}

/** Leaves the session: its agent ends at the boundary. */
async function stopHere({ bench }: Story, terminal: TestTerminal): Promise<number> {
  await say(terminal, 'stop enough for today', /stopped|resume with/i);
  const code = await terminal.exited;
  await until('the agent has ended', () => processesOf(bench.session).length === 0, patienceMs);
  return code;
}

test.each([
  { answer: 'done', leads: /after.*attempt 1.*is ready/ },
  { answer: 'not_done', leads: /change.*attempt 1.*is failed/ },
  { answer: 'run_again', leads: /change.*attempt 2.*is ready/ },
])(
  'after everything was killed, resume shows the doubt with the author’s probe and takes “$answer”; nothing runs by itself',
  limit,
  async ({ answer, leads }) =>
    tellStory(programs, async (story) => {
      await story.begin();
      await killEverything(story);
      const terminal = walkback(story, 'resume', '--plain');
      await terminal.waitFor('is in doubt', patienceMs);
      await terminal.waitFor(/probe: effects.*0/, patienceMs);
      await terminal.waitFor(/you can type: .*doubt done REASON/, patienceMs);
      await say(terminal, `doubt ${answer} the file was looked at`, leads);
      expect(story.lines('journal')).toEqual(['begin']);
      expect(story.lines('effects')).toEqual([]);
      const resolved = story.facts().filter(({ type }) => type === 'doubt.resolved');
      expect(resolved).toMatchObject([{ as: answer, reason: 'the file was looked at' }]);
      expect(await stopHere(story, terminal)).toBe(4);
    }),
);

test(
  'a terminal that hangs up takes the front end along, and the agent and its command go on',
  limit,
  async () =>
    tellStory(programs, async (story) => {
      await story.begin();
      const terminal = walkback(story, 'resume', '--plain');
      await terminal.waitFor('output change#1: 20000', patienceMs);
      terminal.signal('SIGHUP');
      expect(await terminal.exited).toBe(129);
      await until('its leaving is recorded', () =>
        story.facts().some(({ type }) => type === 'client.detached'),
      );
      expect(story.facts().some(({ type }) => type === 'session.stopped')).toBe(false);
      expect(story.bench.isGone('host')).toBe(false);
      story.letGo();
      await until(
        'the ending is recorded',
        () => story.facts().some(({ type }) => type === 'command.ended'),
        patienceMs,
      );
    }),
);

test('a front end without a terminal whose reader goes costs nothing but the front end', limit, async () =>
  tellStory(programs, async (story) => {
    await story.begin();
    const { bench } = story;
    killProcess(bench.pids().host, 'SIGKILL');
    await until('the agent is gone', () => bench.isGone('host'));
    // In a pipe the session lives in this very process.
    const command = `exec 2>errors; ${JSON.stringify(process.execPath)} ${JSON.stringify(programs.walkback)} resume --plain | head -1 >first; echo over`;
    const shell = spawnSync('bash', ['-c', command], {
      cwd: bench.root,
      env: { ...bench.around.env, [sessionVariable]: bench.session },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: patienceMs,
    });
    expect(shell.stdout).toBe('over\n');
    expect(readFileSync(`${bench.root}/errors`, 'utf8')).not.toMatch(/^\s+at /m);
    expect(markedProcesses({ session: bench.session, attempt: 'change#1' })).not.toEqual([]);
    story.letGo();
    bench.repair();
    await until('the change has ended', () => bench.view()?.current[0]?.status === 'failed', patienceMs);
    expect(story.lines('journal')).toEqual(['begin', 'end']);
  }),
);

/** A PostgreSQL (by its grants) and a file of SQLite are frozen as one around the slow change, by the program's own command. */
const frozenRunbook = ({ url }: TestPostgres): string => {
  const freeze = (...words: readonly string[]): string =>
    JSON.stringify([process.execPath, programs.walkback, 'freeze', ...words]);
  const env = `env: { PG_ORDERS: "${url}", PG_ORDERS_APP: "${applicationOf(url)}" }`;
  const state = `{ run: ${freeze('state', '--stores', 'stores.yaml')}, ${env}, timeout: 1m, expect: { equals: `;
  return `walkback: 1
id: frozen_story
title: One slow change in a frozen database
service: trial
owner: tests
objective: 10m
maturity: staging
probes:
  effects: { run: [sh, -c, 'wc -l < effects'] }
phases:
  - id: work
    title: Work
    steps:
      - id: freeze
        title: Freeze the writes
        run: ${freeze('stores', 'stores.yaml', '--names=orders,cart', '--drain=5s')}
        ${env}
        timeout: 1m
        opens:
          id: writes
          title: Writes to orders and cart are frozen
          ttl: 2h
          release: { run: ${freeze('thaw', '--stores', 'stores.yaml')}, ${env}, timeout: 1m }
          proof: ${state} open } }
        verify: ${state} frozen } }
${slowChange}
        undo: { run: ['true'] }
      - { id: thaw, title: Thaw, release: [writes] }
      - { id: over, end: rolled_back }
`;
};

const applicationOf = (url: string): string => url.replace(/\/\/[^@]*@/, '//shop_app:app@');

/** The shop in both: what each of its writes comes to, null where it is kept. */
interface Customers {
  readonly writes: () => Promise<readonly (string | null)[]>;
  readonly leave: () => Promise<void>;
}

/** Customers of a session that was there before the freeze, and of new ones. */
async function customersOf({ url, run }: TestPostgres, folder: string): Promise<Customers> {
  await run("create role shop_app login password 'app'");
  await run('create table orders (id serial primary key); grant insert on orders to shop_app');
  await run('grant usage on sequence orders_id_seq to shop_app');
  const file = new Database(path.join(folder, 'shop.db'));
  file.exec('create table orders (id integer primary key)');
  writeFileSync(
    path.join(folder, 'stores.yaml'),
    `walkback_freeze: 1
stores:
  - { id: orders, postgres: PG_ORDERS, application: PG_ORDERS_APP, roles: [shop_app] }
  - { id: cart, sqlite: shop.db }
`,
  );
  const order = 'insert into orders default values';
  const client = async (): Promise<pg.Client> => {
    const made = new pg.Client({ connectionString: applicationOf(url) });
    await made.connect();
    return made;
  };
  const kept = async (write: () => unknown): Promise<string | null> => {
    try {
      await write();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const old = await client();
  return {
    writes: async () => {
      const fresh = await client();
      try {
        return [
          await kept(() => old.query(order)),
          await kept(() => fresh.query(order)),
          await kept(() => file.exec(order)),
        ];
      } finally {
        await fresh.end();
      }
    },
    leave: async () => {
      file.close();
      await old.end();
    },
  };
}

test(
  'everything is killed while the database is frozen: resume shows the freeze as a debt, and going on thaws it',
  limit,
  async () => {
    const postgres = await openPostgres();
    onTestFinished(() => postgres.stop());
    await tellStory(
      programs,
      async (story) => {
        const { bench } = story;
        const customers = await customersOf(postgres, bench.root);
        onTestFinished(() => customers.leave());
        const stepIs = (step: string, status: string): boolean => {
          const [here] = bench.view()?.current ?? [];
          return here?.place.step === step && here.status === status;
        };
        await until('the freeze waits to be run', () => stepIs('freeze', 'ready'), patienceMs);
        bench.send({ type: 'run', place: { step: 'freeze', item: '' }, attempt: 'freeze#1', typed: null });
        await until('it is frozen', () => stepIs('change', 'ready'), patienceMs);
        await story.begin();

        await killEverything(story);
        const refused = [
          expect.stringContaining('permission denied'),
          expect.stringContaining('permission denied'),
          expect.stringMatching(/frozen|freeze/i),
        ];
        expect(await customers.writes()).toEqual(refused); // the freeze outlives whoever made it

        const terminal = walkback(story, 'resume', '--plain');
        await terminal.waitFor('is in doubt', patienceMs);
        await terminal.waitFor(/Writes to orders and cart are frozen/, patienceMs);
        expect(await customers.writes()).toEqual(refused); // shown, and not touched by resuming
        await say(terminal, 'doubt done the file was looked at', /thaw.*attempt 1.*is ready/);
        await say(terminal, 'run', /Type yes to run it/);
        let [asked, since] = [0, performance.now()];
        await until(
          'it is thawed',
          () => {
            const questions = terminal.raw().split('Type yes to run it').length;
            if (questions > asked) [asked, since] = [questions, performance.now()];
            else if (performance.now() - since > deadMs) {
              since = Infinity; // once a question: a yes that comes too soon after it is asked for again
              terminal.press('yes\r');
            }
            return story.facts().some(({ type }) => type === 'obligation.discharged');
          },
          patienceMs,
        );
        expect(await customers.writes()).toEqual([null, null, null]);
        const ends = story.facts().filter(({ type }) => type === 'obligation.discharged');
        expect(ends).toMatchObject([{ key: 'writes' }]);
        terminal.press('quit\r');
        await terminal.exited;
      },
      { runbook: frozenRunbook(postgres) },
    );
  },
);
