import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { simpleRunbook } from './runbooks.ts';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
const me = userInfo().username;
let machine: Machine;

beforeAll(async () => {
  machine = await openMachine();
  const keys = join(machine.folder, 'keys');
  mkdirSync(keys);
  for (const name of ['grace', 'mine', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
  const signer = (principal: string, key: string): string =>
    `${principal} ${readFileSync(join(keys, `${key}.pub`), 'utf8')}`;
  writeFileSync(
    join(keys, 'allowed_signers'),
    signer('grace', 'grace') + signer(me, 'mine') + signer('ada', 'mine') + signer('visitor', 'stranger'),
  );
  machine.file('identity', 'production\n');
  machine.file('guarded.yaml', guarded);
  machine.file('reviewed.yaml', reviewed);
}, 180_000);
afterAll(() => machine.remove());

const guarded = simpleRunbook
  .replace('id: simple', 'id: guarded')
  .replace(
    '  staging: { values: { place: here } }',
    '  staging: { guard: { run: [cat, identity], expect: { equals: staging } } }',
  );

/** Passes the lint for production: it decides, and only looks. */
const reviewed = `walkback: 1
id: reviewed
title: Reviewed before it runs
service: shop
owner: payments
objective: 10m
maturity: production
environments:
  production:
    guard: { run: [cat, identity], expect: { equals: production } }
    review: required
    confirm: name
  staging: { guard: { run: [cat, identity], expect: { equals: production } } }
roles:
  reviewers: { users: [grace, ada], signers: keys/allowed_signers }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, check: { run: [test, -d, .], expect: { exit: 0 } } }
      - { id: done, end: not_needed }
`;

const sessionsThere = (): number =>
  existsSync(machine.ledger) ? machine.sql('SELECT id FROM session_row').length : 0;

test('the wrong target is refused with 6 before anything is recorded or started', slow, async () => {
  const before = sessionsThere();
  const { stderr, stdout, code } = await machine.walkback(['run', 'guarded.yaml']);
  expect(stderr).toContain('This is not staging: its guard says no');
  expect(stderr).toContain('nothing was started');
  expect(stdout).toBe('');
  expect(code).toBe(6);
  expect(sessionsThere()).toBe(before);
  expect(existsSync(join(machine.folder, 'effects'))).toBe(false);
});

test('check names the wrong target too, and exits 6', slow, async () => {
  const { stdout, code } = await machine.walkback(['check', 'guarded.yaml', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    results: expect.arrayContaining([
      expect.objectContaining({ what: 'guard', ok: false, code: 'wrong_target' }),
    ]),
  });
  expect(code).toBe(6);
});

test('a guard that cannot be read refuses as well', slow, async () => {
  machine.file('unreadable.yaml', guarded.replace('[cat, identity]', '[no-such-tool]'));
  const { stderr, code } = await machine.walkback(['run', 'unreadable.yaml']);
  expect(stderr).toContain('its guard could not be read');
  expect(code).toBe(6);
});

test('an environment that has not opted in to drills is refused with 6', slow, async () => {
  const before = sessionsThere();
  const { stderr, code } = await machine.walkback(['drill', 'reviewed.yaml', '--env', 'staging']);
  expect(stderr).toContain('staging has not opted in to drills');
  expect(code).toBe(6);
  expect(sessionsThere()).toBe(before);
});

test('production without its review is refused with 6, and the ways on are named', slow, async () => {
  const before = sessionsThere();
  const { stderr, code } = await machine.walkback(['run', 'reviewed.yaml', '--env', 'production']);
  expect(stderr).toContain('it needs a review and has none');
  expect(stderr).toContain('Have somebody else review it: walkback approve');
  expect(stderr).toContain('--break-glass "REASON" --second NAME');
  expect(code).toBe(6);
  expect(sessionsThere()).toBe(before);
});

test.each([
  ['without a second person', ['--break-glass', 'the shop is down']],
  ['with an empty reason', ['--break-glass', ' ', '--second', 'grace']],
  ['with oneself as the second person', ['--break-glass', 'the shop is down', '--second', me]],
])('break-glass %s is refused with 6', slow, async (_how, flags) => {
  const before = sessionsThere();
  const { stderr, code } = await machine.walkback(['run', 'reviewed.yaml', '--env', 'production', ...flags]);
  expect(stderr).toContain('Break-glass needs a reason and a second person who is not you.');
  expect(code).toBe(6);
  expect(sessionsThere()).toBe(before);
});

const newestSession = (): string => {
  const [row] = machine.sql('SELECT id FROM session_row ORDER BY started DESC, id DESC LIMIT 1') as {
    id: string;
  }[];
  return row?.id ?? '';
};

test('break-glass runs, and the second person owes the review until it is there', slow, async () => {
  const run = [
    'run',
    'reviewed.yaml',
    '--env',
    'production',
    '--break-glass',
    'the shop is down',
    '--second',
    'grace',
  ];
  const ran = await machine.walkback(run);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  const session = newestSession();

  const owed = await machine.walkback(['obligations', '--json']);
  const [debt] = (JSON.parse(owed.stdout) as { obligations: { due: string; openedAt: string }[] })
    .obligations;
  expect(debt).toMatchObject({ key: 'runbook-review', state: 'carried', owner: 'grace', session });
  expect(Date.parse(debt?.due ?? '') - Date.parse(debt?.openedAt ?? '')).toBeCloseTo(86_400_000, -4);
  const { stdout: story } = await machine.walkback(['export', session, '--format', 'md', '--names']);
  expect(story).toContain('without its review');
  expect(story).toContain('the shop is down');
  expect(story).toContain('grace');

  const settle = ['obligations', '--release', 'runbook-review', '--session', session];
  const early = await machine.walkback(settle);
  expect(early.stderr).toContain('is still owed: it needs a review and has none');
  expect(early.code).toBe(6);
  const waived = await machine.walkback(['obligations', '--waive', 'runbook-review', '--reason', 'no time']);
  expect(waived.stderr).toContain('cannot be given up');
  expect(waived.code).toBe(6);

  await review('grace', 'grace');
  expect(await machine.walkback(settle)).toMatchObject({
    code: 0,
    stdout: 'runbook-review: reviewed\n',
    stderr: '',
  });
  expect((await machine.walkback(['obligations'])).stdout).toBe('Nothing is owed.\n');
  expect((await machine.walkback(['verify', session])).code).toBe(0);
});

const review = (principal: string, key: string) =>
  machine.walkback(['approve', 'reviewed.yaml', '--key', `keys/${key}`, '--as', principal]);

test.each([
  ['by the person who would run it', me, 'mine', 'who would also run it'],
  ['in another name, with the key of the person who would run it', 'ada', 'mine', `a key of ${me}`],
  ['with a key that is not the reviewer’s', 'grace', 'stranger', 'not a valid signature of grace'],
  ['by somebody without a role', 'visitor', 'stranger', 'who has no role that lists signers'],
])('a review %s does not count', slow, async (_how, principal, key, words) => {
  expect((await review(principal, key)).code).toBe(0);
  const { stderr, code } = await machine.walkback(['run', 'reviewed.yaml', '--env', 'production']);
  expect(stderr).toContain(words);
  expect(code).toBe(6);
});

test('a review by another principal makes it run; one changed byte takes that away again', slow, async () => {
  const signed = await review('grace', 'grace');
  expect(signed.stderr).toContain('reviewed as grace');
  expect(signed.code).toBe(0);
  expect((await machine.walkback(['run', 'reviewed.yaml', '--env', 'production'])).code).toBe(0);
  const [first] = machine.sql(
    `SELECT body FROM event WHERE session = '${newestSession()}' AND type = 'session.started'`,
  ) as { body: string }[];
  expect(JSON.parse(first?.body ?? '{}')).toMatchObject({ review: 'trusted' });

  machine.file('reviewed.yaml', `${reviewed}\n`);
  const { stderr, code } = await machine.walkback(['run', 'reviewed.yaml', '--env', 'production']);
  expect(stderr).toContain('the runbook may have changed since');
  expect(code).toBe(6);
  machine.file('reviewed.yaml', reviewed);
});

const request =
  'walkback approval request 1\nsession: 20260301-0312-abcd\nstep: switch\ncommand: ["shopctl","deploy"]\n';

test(
  'approve signs a request so that ssh-keygen verifies it, and not one with another byte',
  slow,
  async () => {
    const file = machine.file('request.txt', request);
    const { stdout, stderr, code } = await machine.walkback([
      'approve',
      'request.txt',
      '--key',
      'keys/grace',
      '--as',
      'grace',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('command: ["shopctl","deploy"]');
    expect(readFileSync(`${file}.sig`, 'utf8')).toBe(stdout);
    const verify = (text: string, principal: string): string => {
      const args = [
        '-Y',
        'verify',
        '-f',
        'keys/allowed_signers',
        '-I',
        principal,
        '-n',
        'walkback',
        '-s',
        `${file}.sig`,
      ];
      return execFileSync('ssh-keygen', args, {
        cwd: machine.folder,
        input: text,
        stdio: ['pipe', 'pipe', 'pipe'],
      }).toString();
    };
    expect(verify(request, 'grace')).toContain('Good "walkback" signature for grace');
    expect(() => verify(request.replace('deploy', 'destroy'), 'grace')).toThrow('Command failed');
    expect(() => verify(request, 'visitor')).toThrow('Command failed');
  },
);

test('approve refuses what is no request, and a key that is not there', slow, async () => {
  machine.file('letter.txt', 'please approve\n');
  const letter = await machine.walkback(['approve', 'letter.txt', '--key', 'keys/grace']);
  expect(letter.stderr).toContain('is not an approval request');
  expect(letter.code).toBe(2);
  machine.file('request.txt', request);
  const keyless = await machine.walkback(['approve', 'request.txt', '--key', 'keys/nobody']);
  expect(keyless.stderr).toContain('ssh-keygen did not sign');
  expect(keyless.code).toBe(2);
});
