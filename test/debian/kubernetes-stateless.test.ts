import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventsOf } from '../../src/report/story.ts';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { systemTimes } from '../../src/cli/tools/times.ts';
import { addSilence, silenceState } from '../../src/tools/silence/silence.ts';
import { listen } from '../../src/sandbox/http.ts';
import { imageOf as liveImage } from '../fixtures/kube/argo.ts';
import { policyOf, putApplication } from '../fixtures/kube/open-kube.ts';
import { writeGh } from '../fixtures/gh.ts';
import { abortingAt, chosen, expectEnd, shipped, stepsOf, type Run } from '../runbooks/stage.ts';
import { digests, imageOf, openKubeStage, uidOf, whenAt, type KubeStage } from './kube-stage.ts';
import { monitoringOf, quickened } from './quick-book.ts';
import { startAlertmanager, type RealAlertmanager } from './real-alertmanager.ts';

/** The shipped runbook, whole: real kubectl and git, a real Alertmanager; the cluster, the tracker and `gh` are stand-ins. */

let alertmanager: RealAlertmanager;
beforeAll(async () => {
  alertmanager = await startAlertmanager('http://127.0.0.1:1');
});
afterAll(() => alertmanager.stop());

const automatic = { automated: { prune: true, selfHeal: true } };

interface Whole extends KubeStage {
  readonly walk: (...policies: readonly Policy[]) => Promise<Run>;
}

async function openWhole(): Promise<Whole> {
  const here = await openKubeStage();
  const text = readFileSync(shipped('kubernetes_stateless.yaml'), 'utf8');
  const monitoring = await monitoringOf(
    shipped('kubernetes_stateless.yaml'),
    { namespace: 'shop', deployment: 'web', container: 'web' },
    { errors: 0.001, requests: 5000, latency: 0.2, restarts: 0 },
  );
  onTestFinished(monitoring.close);
  // an error that was there before the release goes on, one of the release does not
  const issue = (id: string, firstSeen: number, lastSeen: number) => {
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    return {
      id,
      title: id,
      count: 4,
      status: 'unresolved',
      firstSeen: at(firstSeen),
      lastSeen: at(lastSeen),
    };
  };
  const issues = [issue('mail is late', -86_400_000, 600_000), issue('coupon is lost', -1, -1)];
  const tracker = await listen(() => ({ status: 200, body: JSON.stringify(issues) }));
  onTestFinished(tracker.close);
  const bin = path.join(here.stage.folder, 'bin');
  mkdirSync(bin);
  writeGh(bin);
  cpSync(shipped('keys'), path.join(here.folder, 'keys'), { recursive: true });
  const file = path.join(here.folder, 'kubernetes_stateless.yaml');
  const book = quickened(text)
    .replace(/namespace_uid: [0-9a-f-]{36}/, `namespace_uid: ${uidOf(here.kube)}`)
    .replace('http://prometheus.example:9090', monitoring.url)
    .replace('http://alertmanager.example:9093', alertmanager.url)
    .replace('https://chat.example/hooks/shop', monitoring.url)
    .replace(/tracker: https.*/, `tracker: ${tracker.url}`);
  writeFileSync(file, book);
  putApplication(here.kube, 'web', automatic);
  const live = here.kube.store.get('deployments', 'shop', 'web');
  if (live !== null) here.kube.desired.set('web', live);
  const around = {
    ...here.stage.around,
    env: { ...here.stage.around.env, PATH: `${bin}:${here.stage.around.env['PATH'] ?? ''}` },
  };
  const stage = { ...here.stage, around };
  return {
    ...here,
    stage,
    walk: (...policies) =>
      here.run('kubernetes_stateless.yaml', {
        environment: 'production',
        mode: 'LIVE',
        given: {
          release: '2.0.0',
          revision: '1',
          digest: digests.old,
          commit: here.commits.old,
          failed_commit: here.commits.failed,
        },
        policy: firstOf(...policies, chosen('what_to_do', 'rollback', 'customers report errors', 1)),
        stage,
      }),
  };
}

const image = ({ kube }: KubeStage): string => liveImage(kube.store.get('deployments', 'shop', 'web'));
const workflow = ({ stage }: KubeStage): string =>
  existsSync(path.join(stage.folder, 'bin/gh.state')) ? 'disabled' : 'active';
const config = ({ kube }: KubeStage): string =>
  JSON.stringify(kube.store.get('configmaps', 'shop', 'web-config'));
const kept = ({ kube }: KubeStage): readonly unknown[] =>
  kube.store.list('pods', 'shop', 'walkback-kept=web');

/** Once git says the old release too, Argo CD keeps that one. */
const revert = (here: Whole): Policy =>
  whenAt('git_says_so', () => {
    here.revertInGit();
    const live = here.kube.store.get('deployments', 'shop', 'web');
    if (live !== null) here.kube.desired.set('web', live);
  });

test('C2: the whole way back on Kubernetes: held, taken back with its configuration, counted, given back', async () => {
  const here = await openWhole();
  const grace = { url: alertmanager.url, owner: 'grace', headers: {} };
  const theirs = { matchers: ['service=web'], forMs: 600_000, comment: 'the switch is changed' };
  await addSilence(grace, theirs, systemTimes());
  const during: unknown[] = [];
  const look = whenAt('git_says_so', () =>
    during.push(workflow(here), kept(here).length, policyOf(here.kube, 'web')),
  );

  const run = await here.walk(look, revert(here));

  expectEnd(here.stage, run, 'rolled_back');
  const proven = eventsOf(run.facts, 'check.judged').find(
    ({ fact }) => fact.place.step === 'old_errors',
  )?.fact;
  expect(proven?.result).toBe('pass');
  expect(run.view.obligations).toContainEqual(
    expect.objectContaining({ key: 'post-mortem', state: 'carried' }),
  );
  expect(during).toEqual(['disabled', 1, {}]);
  expect(image(here)).toBe(imageOf(digests.old));
  expect(here.kube.digests('shop', 'web')).toEqual([digests.old, digests.old, digests.old]);
  expect(config(here)).toContain(digests.old);
  expect([workflow(here), kept(here), policyOf(here.kube, 'web')]).toEqual(['active', [], automatic]);
  // a colleague's silence over the same alerts is nobody's to end
  expect(await silenceState(grace)).toMatchObject({ state: 'active' });
});

test('C2: where it is worse afterwards, an abort puts all back; the pipeline stays held while its head is bad', async () => {
  const here = await openWhole();
  here.kube.trouble.sick = digests.old;

  const run = await here.walk(abortingAt('which_way', 'the old release is worse'));

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('smoke');
  expect(image(here)).toBe(imageOf(digests.failed));
  expect(config(here)).toContain(digests.failed);
  expect([kept(here), policyOf(here.kube, 'web')]).toEqual([[], automatic]);
  // the next deploy would bring the failed release again: that is not given back by the way
  const owed = run.view.obligations.filter(({ state }) => state !== 'proved');
  expect([workflow(here), ...owed.map(({ key }) => key)]).toEqual(['disabled', 'ci_paused', 'post-mortem']);
});
