import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstOf } from '../../src/drill/policy.ts';
import { imageOf as liveImage } from '../fixtures/kube/argo.ts';
import { openKube } from '../fixtures/kube/open-kube.ts';
import { abortingAt, expectEnd, stepsOf } from '../runbooks/stage.ts';
import { digests, imageOf, leavingOwed, openKubeStage, uidOf, whenAt, type KubeStage } from './kube-stage.ts';

/** A runbook around the fragment: go back, look, give back. */
function writeBook({ folder, kube, commits }: KubeStage, more: Readonly<Record<string, string>> = {}): void {
  const given = {
    kubectl: ['kubectl', '--context', 'shop-production', '--namespace', 'shop'],
    namespace: 'shop',
    namespace_uid: uidOf(kube),
    deployment: 'web',
    container: 'web',
    selector: 'app=web',
    revision: '1',
    digest: digests.old,
    repo: 'repo',
    manifest: 'web.yaml',
    commit: commits.old,
    patience: '20s',
    ...more,
  };
  const text = `walkback: 1
id: web_back
title: Take the web service back
service: web
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: k8s, use: steps/rollback_kubernetes.yaml, with: ${JSON.stringify(given)}, override: { census.check.within: 3s } }
      - { id: looked, title: Look at it, manual: Look at the shop., read_only: true }
      - { id: give_back, title: Give back, release: [k8s] }
      - { id: done, end: rolled_back }
`;
  writeFileSync(path.join(folder, 'book.yaml'), text);
}

const now = ({ kube }: KubeStage): string => liveImage(kube.store.get('deployments', 'shop', 'web'));
const census = ({ kube }: KubeStage): readonly string[] => kube.digests('shop', 'web');
const allOld = [digests.old, digests.old, digests.old];

test('R4.3: after the way back the digest census equals the target, pod by pod', async () => {
  const here = await openKubeStage();
  writeBook(here);

  const run = await here.run('book.yaml', { policy: whenAt('give_back', here.revertInGit) });

  expectEnd(here.stage, run, 'rolled_back');
  expect(census(here)).toEqual(allOld);
  expect(stepsOf(run)).not.toContain('k8s_why_stuck');
});

test('R4.3: while the manifest in git is still the new one, the debt stays open', async () => {
  const here = await openKubeStage();
  writeBook(here);

  const run = await here.run('book.yaml', { policy: leavingOwed('give_back') });

  expect(run.view.outcome).toBe('rolled_back');
  expect(run.view.obligations.map(({ key, state }) => [key, state])).toEqual([['k8s_manifest', 'carried']]);
  expect(census(here)).toEqual(allOld);
});

test('R4.3: a branch without that manifest is no proof that git says what runs', async () => {
  const here = await openKubeStage();
  writeBook(here, { manifest: 'nowhere.yaml' });

  const run = await here.run('book.yaml', { policy: leavingOwed('give_back') });

  expect(run.view.obligations.map(({ state }) => state)).toEqual(['carried']);
});

test('R4.3: pods that do not come up lead to the branch for it, and from there to the end', async () => {
  const here = await openKubeStage();
  writeBook(here, { patience: '2s' });
  here.kube.trouble.stuck = true;
  const mended = whenAt('k8s_why_stuck', () => {
    here.kube.trouble.stuck = false;
    here.revertInGit();
  });

  const run = await here.run('book.yaml', { policy: mended });

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toEqual(expect.arrayContaining(['k8s_why_stuck', 'k8s_unstick', 'k8s_census']));
  expect(census(here)).toEqual(allOld);
});

test('R4.3: an image that cannot be pulled comes from the other registry, under the same digest', async () => {
  const here = await openKubeStage();
  writeBook(here, { patience: '2s', mirror: 'mirror.example/shop/web' });
  here.kube.trouble.missingImage = imageOf(digests.old);

  const run = await here.run('book.yaml', { policy: leavingOwed('give_back') });

  expect(stepsOf(run)).toEqual(expect.arrayContaining(['k8s_why_stuck', 'k8s_other_registry', 'k8s_census']));
  expect(now(here)).toBe(`mirror.example/shop/web@${digests.old}`);
  expect(census(here)).toEqual(allOld);
});

test('R4.3: a revision that was pruned is applied again from its commit', async () => {
  const here = await openKubeStage();
  writeBook(here);
  for (const set of here.kube.store.list('replicasets', 'shop'))
    if (set.metadata.annotations?.['deployment.kubernetes.io/revision'] === '1')
      here.kube.store.remove('replicasets', set);

  const run = await here.run('book.yaml', { policy: whenAt('give_back', here.revertInGit) });

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toEqual(expect.arrayContaining(['k8s_old_manifest', 'k8s_apply_manifest']));
  expect(stepsOf(run)).not.toContain('k8s_back');
  expect(census(here)).toEqual(allOld);
});

test('R4.3: a Deployment that somebody paused is let go on before it goes back', async () => {
  const here = await openKubeStage();
  writeBook(here);
  const deployment = here.kube.store.get('deployments', 'shop', 'web');
  if (deployment === null) throw new Error('no deployment');
  here.kube.store.put('deployments', { ...deployment, spec: { ...deployment.spec, paused: true } });

  const run = await here.run('book.yaml', { policy: whenAt('give_back', here.revertInGit) });

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toContain('k8s_resume');
  expect(census(here)).toEqual(allOld);
});

test('R4.3: a pod that stays on the failed release is found by its digest, and replaced', async () => {
  const here = await openKubeStage();
  writeBook(here);
  here.kube.trouble.laggards = 1;
  const seen: string[] = [];
  const look = whenAt('k8s_which_pods', () => seen.push(...census(here)));

  const run = await here.run('book.yaml', {
    policy: firstOf(look, whenAt('give_back', here.revertInGit)),
  });

  expect(seen.toSorted()).toEqual([...allOld, digests.failed]);
  expectEnd(here.stage, run, 'rolled_back');
  expect(census(here)).toEqual(allOld);
});

test('R4.3: a context that leads to another cluster is refused before anything is changed', async () => {
  const here = await openKubeStage();
  const other = await openKube();
  onTestFinished(other.close);
  other.deploy('shop', 'web', imageOf(digests.old));
  other.deploy('shop', 'web', imageOf(digests.failed));
  writeBook(here);
  other.kubeconfig(here.stage.folder); // the same name of a context, another server

  const run = await here.run('book.yaml');

  expect(run.view.outcome).toBe('aborted');
  expect([...other.writes, ...here.kube.writes]).toEqual([]);
});

test('R4.3: a context that changes in the middle is refused by the guard of the very next change', async () => {
  const here = await openKubeStage();
  const other = await openKube();
  onTestFinished(other.close);
  other.deploy('shop', 'web', imageOf(digests.old));
  other.deploy('shop', 'web', imageOf(digests.failed));
  writeBook(here);

  const run = await here.run('book.yaml', {
    policy: whenAt('k8s_back', () => void other.kubeconfig(here.stage.folder)),
  });

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('k8s_back');
  expect(other.writes).toEqual([]);
});

test('R4.3: whoever aborts after the way back gets the release before it again', async () => {
  const here = await openKubeStage();
  writeBook(here);

  const run = await here.run('book.yaml', { policy: abortingAt('looked', 'the old release is worse') });

  expect(run.view.outcome).toBe('aborted');
  expect(now(here)).toBe(imageOf(digests.failed));
  expect(run.view.obligations.map(({ state }) => state)).toEqual(['proved']);
});

test('R4.3: where the old release does not start any more, an abort puts the release before it back', async () => {
  const here = await openKubeStage();
  writeBook(here, { patience: '1s' });
  here.kube.trouble.stuck = true;

  const run = await here.run('book.yaml', {
    policy: abortingAt('k8s_why_stuck', 'it needs a machine that is gone'),
  });

  expect(run.view.outcome).toBe('aborted');
  expect(now(here)).toBe(imageOf(digests.failed));
  expect(run.view.obligations.map(({ state }) => state)).toEqual(['proved']);
});
