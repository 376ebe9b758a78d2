import { spawnSync, execFileSync } from 'node:child_process';
import { mkdirSync, cpSync, writeFileSync, readFileSync, appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { newObject } from '../fixtures/kube/store.ts';
import { openKube } from '../fixtures/kube/open-kube.ts';
import { chosen, expectEnd, openStage, runThrough, shipped, type Stage } from '../runbooks/stage.ts';

/** Root may use another user's table; anybody else has one of their own. */
const user = process.getuid?.() === 0 ? 'nobody' : String(process.env['USER']);
const whose = process.getuid?.() === 0 ? ['-u', user] : [];
const crontab = (...args: readonly string[]) =>
  spawnSync('crontab', [...whose, ...args], { encoding: 'utf8' });
const install = (table: string): void =>
  void execFileSync('crontab', [...whose, '-'], { input: table, stdio: 'pipe' });

const table = `# the nightly settlement
15 2 * * *\t/srv/shop/bin/settle --all
@daily /srv/shop/bin/clean
`;

/** What was there before the test is there after it. */
function borrowTable(): void {
  const before = crontab('-l');
  onTestFinished(() => {
    if (before.status === 0) install(before.stdout);
    else crontab('-r');
  });
  install(table);
}

function openBooks(
  fragments: readonly string[],
  steps: string,
): { readonly stage: Stage; readonly file: string } {
  const stage = openStage();
  onTestFinished(stage.clear);
  const folder = path.join(stage.folder, 'books');
  mkdirSync(path.join(folder, 'steps'), { recursive: true });
  for (const name of fragments)
    cpSync(shipped(`steps/${name}.yaml`), path.join(folder, 'steps', `${name}.yaml`));
  const file = path.join(folder, 'book.yaml');
  writeFileSync(
    file,
    `walkback: 1
id: jobs
title: Keep the jobs away
service: shop
objective: 10m
environments: { sandbox: { drill: { token: { run: ['true'], expect: { exit: 0 } } } } }
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Keep them away?, options: [{ id: on, title: On, reversible: seconds }, { id: off, title: Off, end: not_needed }], recommend: "'on'" }
${steps}
      - { id: done, end: rolled_back }
`,
  );
  return { stage, file };
}

/** Does something again and again while a step is at work, as a scheduler would. */
function whileAt(step: string, act: () => void): Policy {
  let timer: NodeJS.Timeout | null = null;
  onTestFinished(() => void (timer !== null && clearInterval(timer)));
  return ({ at, view }) => {
    if (at === 'work' && view.current[0]?.place.step === step) timer ??= setInterval(act, 400);
    return null;
  };
}

test('R6.5: each job of a real crontab has a debt of its own, which a run that is seen within one period closes', async () => {
  borrowTable();
  const { stage, file } = openBooks(
    ['pause_cron_job', 'catch_up_job'],
    `      - { id: away, run: [date, -u, '+%Y-%m-%dT%H:%M:%SZ'], read_only: true, outputs: { at: { pattern: '(\\S+)' } } }
      - { id: settle, use: steps/pause_cron_job.yaml, with: { user: ${user}, job: bin/settle, last_run: [cat, settled], period: 30s } }
      - { id: clean, use: steps/pause_cron_job.yaml, with: { user: ${user}, job: bin/clean, last_run: [cat, cleaned], period: 30s } }
      - { id: back_settle, release: [settle] }
      - { id: back_clean, release: [clean] }
      - { id: caught, use: steps/catch_up_job.yaml, with: { name: settle, cron: '15 2 * * *', tz: Europe/Berlin, paused_at: '2026-03-28T11:00:00Z', resumed_at: '2026-03-30T11:00:00Z', run: [sh, -c, 'echo $MISSED_RUN >> made_up; date +%s%N > settled'], last_run: [cat, settled], missed: backfill } }`,
  );
  const folder = path.dirname(file);
  for (const name of ['settled', 'cleaned']) writeFileSync(path.join(folder, name), 'the night before\n');
  const tables: string[] = [];
  const run = (name: string) => () => {
    // what cron does once its line is there again
    if (!crontab('-l').stdout.includes(`#walkback| `) || name === 'settled')
      appendFileSync(path.join(folder, name), `${Date.now()}\n`);
    tables.push(crontab('-l').stdout);
  };
  const policies = [whileAt('back_settle', run('settled')), whileAt('back_clean', run('cleaned'))];
  const policy: Policy = async (situation) => {
    for (const one of policies) await one(situation);
    return null;
  };

  const ended = await runThrough(stage, { file, policy, environment: 'sandbox', mode: 'LIVE' });

  expectEnd(stage, ended, 'rolled_back');
  expect(crontab('-l').stdout).toBe(table);
  // one ran again while the other was still away
  expect(tables.some((one) => /^15 2/m.test(one) && /^#walkback\| @daily/m.test(one))).toBe(true);
  const closed = eventsOf(ended.facts, 'obligation.discharged').map(({ fact }) => `${fact.key} ${fact.how}`);
  expect(closed).toEqual(['settle_job proved', 'clean_job proved']);
  expect(readFileSync(path.join(folder, 'made_up'), 'utf8')).toBe(
    '2026-03-29T01:00:00.000Z\n2026-03-30T00:15:00.000Z\n',
  );
}, 120_000);

test('R6.5: an edit in between is a choice of three in the session, shown with the edit and on record', async () => {
  borrowTable();
  const { stage, file } = openBooks(
    ['pause_crontab', 'settle_crontab'],
    `      - { id: jobs, use: steps/pause_crontab.yaml, with: { user: ${user} } }
      - { id: look, manual: Do the work., read_only: true }
      - { id: back, release: [jobs], on: { fail: edited } }
      - { id: done_well, end: rolled_back }
  - id: edited
    title: Somebody edited it
    off_path: true
    steps:
      - { id: settle, use: steps/settle_crontab.yaml, with: { user: ${user} } }
      - { id: back_again, release: [jobs] }`,
  );
  const edit: Policy = ({ view }) => {
    const { stdout } = crontab('-l');
    if (view.current[0]?.place.step === 'look' && !stdout.includes('/srv/new'))
      install(`${stdout}0 5 * * * /srv/new\n`);
    return null;
  };
  const codify = chosen('settle_choose', 'codify', 'ada added it, and it is right');

  const ended = await runThrough(stage, {
    file,
    policy: firstOf(edit, codify),
    environment: 'sandbox',
    mode: 'LIVE',
  });

  expectEnd(stage, ended, 'rolled_back');
  expect(crontab('-l').stdout).toBe(`${table}0 5 * * * /srv/new\n`);
  const asked = eventsOf(ended.facts, 'question.posed').find(
    ({ fact }) => fact.place.step === 'settle_choose',
  );
  expect(asked?.fact.facts[0]?.value).toContain('+ 0 5 * * * /srv/new');
  const made = eventsOf(ended.facts, 'decision.made').find(({ fact }) => fact.place.step === 'settle_choose');
  expect(made?.fact).toMatchObject({ option: 'codify', reason: 'ada added it, and it is right' });
}, 120_000);

test('R6.5: a CronJob of Kubernetes is suspended, and its debt closes by a run that ended well', async () => {
  const kube = await openKube();
  onTestFinished(kube.close);
  const cronjob = (suspend: boolean, last: string) =>
    newObject('cronjobs', 'shop', 'settle', {
      spec: { schedule: '15 2 * * *', suspend },
      status: { lastSuccessfulTime: last },
    });
  kube.store.put('cronjobs', cronjob(false, '2026-03-28T01:15:00Z'));
  const uid = kube.store.get('namespaces', '', 'shop')?.metadata.uid ?? '';
  const { stage: base, file } = openBooks(
    ['suspend_cronjob'],
    `      - { id: settle, use: steps/suspend_cronjob.yaml, with: { kubectl: [kubectl, -n, shop], namespace: shop, namespace_uid: ${uid}, cronjob: settle, period: 30s } }
      - { id: look, manual: Do the work., read_only: true }
      - { id: back, release: [settle] }`,
  );
  const env = { ...base.around.env, KUBECONFIG: kube.kubeconfig(base.folder) };
  const stage: Stage = { ...base, around: { ...base.around, env } };
  const spec = () => kube.store.get('cronjobs', 'shop', 'settle')?.spec;
  let suspended: unknown = null;
  let runs = 0;
  const scheduler = whileAt('back', () => {
    if (spec()?.['suspend'] === false)
      kube.store.put('cronjobs', cronjob(false, `2026-03-29T01:15:${10 + (runs += 1)}Z`));
  });
  const policy: Policy = async (situation) => {
    if (situation.view.current[0]?.place.step === 'look') suspended = spec()?.['suspend'];
    return scheduler(situation);
  };

  const ended = await runThrough(stage, { file, policy, environment: 'sandbox', mode: 'LIVE' });

  expectEnd(stage, ended, 'rolled_back');
  expect(suspended).toBe(true);
  expect(kube.writes).toEqual(['PATCH cronjobs/settle', 'PATCH cronjobs/settle']);
  expect(eventsOf(ended.facts, 'obligation.discharged').map(({ fact }) => fact.how)).toEqual(['proved']);
}, 120_000);
