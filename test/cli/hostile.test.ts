import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookingRunbook, simpleRunbook } from './runbooks.ts';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;
/** What it takes to lint where nothing is wrong. */
let idleMs: number;

beforeAll(async () => {
  machine = await openMachine();
  machine.file('simple.yaml', simpleRunbook);
  idleMs = (await machine.walkback(['lint', 'simple.yaml'])).ms;
}, 180_000);
afterAll(() => machine.remove());

const step = (extra: string): string => lookingRunbook.replace('  - id: work', `${extra}  - id: work`);
const aliases = Array.from(
  { length: 30 },
  (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
);

/** Each is refused for what stands at its place, not for what it does not have. */
const hostile: readonly (readonly [string, string | Uint8Array])[] = [
  ['an alias bomb', `walkback: 1\na0: &a0 [x]\n${aliases.join('\n')}\n`],
  [
    '200,000 keys',
    `walkback: 1\n${Array.from({ length: 200_000 }, (_, index) => `k${index}: 1`).join('\n')}\n`,
  ],
  ['a depth of 100,000', `walkback: 1\nid: ${'['.repeat(100_000)}`],
  ['10 MB', `walkback: 1\nid: ${'x'.repeat(10_000_000)}\n`],
  ['a key twice', `${lookingRunbook}title: Again\n`],
  ['a NUL', lookingRunbook.replace('Only look', 'Only\0look')],
  ['a tag', lookingRunbook.replace('Only look', '!!js/function "x"')],
  ['a merge key', step('  - <<: { id: merged }\n')],
  ['a byte order mark', `\uFEFF${lookingRunbook}`],
  ['UTF-16', Buffer.from(`\uFEFF${lookingRunbook}`, 'utf16le')],
  ['bytes that are not UTF-8', Buffer.concat([Buffer.from(lookingRunbook), Buffer.from([0xff, 0xc0])])],
  ['two documents', `${lookingRunbook}---\n${lookingRunbook}`],
  ['a prototype', `${lookingRunbook}__proto__: { polluted: true }\n`],
  [
    'a path out of the folder',
    lookingRunbook.replace(
      '{ id: look, title: Look,',
      '{ id: up, use: ../../etc/passwd }\n      - { id: look,',
    ),
  ],
  [
    'an absolute path',
    lookingRunbook.replace('{ id: look, title: Look,', '{ id: up, use: /etc/passwd }\n      - { id: look,'),
  ],
  ['a constructor', lookingRunbook.replace('title: Look,', `title: Look, when: "''.constructor('x')",`)],
  ['an endless pattern', lookingRunbook.replace('{ exit: 0 }', `{ matches: '(a+)+\\1$' }`)],
  ['an unknown key', lookingRunbook.replace('title: Look,', 'titel: Look,')],
  ['nothing', ''],
];

test.each(hostile)('a runbook with %s is refused at its place, and soon', slow, async (_what, text) => {
  machine.file('hostile.yaml', text);
  const { stdout, stderr, code, ms } = await machine.walkback(['lint', 'hostile.yaml']);
  expect(stdout).toMatch(/^hostile\.yaml:\d+:\d+: .* \[WB\d+\]/);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(stdout).not.toMatch(/[\0\u001b]/);
  expect(stderr).toBe('');
  expect(code).toBe(2);
  // a second on a machine of its own; here others work beside it
  expect(ms - idleMs).toBeLessThan(5_000);
  const run = await machine.walkback(['run', 'hostile.yaml']);
  expect(run.stderr).toMatch(/hostile\.yaml:\d+:\d+: /);
  expect(run.code).toBe(2);
  expect(existsSync(machine.ledger)).toBe(false);
});

test('files that are no files are refused at once, and nothing is waited for', slow, async () => {
  execFileSync('mkfifo', [join(machine.folder, 'pipe.yaml')]);
  mkdirSync(join(machine.folder, 'folder.yaml'));
  symlinkSync('/dev/zero', join(machine.folder, 'zero.yaml'));
  symlinkSync('loop.yaml', join(machine.folder, 'loop.yaml'));
  for (const name of ['pipe.yaml', 'folder.yaml', 'zero.yaml', 'loop.yaml', '/dev/stdin']) {
    const { stdout, code } = await machine.walkback(['lint', name]);
    expect(stdout).toMatch(/:1:1: The file cannot be read/);
    expect(code).toBe(2);
  }
});

const values: readonly (readonly [string, string])[] = [
  ['quotes', `it's "so"`],
  ['a substitution', '$(touch pwned) `touch pwned` ${HOME}'],
  ['newlines', 'one\ntwo\n'],
  ['a leading dash', '--output=pwned'],
  ['a place', '${{ inputs.release }}'],
  ['letters of all kinds', 'ä é 漢字 🙂'],
];

test.each(values)(
  'an input with %s reaches the command as one element, unread',
  slow,
  async (_what, value) => {
    machine.file(
      'given.yaml',
      lookingRunbook
        .replace('phases:', 'inputs:\n  word: { type: string, ask: Which word? }\nphases:')
        .replace('run: [test, -d, .]', 'run: [./show, "${{ inputs.word }}", end]'),
    );
    chmodSync(machine.file('show', '#!/bin/sh\nprintf "%s\\0" "$#" "$1" "$2" > seen\n'), 0o755);
    const { code } = await machine.walkback(['run', 'given.yaml', '--input', `word=${value}`]);
    const trimmed = value.trim();
    expect(readFileSync(join(machine.folder, 'seen'), 'utf8').split('\0')).toEqual(['2', trimmed, 'end', '']);
    expect(existsSync(join(machine.folder, 'pwned'))).toBe(false);
    expect(code).toBe(0);
  },
);

test('lint, plan, graph and sessions in a hostile folder execute nothing', slow, async () => {
  const folder = join(machine.folder, 'hostile repository');
  const sprung = join(machine.folder, 'sprung');
  const trap = `#!/bin/sh\necho "$0" >> '${sprung}'\n`;
  const names = [
    'git',
    'node',
    'npm',
    'npx',
    'sh',
    'bash',
    'env',
    'ssh',
    'ssh-keygen',
    'less',
    'vi',
    'test',
    'cat',
    'kubectl',
    'docker',
    'stty',
  ];
  for (const name of names)
    chmodSync(machine.file(`hostile repository/node_modules/.bin/${name}`, trap), 0o755);
  machine.file(
    'hostile repository/.git/config',
    '[core]\n\tfsmonitor = ./node_modules/.bin/sh\n\tpager = ./trap\n',
  );
  machine.file('hostile repository/.npmrc', 'node-options=--require ./trap.cjs\nscript-shell=./trap\n');
  machine.file('hostile repository/.env', 'NODE_OPTIONS=--require ./trap.cjs\n');
  machine.file('hostile repository/trap.cjs', `require('node:fs').appendFileSync('${sprung}', 'required')`);
  machine.file('hostile repository/package.json', '{ "type": "commonjs", "main": "trap.cjs" }');
  machine.file('hostile repository/runbooks/simple.yaml', simpleRunbook);
  const env = {
    PATH: [join(folder, 'node_modules/.bin'), '.', machine.env['PATH'] ?? ''].join(delimiter),
    PAGER: './trap',
    EDITOR: './trap',
  };
  const commands = [
    ['lint', 'runbooks/simple.yaml'],
    ['plan', 'runbooks/simple.yaml', '--env', 'staging'],
    ['graph', 'runbooks/simple.yaml'],
    ['sessions'],
    ['obligations'],
    ['doctor'],
    ['--plain'],
  ];
  for (const command of commands) {
    const { stderr, code } = await machine.walkback(command, { cwd: folder, env });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  }
  expect(existsSync(sprung)).toBe(false);
  // the trap is one: what is run on purpose springs it
  await machine.walkback(['check', 'runbooks/simple.yaml'], { cwd: folder, env });
  expect(existsSync(sprung)).toBe(true);
});
