import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rebase } from '../../src/cli/commands/rebase.ts';
import { takeUp } from '../../src/cli/commands/resume.ts';
import type { Hosted } from '../../src/cli/hosting/host-session.ts';
import { hostSession } from '../../src/cli/hosting/host-session.ts';
import { readRecord } from '../../src/cli/records/record.ts';
import { acceptedPolicy } from '../../src/drill/policy.ts';
import { scriptedOperator } from '../../src/drill/operator.ts';
import type { SessionView } from '../../src/machine/view.ts';
import { eventsOf } from '../../src/report/story.ts';
import type { Stage } from '../runbooks/stage.ts';
import { gitIn, openStage, prepareOf } from '../runbooks/stage.ts';

/* R7.3 under way: files that change beneath a session that runs, and how it goes on. */

const step = (id: string, script: string): string =>
  `      - { id: ${id}, title: Run ${id}, run: [${script}], idempotent: true, undo: { run: ['true'] } }`;

const runbook = (first: string): string => `walkback: 1
id: under_way
title: Changed under way
service: shop
owner: payments
objective: 10m
maturity: production
environments:
  production: { guard: { run: [cat, identity], expect: { equals: production } } }
  staging: { guard: { run: [cat, identity], expect: { equals: production } } }
review: { required_in: [production], trailer: Reviewed-by }
phases:
  - id: work
    title: Work
    steps:
${step(first, './one.sh')}
${step('two', './two.sh')}
${step('three', './three.sh')}
      - { id: done, end: rolled_back }
`;

let stage: Stage;

beforeEach(() => {
  stage = openStage();
  mkdirSync(join(stage.home, 'book'));
  git('init', '-q', '-b', 'main');
  write('under_way.yaml', runbook('one'));
  write('identity', 'production\n');
  for (const name of ['one', 'two', 'three']) write(`${name}.sh`, script(name));
  commit('Reviewed-by: Grace <grace@example.org>');
});

afterEach(async () => {
  await stage.clear();
});

const script = (name: string): string => `#!/bin/sh\necho ${name} >> effects\n`;
const place = (name: string): string => join(stage.home, 'book', name);
const write = (name: string, text: string): void => writeFileSync(place(name), text, { mode: 0o755 });
const effects = (): readonly string[] =>
  existsSync(place('effects')) ? readFileSync(place('effects'), 'utf8').trim().split('\n') : [];

const git = (...args: readonly string[]): string => gitIn(stage, join(stage.home, 'book'))(...args);

function commit(trailer: string): void {
  git('add', '*.sh', '*.yaml');
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-qm', `Change it\n\n${trailer}`);
}

async function start(environment: string): Promise<{ readonly hosted: Hosted; readonly session: string }> {
  const started = await prepareOf(stage.around, place('under_way.yaml'), { environment });
  return {
    hosted: await hostSession(stage.around, { ...started, inAgent: false }),
    session: started.start.session,
  };
}

/** Walks on until a step does not go on, or to the end; `once` is done when that step is ready for the first time. */
async function walk(
  { client, release }: Hosted,
  at: string,
  once: () => void = () => undefined,
): Promise<{ readonly view: SessionView; readonly problem: string | null }> {
  const stuck = Promise.withResolvers<string>();
  let changed = false;
  const operator = scriptedOperator({
    client,
    policy: (situation) => {
      if (situation.at === 'step' && situation.step.place.step === at) {
        if (situation.step.status === 'failed' || situation.step.status === 'unknown') {
          const { attemptNumber, attempt, place: here, problem } = situation.step;
          // what failed before this walk is tried again once
          if (!changed && attemptNumber === 1) {
            changed = true;
            return { type: 'retry', place: here, attempt, reason: 'it was mended' };
          }
          stuck.resolve(`${problem?.code ?? ''}: ${problem?.detail ?? ''}`);
          return null;
        }
        if (!changed) once();
        changed = true;
      }
      return acceptedPolicy(situation);
    },
  });
  const problem = await Promise.race([stuck.promise, operator.ended.then(() => null)]);
  operator.stop();
  const view = client.view();
  await release();
  return { view, problem };
}

/** What is around where the organisation asks every runbook for a block. */
function heldTo(block: string): Stage['around'] {
  const file = join(stage.home, 'overlay.yaml');
  writeFileSync(file, `walkback_overlay: 1\nid: acme\ntitle: What Acme asks for\nrequire: [${block}]\n`);
  return { ...stage.around, env: { ...stage.around.env, WALKBACK_OVERLAY: file } };
}

const factsOf = (session: string) => {
  const record = readRecord(stage.around, session);
  record.ledger.close();
  return record.events;
};

const reason = 'its path was wrong';

test('R7.3: a script that is edited under way is refused at its step; a reviewed rebase shows the change and goes on', async () => {
  const { hosted, session } = await start('production');
  const { problem } = await walk(hosted, 'two', () =>
    write('two.sh', `${script('two')}echo mended >> effects\n`),
  );
  expect(problem).toContain('changed since the session started: two.sh');
  expect(problem).toContain(`walkback rebase ${session}`);
  expect(effects()).toEqual(['one']);

  await expect(rebase(stage.around, session, { reason, yes: true })).rejects.toThrow(
    'two.sh is not as it was committed',
  );
  commit('Reviewed-by: Ada <ada@example.org>');
  await expect(rebase(stage.around, session, { reason, yes: true })).rejects.toThrow('by its own author');
  write('two.sh', `${script('two')}echo mended >> effects # twice\n`);
  commit('Reviewed-by: Grace <grace@example.org>');
  await expect(rebase(stage.around, session, { reason })).rejects.toThrow('Nobody is there to agree');
  await expect(rebase(heldTo('success'), session, { reason, yes: true })).rejects.toThrow(
    'asks for `success`',
  );
  expect(await rebase(heldTo('owner'), session, { reason, yes: true })).toBe(0);
  expect(stage.printed()).toContain(
    'two.sh changed\n  @ line 1\n   #!/bin/sh\n   echo two >> effects\n  +echo mended',
  );

  const end = await walk(await takeUp(stage.around, session), 'two');
  expect([end.problem, end.view.status, end.view.outcome]).toEqual([null, 'closed', 'rolled_back']);
  expect(effects()).toEqual(['one', 'two', 'mended', 'three']);
  expect(eventsOf(factsOf(session), 'runbook.rebased')).toMatchObject([
    {
      fact: {
        changed: [{ path: 'two.sh' }],
        reason,
        review: 'trusted',
        reviewed: { how: 'trailer', by: expect.arrayContaining(['Grace <grace@example.org>']) },
        overlays: [{ id: 'acme' }],
      },
    },
  ]);
});

test('R7.3: a link that is turned under way is refused; unreviewed bytes go on by break-glass only, and the review is owed', async () => {
  const { hosted, session } = await start('production');
  const { problem } = await walk(hosted, 'two', () => {
    rmSync(place('two.sh'));
    write('other.sh', script('other'));
    symlinkSync('other.sh', place('two.sh'));
  });
  expect(problem).toContain('changed since the session started: two.sh');
  expect(effects()).toEqual(['one']);

  const policy = 'review: { required_in: [production], trailer: Reviewed-by }\n';
  // nor may the change do away with the review, or with the place that it goes on in
  for (const [from, to, why] of [
    [policy, '', 'may not run in production'],
    ['  production:', '  live:', 'no environment production any more'],
  ] as const) {
    write('under_way.yaml', runbook('one').replace(policy, '').replace(from, to));
    await expect(rebase(stage.around, session, { reason, yes: true })).rejects.toThrow(why);
  }
  write('under_way.yaml', runbook('one'));
  await expect(rebase(stage.around, session, { reason, yes: true })).rejects.toThrow('leads through a link');
  await expect(
    rebase(stage.around, session, { reason, yes: true, breakGlass: true, second: 'ada' }),
  ).rejects.toThrow('a second person who is not you');
  const broken = { reason, yes: true, breakGlass: true, second: 'grace' } as const;
  expect(await rebase(stage.around, session, broken)).toBe(0);
  const end = await walk(await takeUp(stage.around, session), 'two');
  expect([end.problem, end.view.status]).toEqual([null, 'closed']);
  expect(effects()).toEqual(['one', 'other', 'three']);
  expect(end.view.obligations).toMatchObject([{ key: 'runbook-review', state: 'carried', owner: 'grace' }]);
});

test('what lies behind cannot be rebased, and where nothing changed there is nothing to do', async () => {
  const { hosted, session } = await start('staging');
  await walk(hosted, 'two', () => write('two.sh', 'exit 1\n'));
  write('two.sh', script('two'));
  expect(await rebase(stage.around, session, { reason, yes: true })).toBe(0);
  expect(stage.printed()).toContain('runs already');
  write('under_way.yaml', runbook('renamed'));
  await expect(rebase(stage.around, session, { reason, yes: true })).rejects.toThrow(
    'it changes what lies behind',
  );
  expect(eventsOf(factsOf(session), 'runbook.rebased')).toEqual([]);
});
