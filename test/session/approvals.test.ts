import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signatures } from '../../src/actions/signatures.ts';
import { exportJson } from '../../src/report/json.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';

/** SAFETY G4, cases 34 to 36: real keys, the real ssh-keygen. */

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
let folder = '';
const publicKey: Record<string, string> = {};
const fileOf = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'walkback-approvals-'));
  for (const name of ['ada', 'ada2', 'grace', 'linus', 'eva']) {
    execaSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', fileOf(name)], { env });
    publicKey[name] = readFileSync(`${fileOf(name)}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Who may sign, one line a key: `names key`. Each list has a folder of its own, with its own revoked keys. */
function roster(...lines: readonly (readonly [names: string, key: string])[]): string {
  const root = mkdtempSync(join(folder, 'roster-'));
  writeFileSync(
    join(root, 'signers'),
    lines.map(([names, key]) => `${names} ${publicKey[key] ?? ''}\n`).join(''),
  );
  return root;
}

const usual = [
  ['ada', 'ada'],
  ['grace', 'grace'],
  ['linus', 'linus'],
] as const;

function book(count = 1): Runbook {
  const text = `
walkback: 1
id: gated
title: Take the schema back
service: shop
objective: 10m
environments: { staging: { values: { place: db1, force: 'no' } } }
inputs: { schema: { type: number, value: 41 } }
roles: { commander: { users: [ada, ada_work, grace, grace_work, linus, eva], signers: signers } }
phases:
  - id: decide
    title: Decide
    steps:
      - { id: way, decide: Back?, options: [{ id: back, title: Back }, { id: no, title: 'No', end: not_needed }] }
  - id: execute
    title: Execute
    needs: { approval: { role: commander, count: ${count}, expires: 10m } }
    steps:
      - id: down
        title: Schema down
        run: [migrate, '\${{ inputs.schema }}', '\${{ env.place }}']
        env: { FORCE: '\${{ env.force }}' }
        undo: { run: [migrate, up] }
        watch_output: { expect: '(?<rows>[0-9]+) rows' }
        outputs: { rows: { pattern: rows } }
      - { id: more, title: More, run: [migrate, 'after \${{ steps.down.outputs.rows }}'], undo: { run: [migrate, up] } }
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('gated.yaml', memoryFiles({ 'gated.yaml': text }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
}

const values: Record<string, string> = {};

async function atTheGate(root: string, count = 1, port = signatures({ root, env })): Promise<TestSession> {
  values['place'] = 'db1';
  values['force'] = 'no';
  const world = { ...openWorld(), signatures: port };
  world.prints['down'] = '37 rows\n';
  const opened = await openTestSession({ runbook: book(count), world, inputs: { schema: 41 }, env: values });
  await opened.say('choose', { option: 'back' });
  return opened;
}

function signed(request: string, key: string, namespace = 'walkback'): string {
  const argv = ['-q', '-Y', 'sign', '-n', namespace, '-f', fileOf(key)];
  return execaSync('ssh-keygen', argv, { env, input: request, stripFinalNewline: false }).stdout;
}

async function sign(opened: TestSession, principal: string, key: string, namespace?: string) {
  const request = opened.at().approval?.request ?? '';
  return opened.say('sign', { principal, signature: signed(request, key, namespace) });
}

const refusal = { ok: false, code: 'E_DENIED' };

describe('Case 34: nobody approves their own request', () => {
  test('by name, by their own key under another name, or by their second key', async () => {
    const root = roster(...usual, ['ada', 'ada2'], ['ada_work', 'ada2'], ['eva', 'ada']);
    const opened = await atTheGate(root);

    expect(await sign(opened, 'ada', 'ada')).toMatchObject(refusal);
    expect(await sign(opened, 'ada', 'ada2')).toMatchObject(refusal);
    expect(await sign(opened, 'eva', 'ada')).toMatchObject(refusal);
    expect(await sign(opened, 'ada_work', 'ada2')).toMatchObject(refusal);
    expect(opened.facts('approval.given')).toEqual([]);
    expect(opened.facts('intent.refused')).toHaveLength(4);
    expect(await sign(opened, 'grace', 'grace')).toEqual({ ok: true });
  });

  test('nor by another key of a name that the roster gives the same person', async () => {
    const opened = await atTheGate(roster(...usual, ['ada,ada_work', 'eva'], ['ada_work', 'ada2']));

    expect(await sign(opened, 'ada_work', 'ada2')).toMatchObject(refusal);
  });

  test('and one person under two names counts once where two people are needed', async () => {
    const opened = await atTheGate(roster(...usual, ['grace_work', 'grace'], ['grace_work', 'eva']), 2);

    expect(await sign(opened, 'grace', 'grace')).toEqual({ ok: true });
    expect(await sign(opened, 'grace_work', 'grace')).toMatchObject(refusal);
    expect(await sign(opened, 'grace_work', 'eva')).toMatchObject(refusal);
    expect(opened.at().place.step).toBe('execute_approval');
    expect(await sign(opened, 'linus', 'linus')).toEqual({ ok: true });
    expect(opened.at().place.step).toBe('down');
  });
});

describe('Case 35: an approval is looked at again when the step starts', () => {
  test.each([
    [
      'the key was revoked',
      (root: string) => writeFileSync(join(root, 'revoked_keys'), `${publicKey['grace']}\n`),
    ],
    [
      'the roster changed',
      (root: string) => writeFileSync(join(root, 'signers'), `linus ${publicKey['linus']}\n`),
    ],
    ['the roster is gone', (root: string) => rmSync(join(root, 'signers'))],
  ])('and is refused where %s; history still verifies as of then', async (_name, change) => {
    const root = roster(...usual);
    const opened = await atTheGate(root);
    await sign(opened, 'grace', 'grace');

    change(root);
    await opened.say('run');
    await expect.poll(() => opened.at().status, { timeout: 20_000 }).toBe('failed');
    expect(opened.at()).toMatchObject({
      place: { step: 'down' },
      problem: { code: 'guard_approval_revoked' },
    });
    expect(opened.world.ran).toEqual([]);

    // what was recorded is enough to verify the signature as it was given, with public tools alone
    const request = opened.facts('approval.requested')[0]?.request ?? '';
    const given = opened.facts('approval.given')[0];
    const at = roster();
    writeFileSync(join(at, 'then'), `${given?.signer ?? ''}\n`);
    writeFileSync(join(at, 'sig'), given?.signature ?? '');
    const argv = [
      '-Y',
      'verify',
      '-n',
      'walkback',
      '-I',
      'grace',
      '-f',
      join(at, 'then'),
      '-s',
      join(at, 'sig'),
    ];
    expect(execaSync('ssh-keygen', argv, { env, input: request }).stdout).toContain(
      'Good "walkback" signature',
    );
  });

  test('and is refused by the name of the list where that is not the one that the session is pinned to', async () => {
    const root = roster(...usual);
    const bytes = readFileSync(join(root, 'signers'));
    const closure = [{ path: 'signers', sha256: createHash('sha256').update(bytes).digest('hex') }];
    const port = signatures({ root, env, pinned: { file: 'gated.yaml', closure } });
    const opened = await atTheGate(root, 1, port);
    expect(await sign(opened, 'grace', 'grace')).toEqual({ ok: true });

    writeFileSync(join(root, 'signers'), `${bytes.toString()}# the same people\n`);
    await opened.say('run');
    await expect.poll(() => opened.at().status, { timeout: 20_000 }).toBe('failed');
    expect(opened.at().problem).toMatchObject({
      code: 'guard_signers_changed',
      detail: expect.stringMatching(/signers is not the list .*walkback rebase session/),
    });
    expect(opened.world.ran).toEqual([]);

    writeFileSync(join(root, 'signers'), bytes);
    await opened.say('retry');
    await opened.say('run');
    await expect.poll(() => opened.world.ran, { timeout: 20_000 }).toEqual(['down#2']);
  });

  test('a new approval is asked for from there, and with it the step starts', async () => {
    const root = roster(...usual);
    const opened = await atTheGate(root);
    await sign(opened, 'grace', 'grace');
    writeFileSync(join(root, 'revoked_keys'), `${publicKey['grace']}\n`);
    await opened.say('run');
    await expect.poll(() => opened.at().status, { timeout: 20_000 }).toBe('failed');

    expect(await opened.say('route', { to: 'execute_approval' })).toEqual({ ok: true });
    expect(await sign(opened, 'grace', 'grace')).toMatchObject(refusal);
    expect(await sign(opened, 'linus', 'linus')).toEqual({ ok: true });
    await opened.say('run');
    await expect.poll(() => opened.world.ran, { timeout: 20_000 }).toEqual(['down#2']);
  });

  test('and is refused where it was not used in time', async () => {
    const opened = await atTheGate(roster(...usual));
    await sign(opened, 'grace', 'grace');
    await opened.clock.advance(10 * 60_000);
    await opened.say('run');
    await expect.poll(() => opened.at().status, { timeout: 20_000 }).toBe('failed');
    expect(opened.at().problem?.code).toBe('guard_approval_expired');
    expect(opened.world.ran).toEqual([]);
  });

  test('once used it holds for the rest of its phase', async () => {
    const opened = await atTheGate(roster(...usual));
    await sign(opened, 'grace', 'grace');
    await opened.say('run');
    await expect.poll(() => opened.at().place.step, { timeout: 20_000 }).toBe('more');
    await opened.clock.advance(60 * 60_000);
    await opened.say('run');
    await expect.poll(() => opened.world.ran, { timeout: 20_000 }).toEqual(['down#1', 'more#1']);
  });

  test('and is refused where what would start is not what was shown', async () => {
    const opened = await atTheGate(roster(...usual));
    expect(opened.at().approval?.request).toContain(
      'opens: down (Schema down): ["migrate","41","db1"] with {"FORCE":"no"} on workstation',
    );
    expect(opened.at().approval?.request).toContain('["migrate","after {steps.down.outputs.rows}"]');
    await sign(opened, 'grace', 'grace');
    values['force'] = 'yes';
    await opened.say('run');
    await expect.poll(() => opened.at().status, { timeout: 20_000 }).toBe('failed');
    expect(opened.at().problem?.code).toBe('guard_approval_other');
    expect(opened.world.ran).toEqual([]);
  });
});

describe('Case 36: a signature that was made for something else', () => {
  test('is refused in another namespace, as git makes it, and where the roster has a pattern for a name', async () => {
    const opened = await atTheGate(roster(...usual));
    expect(await sign(opened, 'grace', 'grace', 'git')).toMatchObject(refusal);
    expect(await sign(opened, '*', 'grace')).toMatchObject(refusal);

    const wild = await atTheGate(roster(['*', 'grace']));
    expect(await sign(wild, 'grace', 'grace')).toMatchObject(refusal);
  });

  test('is refused a second time: each request is another text', async () => {
    const opened = await atTheGate(roster(...usual));
    const signature = signed(opened.at().approval?.request ?? '', 'grace');
    await opened.say('deny', { reason: 'not yet' });
    await opened.say('check_again');

    expect(await opened.say('sign', { principal: 'grace', signature })).toMatchObject(refusal);
    expect(opened.facts('approval.given')).toEqual([]);
  });

  test('and the text of the request pasted in its place approves nothing', async () => {
    const opened = await atTheGate(roster(...usual));
    const signature = opened.at().approval?.request ?? '';

    expect(await opened.say('sign', { principal: 'grace', signature })).toMatchObject(refusal);
    expect(opened.at().place.step).toBe('execute_approval');
  });
});

describe('Case 37: an approval that is passed over', () => {
  test('is impossible without a reason, and its review stays open until somebody else has made it', async () => {
    const opened = await atTheGate(roster(...usual));

    expect(await opened.say('skip', { override: false })).toMatchObject({ ok: false, code: 'E_REQUIRED' });
    expect(await opened.say('skip', { override: true, reason: ' ' })).toMatchObject({
      ok: false,
      code: 'E_REASON',
    });
    expect(await opened.say('skip', { override: true, reason: 'nobody answers' })).toEqual({ ok: true });
    expect(opened.context().obligations['approval-review-1']).toMatchObject({
      state: 'carried',
      owner: 'commander',
      due: '2026-03-02T10:00:00.000Z',
    });
    await opened.say('run');
    await expect.poll(() => opened.at().place.step, { timeout: 20_000 }).toBe('more');
    await opened.say('run');
    await expect.poll(() => opened.session.view().status, { timeout: 20_000 }).toBe('closed');

    const events = opened.log.facts();
    const exported: unknown = JSON.parse(
      exportJson({
        session: { id: 'session', outcome: null },
        events,
        verified: { ok: true, brokenAt: null },
        program: 'walkback',
      }),
    );
    expect(exported).toMatchObject({
      obligations: [{ closed: { how: 'carried', owner: 'commander' } }],
      figures: { overrides: 1 },
    });
  });
});
