import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMonitoring, type FakeMonitoring } from './fake-monitoring.ts';
import { runStep, say } from './person.ts';
import { openMachine, type Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
const me = userInfo().username;
let machine: Machine;
let monitoring: FakeMonitoring;

beforeAll(async () => {
  machine = await openMachine();
  monitoring = await openMonitoring({ errors: 0.001 });
  const keys = join(machine.folder, 'keys');
  mkdirSync(keys);
  for (const name of ['grace', 'mine'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys, name)]);
  const signer = (principal: string, key: string): string =>
    `${principal} ${readFileSync(join(keys, `${key}.pub`), 'utf8')}`;
  writeFileSync(
    join(keys, 'allowed_signers'),
    signer('grace', 'grace') + signer(me, 'mine') + signer('ada', 'mine'),
  );
  machine.file('quiet.yaml', quiet(monitoring.url));
  machine.file('gated.yaml', gated);
}, 180_000);
afterAll(async () => {
  await monitoring.close();
  await machine.remove();
});

const head = `walkback: 1
id: shop
title: Take the shop back
service: shop
owner: payments
objective: 10m
maturity: staging
environments: { staging: { values: {} } }
roles:
  operator: { anyone: true }
  commander: { users: [grace, ada], signers: keys/allowed_signers }
`;

/** Nothing fires, and somebody goes back all the same. */
const quiet = (prometheus: string): string => `${head}
override: { roles: [operator], needs: { evidence: 1 }, retro_approval: 24h }
probes: { errors: { prometheus: '${prometheus}', query: errors, unit: ratio } }
triggers: [{ id: err, probe: errors, breach: '> 0.02', for: 2s, interval: 200ms, advise: rollback }]
phases:
  - id: work
    title: Work
    steps:
      - { id: swap, title: Swap, run: [touch, swapped], undo: { run: [rm, -f, swapped] } }
      - { id: done, end: rolled_back }
`;

const gated = `${head}
phases:
  - id: work
    title: Work
    needs: { approval: { role: commander, expires: 10m } }
    steps:
      - { id: swap, title: Swap, run: [touch, swapped], undo: { run: [rm, -f, swapped] } }
      - { id: done, end: rolled_back }
`;

const newestSession = (): { readonly id: string; readonly status: string } =>
  (
    machine.sql('SELECT id, status FROM session_row ORDER BY started DESC, id DESC LIMIT 1') as {
      id: string;
      status: string;
    }[]
  )[0] ?? { id: '', status: '' };

/** Where the program says that the text to be signed lies. */
const fileToSign = (said: string): string => /walkback approve (\S+) --session/.exec(said)?.[1] ?? '';

const approve = (file: string, session: string, principal: string, key: string) =>
  machine.walkback(['approve', file, '--session', session, '--key', `keys/${key}`, '--as', principal]);

test(
  'Accept R3.3: all triggers green, a start by override works with a reason, and the session closes once somebody else has signed it',
  slow,
  async () => {
    const terminal = machine.person(['run', 'quiet.yaml']);
    await say(terminal, /\(swap, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(terminal, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await terminal.waitFor('you can type: override REASON | escalate', 60_000);
    await say(terminal, /refused E_OVERRIDE/, 'override customers cannot pay');
    await say(terminal, /Evidence [^\n]*: $/m, 'customer_report ticket 7');
    await say(terminal, /Type the name shop@staging to override[^\n]*: $/m, 'shop@staging');
    await terminal.waitFor('OVERRIDE', 60_000);
    await runStep(terminal, 'swap');
    await say(terminal, /still owed: override-1/, 'close');
    await terminal.waitFor('refused E_DEBTS', 60_000);
    const { id, status } = newestSession();
    expect(status).toBe('ended');

    const waived = await machine.walkback(['obligations', '--waive', 'override-1', '--reason', 'no time']);
    expect([waived.code, waived.stderr]).toEqual([
      6,
      expect.stringContaining('signature of somebody else only'),
    ]);

    const file = fileToSign(waived.stderr);
    const own = await approve(file, id, me, 'mine');
    expect([own.code, own.stderr]).toEqual([
      6,
      expect.stringContaining(`${me} used it and cannot approve it`),
    ]);
    const ownKey = await approve(file, id, 'ada', 'mine');
    expect([ownKey.code, ownKey.stderr]).toEqual([6, expect.stringContaining(`one of ${me}`)]);
    expect(newestSession().status).toBe('ended');
    expect(await approve(file, id, 'grace', 'grace')).toMatchObject({ code: 0 });
    await terminal.waitFor('session closed', 60_000);

    expect(newestSession()).toMatchObject({ id, status: 'closed' });
    const { stdout } = await machine.walkback(['export', id, '--format', 'md', '--names']);
    // what was overridden stands above every other section
    const first = stdout.slice(0, stdout.indexOf('\n## '));
    for (const words of ['customers cannot pay', 'ticket 7', 'grace']) expect(first).toContain(words);
    expect((await machine.walkback(['verify', id])).code).toBe(0);
  },
);

test(
  'an approval that was passed over is reviewed by the signature of somebody else, and by no word',
  slow,
  async () => {
    const terminal = machine.person(['run', 'gated.yaml']);
    await say(terminal, /approval[^]*you can type: [^\n]*override/, 'override nobody answers');
    await runStep(terminal, 'swap');
    await terminal.waitFor('session closed', 60_000);
    const { id } = newestSession();
    const settle = (how: string) =>
      machine.walkback([
        'obligations',
        `--${how}`,
        'approval-review-1',
        '--session',
        id,
        '--reason',
        'reviewed it',
      ]);

    const refused = await settle('waive');
    expect([refused.code, refused.stderr]).toEqual([
      6,
      expect.stringContaining('signature of somebody else only'),
    ]);
    expect((await settle('release')).code).toBe(6);
    const carry = [
      'obligations',
      '--carry',
      'approval-review-1',
      '--session',
      id,
      '--reason',
      'later',
      '--owner',
    ];
    const mine = await machine.walkback([...carry, me, '--due', '2026-01-01']);
    expect([mine.code, mine.stderr]).toEqual([6, expect.stringContaining('somebody else')]);
    const late = await machine.walkback([...carry, 'grace', '--due', '2999-01-01']);
    expect([late.code, late.stderr]).toEqual([6, expect.stringContaining('at the latest')]);

    const file = fileToSign(refused.stderr);
    expect(readFileSync(file, 'utf8')).toContain('nobody answers');
    expect((await approve(file, id, me, 'mine')).code).toBe(6);
    expect((await machine.walkback(['obligations', '--session', id])).stdout).toContain('approval-review-1');
    expect(await approve(file, id, 'grace', 'grace')).toMatchObject({ code: 0 });
    expect((await machine.walkback(['obligations', '--session', id])).stdout).toBe('Nothing is owed.\n');
    expect((await machine.walkback(['verify', id])).code).toBe(0);
    expect((await settle('waive')).stderr).toContain('Nobody owes approval-review-1');
  },
);
