import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { builtProgram } from './built-program.ts';
import { runStep, say } from './person.ts';
import { simpleRunbook } from './runbooks.ts';
import { openMachine, until } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 240_000 };

// built once, not by each story
beforeAll(() => builtProgram(), 180_000);

/** Each story has a machine of its own: they wait more than they compute, so they are told at the same time. */
async function alone(tell: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = await openMachine();
  try {
    machine.file('simple.yaml', simpleRunbook);
    await tell(machine);
  } finally {
    await machine.remove();
  }
}

const effects = (machine: Machine): readonly string[] => {
  const file = join(machine.folder, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};
const newest = (
  machine: Machine,
): { readonly id: string; readonly status: string; readonly outcome: string | null } => {
  const [row] = machine.sql(
    'SELECT id, status, outcome FROM session_row ORDER BY started DESC, id DESC LIMIT 1',
  );
  return row as ReturnType<typeof newest>;
};
const agentsGone = (machine: Machine) => until(() => machine.processes().length === 0, 'the agent to leave');

test.concurrent(
  'a session that goes through ends with 0, its record round-trips, and nothing is left running',
  slow,
  () =>
    alone(async (machine) => {
      const terminal = machine.person(['run', 'simple.yaml']);
      for (const step of ['pause', 'change', 'give_back']) await runStep(terminal, step);
      expect(await terminal.exited).toBe(0);
      expect(terminal.raw()).not.toContain('rruunn'); // what is typed is echoed once
      expect(effects(machine)).toEqual(['pause', 'change', 'release']);
      await agentsGone(machine);

      const { id, status, outcome } = newest(machine);
      expect({ status, outcome }).toEqual({ status: 'closed', outcome: 'rolled_back' });
      const md = await machine.walkback(['export', id, '--format', 'md']);
      expect(md.stdout).toMatch(/\| Outcome \| rolled.back/);
      expect(md.stdout).toContain('Jobs are paused');
      expect(md.stdout).toContain('verified, unbroken');
      const json = await machine.walkback(['export', id, '--format', 'json']);
      expect(JSON.parse(json.stdout)).toMatchObject({
        session: { id, outcome: 'rolled_back' },
        verified: { ok: true },
      });
      for (const flags of [[], ['--redacted']]) {
        const { stdout } = await machine.walkback(['export', id, '--format', 'jsonl', ...flags]);
        machine.file('session.jsonl', stdout);
        const verified = await machine.walkback(['verify', '--file', 'session.jsonl']);
        expect(verified.stdout).toContain(`ledger verified, ${stdout.trim().split('\n').length} events`);
        expect(verified.code).toBe(0);
        expect(stdout.includes('the jobs rest')).toBe(flags.length === 0);
      }
      // G3: the words that the end showed hold the record to it; others do not
      const [, words = ''] =
        /its head: ((?:[a-z]+ ){11}[a-z]+)/.exec(terminal.raw().replaceAll(/\s+/g, ' ')) ?? [];
      expect((await machine.walkback(['verify', id, '--head', words])).code).toBe(0);
      expect((await machine.walkback(['verify', '--file', 'session.jsonl', '--head', words])).code).toBe(0);
      const other = await machine.walkback(['verify', id, '--head', words.split(' ').toReversed().join(' ')]);
      expect(other).toMatchObject({ code: 3 });
      expect(other.stdout).toContain('BROKEN');
      expect(await machine.walkback(['verify', '--head', words])).toMatchObject({ code: 2 });
      const shown = await machine.walkback(['show', id.slice(0, -2)]);
      expect(shown.stdout).toContain('chain        verified');
      const listed = await machine.walkback(['sessions', '--open']);
      expect(listed.stdout).toBe('No sessions yet.\n');
      expect((await machine.walkback(['resume', id])).code).toBe(0);
    }),
);

async function endedWithDebt(machine: Machine): Promise<string> {
  const terminal = machine.person(['run', 'simple.yaml']);
  for (const step of ['pause', 'change']) await runStep(terminal, step);
  await say(
    terminal,
    /\(give_back, attempt 1\) is ready[^]*you can type: run/,
    'skip the jobs rest until the morning',
  );
  await say(terminal, 'still owed: jobs; type release DEBT', 'leave');
  expect(await terminal.exited).toBe(5);
  await agentsGone(machine);
  const { id, status } = newest(machine);
  expect(status).toBe('ended');
  return id;
}

test.concurrent(
  'a session that ends in debt exits 5, and the debt is given back from another terminal, with its proof',
  slow,
  () =>
    alone(async (machine) => {
      const id = await endedWithDebt(machine);
      const owed = await machine.walkback(['obligations']);
      expect(owed.stdout).toMatch(new RegExp(`jobs .* open .*${id} .*Jobs are paused`));
      expect(owed.code).toBe(5);
      expect((await machine.walkback(['resume', id])).code).toBe(5);
      expect((await machine.walkback([])).stdout).toContain(
        `walkback obligations --release jobs --session ${id}`,
      );

      // without a terminal nobody can say yes: nothing runs
      const alone = await machine.walkback(['obligations', '--release', 'jobs']);
      expect(alone.code).toBe(2);
      expect(effects(machine)).toEqual(['pause', 'change']);

      const terminal = machine.person(['obligations', '--release', 'jobs', '--session', id]);
      await say(terminal, 'you can type: run', 'run');
      await say(terminal, /Type yes to run it, anything else to leave it: $/m, 'yes');
      expect(await terminal.exited).toBe(0);
      expect(effects(machine)).toEqual(['pause', 'change', 'release']);
      expect(await machine.walkback(['obligations'])).toMatchObject({
        stdout: 'Nothing is owed.\n',
        code: 0,
      });
      expect(newest(machine)).toMatchObject({ id, status: 'closed' });
      await agentsGone(machine);
      expect((await machine.walkback(['verify', id])).code).toBe(0);
    }),
);

test.concurrent(
  'a debt is carried to somebody until a date, and given up later; each with its reason on record',
  slow,
  () =>
    alone(async (machine) => {
      const id = await endedWithDebt(machine);
      const due = ['--owner', 'grace', '--due', '2030-01-31'];
      const carried = await machine.walkback([
        'obligations',
        '--carry',
        'jobs',
        ...due,
        '--reason',
        'the night is short',
      ]);
      expect(carried).toMatchObject({ stdout: 'jobs: carried\n', stderr: '', code: 0 });
      const owed = await machine.walkback(['obligations', '--json']);
      expect(JSON.parse(owed.stdout)).toMatchObject({
        obligations: [{ key: 'jobs', state: 'carried', owner: 'grace', due: '2030-01-31', session: id }],
      });
      expect(newest(machine)).toMatchObject({ status: 'closed' });

      const release = await machine.walkback(['obligations', '--release', 'jobs']);
      expect(release.stderr).toContain('Give it back by hand');
      expect(release.code).toBe(6);
      const waived = await machine.walkback(['obligations', '--waive', 'jobs', '--reason', 'done by hand']);
      expect(waived).toMatchObject({ stdout: 'jobs: waived\n', stderr: '', code: 0 });
      expect(await machine.walkback(['obligations'])).toMatchObject({
        stdout: 'Nothing is owed.\n',
        code: 0,
      });
      const { stdout } = await machine.walkback(['export', id, '--format', 'jsonl']);
      expect(stdout).toContain('the night is short');
      expect(stdout).toContain('done by hand');
      expect((await machine.walkback(['verify', id])).code).toBe(0);
    }),
);

test.concurrent('a debt is waived at once with a reason', slow, () =>
  alone(async (machine) => {
    const id = await endedWithDebt(machine);
    const waived = await machine.walkback([
      'obligations',
      '--waive',
      'jobs',
      '--reason',
      'nobody needs the jobs',
    ]);
    expect(waived).toMatchObject({ stdout: 'jobs: waived\n', code: 0 });
    expect(newest(machine)).toMatchObject({ id, status: 'closed' });
    expect((await machine.walkback(['obligations', '--all'])).stdout).toContain('waived');
  }),
);

test.concurrent('abort goes back through undo, each step said yes to, and ends with 3', slow, () =>
  alone(async (machine) => {
    const first = machine.person(['run', 'simple.yaml']);
    for (const step of ['pause', 'change']) await runStep(first, step);
    await say(first, /\(give_back, attempt 1\) is ready[^]*you can type: run/, 'leave');
    expect(await first.exited).toBe(4);
    const { id } = newest(machine);

    // the login ends, and its runtime folder with the agent's socket goes with it
    const address = join(machine.folder, '../data/walkback/sessions', id, 'socket');
    rmSync(machine.env['XDG_RUNTIME_DIR'] ?? '', { recursive: true });
    writeFileSync(machine.env['XDG_RUNTIME_DIR'] ?? '', '');
    await until(() => existsSync(readFileSync(address, 'utf8')), 'the agent to listen elsewhere');
    const noted = await machine.walkback(['note', 'wrong release after all', '--session', id]);
    expect(noted).toMatchObject({ stdout: 'note recorded\n', code: 0 });
    const drifted = await machine.walkback([
      'drift',
      'restarted the cache',
      '--target',
      'cache',
      '--session',
      id,
    ]);
    expect(drifted).toMatchObject({ stdout: 'drift recorded\n', code: 0 });

    const terminal = machine.person(['abort', id, '--reason', 'wrong release']);
    for (let way = 0; way < 2; way += 1) {
      await say(terminal, /you can type: run[^]*$/, 'run');
      await say(terminal, /Type yes to run it, anything else to leave it: $/m, 'yes');
      await terminal.waitFor(way === 0 ? /undo/ : /aborted/, 60_000);
    }
    // what was changed by hand holds the close until somebody says what becomes of it
    await say(terminal, /still owed: drift_1; type dispose DRIFT codify[^]*$/, 'close');
    await say(terminal, /refused E_DEBTS[^]*$/, 'dispose drift_1 revert nothing of it is left');
    expect(await terminal.exited).toBe(3);
    expect(effects(machine)).toEqual(['pause', 'change', 'undo', 'release']);
    expect(newest(machine)).toMatchObject({ id, status: 'closed', outcome: 'aborted' });
    const { stdout } = await machine.walkback(['show', id]);
    expect(stdout).toContain('wrong release after all');
    expect(stdout).toContain('restarted the cache');
    await agentsGone(machine);
  }),
);

test.concurrent(
  'SIGTERM stops a session without a terminal at its boundary; it is resumable and nothing is left running',
  slow,
  () =>
    alone(async (machine) => {
      machine.file(
        'waiting.yaml',
        simpleRunbook
          .replace('id: simple', 'id: waiting')
          .replace('run: [test, -d, .]', 'run: [sh, -c, "echo looked >> effects; sleep 2; test -d ."]'),
      );
      const running = machine.start(['run', 'waiting.yaml']);
      await until(
        () => effects(machine).length > 0 && running.stdout().includes('step look performing'),
        'the first step',
      );
      running.child.kill('SIGTERM');
      const { stdout, stderr, code } = await running.ended;
      expect([4, 143]).toContain(code);
      expect(stdout).toMatch(/walkback resume/);
      expect(stderr).toBe('');
      await until(() => machine.processes().length === 0, 'everything to end');
      const { id, status } = newest(machine);
      expect(status).toBe('running');
      const again = await machine.walkback(['resume', id]);
      expect(again.stdout).toContain('(pause, attempt 1) is ready');
      expect(again.code).toBe(2);
      expect((await machine.walkback(['verify', id])).code).toBe(0);
    }),
);
