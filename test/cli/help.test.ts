import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookingRunbook, simpleRunbook } from './runbooks.ts';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;

beforeAll(async () => {
  machine = await openMachine();
  machine.file('simple.yaml', simpleRunbook);
  machine.file('looking.yaml', lookingRunbook);
  machine.file('question.yaml', lookingRunbook.replace('phases:', `${inputAsked}phases:`));
}, 180_000);
afterAll(() => machine.remove());

const inputAsked = 'inputs:\n  release: { type: version, ask: Which release is failing?, example: 2.0.0 }\n';

const commands = [
  'run',
  'resume',
  'rebase',
  'abort',
  'drill',
  'sandbox',
  'check',
  'evaluate',
  'lint',
  'plan',
  'graph',
  'migrate',
  'fmt',
  'new',
  'watch',
  'proposals',
  'stay',
  'sessions',
  'history',
  'stats',
  'show',
  'export',
  'verify',
  'obligations',
  'approve',
  'note',
  'drift',
  'doctor',
  'status',
  'postmortem',
  'learn',
  'actions',
  'deploy',
  'data',
  'lease',
  'pipeline',
  'jobs',
  'silence',
  'errors',
  'traffic',
  'planned',
  'schema',
  'freeze',
] as const;

test('the help of the program names every command, and no other', slow, async () => {
  const { stdout, stderr, code } = await machine.walkback(['--help']);
  const listed = [...(stdout.split('Commands:')[1]?.split('Examples:')[0] ?? '').matchAll(/^ {2}([a-z]+)/gm)];
  expect(listed.map(([, name]) => name)).toEqual(commands);
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test.each(commands)('%s --help prints an example on standard output and exits 0', slow, async (command) => {
  const { stdout, stderr, code } = await machine.walkback([command, '--help']);
  expect(stdout).toContain(`Usage: walkback ${command}`);
  expect(stdout).toMatch(new RegExp(`Examples:\n  \\$ walkback ${command}`));
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test.each([
  [['frobnicate'], 'There is no command “frobnicate”'],
  [['drll'], 'Did you mean "drill"?'],
  [['run'], 'Which runbook?'],
  [['run', '--adhoc'], 'What is it about?'],
  [['run', 'simple.yaml', '--adhoc', '--title', 'x'], 'Leave one out'],
  [['run', '--adhoc', '--title', 'two\nlines'], 'on one line'],
  [['run', '--adhoc', '--title', 'x', '--env', 'The Moon'], 'cannot be the name of an environment'],
  [['run', 'simple.yaml', '--frob'], "unknown option '--frob'"],
  [['run', 'simple.yaml', '--input', 'release'], 'name=value'],
  [['run', 'simple.yaml', '--input', 'release=1.0.0'], 'no input called release'],
  [['run', 'simple.yaml', '--env', 'moon'], 'Its environments: staging.'],
  [['run', 'question.yaml'], '--input release=…'],
  [['run', 'question.yaml', '--input', 'release=yesterday'], 'a version like 1.9.3'],
  [['run', 'nowhere.yaml'], 'nowhere.yaml:1:1'],
  [['plan', 'simple.yaml', '--env', 'moon'], 'Its environments: staging.'],
  [['check', 'simple.yaml', '--env', 'moon'], 'Its environments: staging.'],
  [['drill', 'simple.yaml', '--operator', 'nobody'], 'Allowed choices are person, scripted'],
  [['drill', '--seed', 'x'], '--seed takes a whole number'],
  [['drill', '--fault', 'F99'], 'There is no fault F99'],
  [['drill', 'f01'], 'walkback drill --fault F01'],
  [['sandbox', 'fault', 'F99'], 'There is no fault F99'],
  [['sandbox', 'sideways'], "unknown command 'sideways'"],
  [['lint'], 'Which runbook?'],
  [['lint', 'simple.yaml', '--format', 'pdf'], 'Allowed choices are text, json, sarif'],
  [['graph', 'simple.yaml', '--format', 'png'], 'Allowed choices are mermaid, svg'],
  [['fmt'], 'Which runbook?'],
  [['fmt', 'nowhere.yaml'], 'nowhere.yaml:1:1'],
  [['lint', '--explain', 'WB000'], 'not a code of lint'],
  [['new', 'Not A Name'], 'cannot be a runbook’s name'],
  [['new', 'fine', '--from', 'nothing'], 'There is no template nothing'],
  [['sessions', '--limit', '-3'], '--limit takes a whole number'],
  [['show', 'nothing'], 'No session is called nothing'],
  [['export', '--format', 'pdf'], 'Allowed choices are md, html, json, csv'],
  [['export'], 'The ledger holds no session yet'],
  [['resume'], 'No session is open'],
  [['abort', '2026'], "required option '--reason <text>'"],
  [['abort', '2026', '--reason', 'x'], 'No session is called 2026'],
  [['note', 'hello'], 'No session is open'],
  [['deploy', 'record', '--service', 'shop'], 'What was deployed, and where?'],
  [['stats', '--since', 'yesterday'], '--since takes a time'],
  [['verify', '--file', 'nowhere.jsonl'], 'cannot be read'],
  [['obligations', '--waive', 'jobs'], '--reason'],
  [['obligations', '--carry', 'jobs', '--reason', 'later'], '--owner NAME --due'],
  [['obligations', '--release', 'jobs'], 'Nobody owes jobs'],
  [['approve', 'nowhere.txt'], 'nowhere.txt cannot be read'],
] as const)('walkback %j without a terminal exits 2 and says what to pass', slow, async (args, words) => {
  const { stdout, stderr, code } = await machine.walkback(args);
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/bug in walkback|\n {4}at /);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test.each([
  [['lint', 'simple.yaml'], 'walkback.lint/1', 0],
  [['plan', 'simple.yaml'], 'walkback.plan/1', 0],
  [['check', 'simple.yaml'], 'walkback.check/1', 30],
  [['doctor'], 'walkback.doctor/1', 0],
  [['sandbox', 'status'], 'walkback.sandbox/1', 0],
  [['sessions'], 'walkback.sessions/1', 0],
  [['sessions', '--open'], 'walkback.sessions/1', 0],
  [['stats'], 'walkback.stats/1', 0],
  [['deploy', 'list'], 'walkback.deployments/1', 0],
  [['obligations'], 'walkback.obligations/1', 0],
  [['obligations', '--all'], 'walkback.obligations/1', 0],
  [['verify'], 'walkback.verify/1', 0],
  [['show'], 'walkback.session/1', 0],
] as const)(
  '%j --json is one JSON document with a schema on standard output',
  slow,
  async (args, schema, wanted) => {
    if (machine.processes().length === 0 && args[0] === 'sessions')
      await machine.walkback(['run', 'looking.yaml']);
    const { stdout, stderr, code } = await machine.walkback([...args, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ schema });
    expect(stderr).toBe('');
    expect(code).toBe(wanted);
  },
);

test('a session that needs nobody runs without a terminal to its end and exits 0', slow, async () => {
  const { stdout, stderr, code } = await machine.walkback(['run', 'looking.yaml']);
  expect(stdout).toContain('step look done');
  expect(stdout).toContain('not_needed');
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test(
  'a session that needs a person stops without a terminal, says so and how to go on, and runs nothing',
  slow,
  async () => {
    const { stdout, code } = await machine.walkback(['run', 'simple.yaml']);
    expect(stdout).toMatch(/nobody can answer here: run it in a terminal/);
    const [, session] = /resume with: walkback resume (\S+)/.exec(stdout) ?? [];
    expect(code).toBe(2);
    expect((await machine.walkback(['check', 'simple.yaml'])).code).toBe(30);
    const again = await machine.walkback(['resume', session ?? '']);
    expect(again.stdout).toContain('pause');
    expect(again.code).toBe(2);
  },
);

test.each([[['graph', 'simple.yaml']], [['plan', 'simple.yaml', '--json']], [['sessions']]] as const)(
  '%j into a closed pipe ends with one line and no stack trace',
  slow,
  async (args) => {
    const running = machine.start(args);
    running.child.stdout?.destroy();
    const { stderr, code } = await running.ended;
    expect(stderr.split('\n')).toEqual([expect.stringContaining('standard output was closed'), '']);
    expect(code).toBe(2);
  },
);

test('a session whose reader goes away stops, resumable, without a stack trace', slow, async () => {
  const running = machine.start(['run', 'simple.yaml']);
  running.child.stdout?.destroy();
  const { stderr, code } = await running.ended;
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(4);
  const [newest] = machine.sql('SELECT status FROM session_row ORDER BY started DESC LIMIT 1');
  expect(newest).toEqual({ status: 'running' });
});

test(
  'new writes a runbook that lints clean and plans, and never over a file that is there',
  slow,
  async () => {
    const made = await machine.walkback(['new', 'api_rollback']);
    expect(made.stdout).toBe(`${machine.folder}/api_rollback.yaml\n`);
    expect(made.code).toBe(0);
    const lint = await machine.walkback(['lint', 'api_rollback.yaml']);
    expect(lint.stdout).toContain('1 runbook, 0 errors, 0 warnings');
    expect((await machine.walkback(['plan', 'api_rollback.yaml'])).code).toBe(0);
    const again = await machine.walkback(['new', 'api_rollback']);
    expect(again.stderr).toContain('exists already');
    expect(again.code).toBe(2);
  },
);
