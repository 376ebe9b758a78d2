import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { approve } from '../../src/cli/commands/approve.ts';
import { rebase } from '../../src/cli/commands/rebase.ts';
import { takeUp } from '../../src/cli/commands/resume.ts';
import type { Hosted } from '../../src/cli/hosting/host-session.ts';
import { hostSession } from '../../src/cli/hosting/host-session.ts';
import type { StartOptions, Started } from '../../src/cli/starting/start-session.ts';
import type { Answer } from '../../src/session/intents.ts';
import type { Stage } from '../runbooks/stage.ts';
import { gitIn, openStage, prepareOf } from '../runbooks/stage.ts';

/* R7.3: who may sign is part of what was reviewed and trusted. Real keys, the real ssh-keygen. */

const runbook = `walkback: 1
id: signed
title: Signed before it runs
service: shop
owner: payments
objective: 10m
maturity: production
environments:
  production: { guard: { run: [cat, identity], expect: { equals: production } } }
  staging: { guard: { run: [cat, identity], expect: { equals: production } } }
review: { required_in: [production] }
roles:
  commander: { users: [ada, grace], signers: keys/allowed_signers }
phases:
  - id: work
    title: Work
    steps:
      - { id: gate, title: Agree, approve: Look at it., role: commander, count: 1 }
      - { id: look, title: Look, check: { run: ['true'], expect: { exit: 0 } } }
      - { id: done, end: not_needed }
`;

let stage: Stage;
const place = (name: string): string => join(stage.home, name);
const publicKey = (name: string): string => readFileSync(place(`${name}.pub`), 'utf8');
const list = (text: string): void => writeFileSync(place('keys/allowed_signers'), text);

beforeEach(() => {
  stage = openStage();
  mkdirSync(place('keys'));
  for (const name of ['grace', 'mallory'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', place(name)]);
  list(`grace ${publicKey('grace')}`);
  writeFileSync(place('signed.yaml'), runbook);
  writeFileSync(place('identity'), 'production\n');
});
afterEach(async () => {
  await stage.clear();
});

const start = (environment: string, over: Partial<StartOptions> = {}): Promise<Started> =>
  prepareOf(stage.around, place('signed.yaml'), { environment, ...over });

/** Grace reviews the runbook, or somebody says that they are her. */
const review = (key: string): Promise<number> =>
  approve(stage.around, place('signed.yaml'), { key: place(key), as: 'grace' });

/** Signs the request at hand with a key, as Grace. */
async function signAsGrace({ client }: Hosted, key: string): Promise<Answer> {
  const asking = client.view().current.find(({ approval }) => approval !== null);
  if (asking?.approval == null) throw new Error('no approval is asked for');
  writeFileSync(place('request.txt'), asking.approval.request);
  await approve(stage.around, place('request.txt'), { key: place(key), as: 'grace' });
  const signature = readFileSync(place('request.txt.sig'), 'utf8');
  const { place: at, attempt } = asking;
  return client.send({ type: 'sign', place: at, attempt, signature, principal: 'grace' });
}

test('R7.3: a session whose list of signers was changed after it began refuses the signature, by the name of the list', async () => {
  const started = await start('staging');
  const hosted = await hostSession(stage.around, { ...started, inAgent: false });
  list(`grace ${publicKey('grace')}grace ${publicKey('mallory')}`);
  for (const key of ['mallory', 'grace'])
    expect(await signAsGrace(hosted, key)).toEqual({
      ok: false,
      code: 'E_SIGNERS',
      message:
        'keys/allowed_signers is not the list of signers that the runbook was pinned to: nobody can sign by it.',
      next: `Put the list back, or take it over with a review: walkback rebase ${started.start.session} --reason "…"`,
    });
  list(`grace ${publicKey('grace')}`);
  expect(await signAsGrace(hosted, 'mallory')).toMatchObject({ ok: false, code: 'E_DENIED' });
  expect(await signAsGrace(hosted, 'grace')).toEqual({ ok: true });
  await hosted.release();
});

test('R7.3: a changed list is taken over under way only by a review that the list of before proves, or by break-glass', async () => {
  const { start: began, ...started } = await start('staging');
  const { session } = began;
  const before = await hostSession(stage.around, { ...started, start: began, inAgent: false });
  const asking = before.client.view().current[0];
  if (asking === undefined) throw new Error('nothing is at hand');
  const { place: at, attempt } = asking;
  list(`grace ${publicKey('mallory')}`);
  const asked = { reason: 'a new key', yes: true } as const;
  await before.client.send({ type: 'deny', place: at, attempt, reason: 'the list is old' });
  await before.release();
  await expect(rebase(stage.around, session, asked)).rejects.toThrow('it needs a review and has none');
  await review('mallory');
  await expect(rebase(stage.around, session, asked)).rejects.toThrow('not a valid signature of grace');
  await review('grace');
  expect(await rebase(stage.around, session, asked)).toBe(0);
  expect(stage.printed()).toContain('keys/allowed_signers changed');
  const hosted = await takeUp(stage.around, session);
  await hosted.client.send({ type: 'check_again', place: at, attempt });
  expect(await signAsGrace(hosted, 'mallory')).toEqual({ ok: true });
  await hosted.release();
});

test('R7.3: a reviewed runbook whose list of signers changed is reviewed no more, and its change is shown and asked about', async () => {
  await review('grace');
  expect((await start('production')).first).toMatchObject({ review: 'trusted' });
  list(`grace ${publicKey('mallory')}`);
  await expect(start('production')).rejects.toThrow('the runbook may have changed since');
  // one who wrote themselves into the list can sign by it: that review does not answer for the list
  await review('mallory');
  await expect(start('production')).rejects.toThrow('nobody is there to agree to it');
  expect(stage.printed()).toContain('keys/allowed_signers changed\n    @ line 1\n    -grace ssh-ed25519');
  expect((await start('production', { trust: true })).first).toMatchObject({ review: 'trusted' });
});

test('a file that changes while questions are asked starts no session', async () => {
  writeFileSync(
    place('signed.yaml'),
    runbook.replace('phases:', 'inputs: { why: { type: string, ask: Why? } }\nphases:'),
  );
  const ask = async (): Promise<string> => {
    list(`grace ${publicKey('mallory')}`);
    return 'because';
  };
  await expect(start('staging', { ask })).rejects.toThrow(
    'allowed_signers was changed while it was looked at',
  );
});

test('R7.3: who wrote the newest change, as git has it, cannot sign its review; somebody else can', async () => {
  const git = gitIn(stage, stage.home);
  const commitAs = (name: string): void => {
    git('add', 'signed.yaml', 'keys');
    const who = ['-c', `user.name=${name} Example`, '-c', `user.email=${name}@example.org`];
    git(...who, 'commit', '-qm', 'Change it');
  };
  git('init', '-q', '-b', 'main');
  commitAs('grace');
  await review('grace');
  await expect(start('production')).rejects.toThrow(
    'its review is by grace, who wrote its newest change (commit ',
  );
  writeFileSync(place('signed.yaml'), `${runbook}# a word\n`);
  await review('grace');
  expect((await start('production')).first).toMatchObject({ review: 'trusted' }); // nobody knows whose word it is
  commitAs('ada');
  expect((await start('production')).first).toMatchObject({ review: 'trusted' });
});

test('R7.3: a key that any list of the runbook knows as one of who runs it signs no review for them', async () => {
  writeFileSync(place('keys/dba'), `ada ${publicKey('grace')}`);
  const two = runbook.replace('phases:', '  dba: { users: [ada], signers: keys/dba }\nphases:');
  writeFileSync(place('signed.yaml'), two);
  await review('grace');
  await expect(start('production')).rejects.toThrow('its review is signed with a key of ada');
});
