import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { imageOf as liveImage } from '../fixtures/kube/argo.ts';
import type { Fields, KubeObject } from '../fixtures/kube/object.ts';
import { policyOf, putApplication, putApplicationSet } from '../fixtures/kube/open-kube.ts';
import { expectEnd, type Run } from '../runbooks/stage.ts';
import { digests, imageOf, openKubeStage, whenAt, type KubeStage } from './kube-stage.ts';

const automatic: Fields = {
  automated: { prune: true, selfHeal: true },
  syncOptions: ['CreateNamespace=true'],
};

function writeBook({ folder }: KubeStage, owner: string, skip: readonly string[] = []): void {
  const given = { kubectl: ['kubectl', '--namespace', 'argocd'], application: 'web', owner };
  const text = `walkback: 1
id: hold
title: Hold Argo CD
service: web
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Hold?, options: [{ id: hold, title: Hold, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'hold'" }
      - { id: argo, use: steps/hold_argocd.yaml, with: ${JSON.stringify(given)}, skip: ${JSON.stringify(skip)}, override: { stays_off.check.within: 6s, stays_off.check.every: 100ms } }
      - id: change
        run: [kubectl, -n, shop, set, image, deployment/web, 'web=${imageOf(digests.old)}']
        undo: { run: [kubectl, -n, shop, set, image, deployment/web, 'web=${imageOf(digests.failed)}'] }
      - { id: held, title: Does it stay?, manual: Look whether the old release stays., read_only: true }
      - { id: give_back, title: Give back, release: [argo] }
      - { id: done, end: rolled_back }
`;
  writeFileSync(path.join(folder, 'book.yaml'), text);
}

const image = ({ kube }: KubeStage): string => liveImage(kube.store.get('deployments', 'shop', 'web'));

/** Argo CD keeps the failed release on the cluster: git holds it. */
function keepFailed({ kube }: KubeStage): void {
  const live = kube.store.get('deployments', 'shop', 'web');
  if (live !== null) kube.desired.set('web', live);
}

const specOf = (object: KubeObject | null): unknown => object?.spec;
const held: readonly string[] = ['argo_set', 'argo_parent', 'argo_sync'];
const opened = (run: Run): readonly string[] =>
  run.view.obligations.map(({ key }) => key).toSorted((a, b) => held.indexOf(a) - held.indexOf(b));

/** What was on the cluster while the session looked at it. */
function seenWhileHeld(here: KubeStage): { readonly images: string[]; readonly policy: Policy } {
  const images: string[] = [];
  return { images, policy: whenAt('held', () => images.push(image(here))) };
}

test('R4.3: auto-sync is held at the ApplicationSet, self-heal is off, and all is restored exactly', async () => {
  const here = await openKubeStage();
  putApplicationSet(here.kube, 'shops', automatic);
  putApplication(here.kube, 'web', automatic, { set: 'shops' });
  keepFailed(here);
  writeBook(here, 'ApplicationSet/shops');
  const before = [
    specOf(here.kube.store.get('applicationsets', 'argocd', 'shops')),
    specOf(here.kube.store.get('applications', 'argocd', 'web')),
  ];
  const { images, policy } = seenWhileHeld(here);

  const run = await here.run('book.yaml', { policy });

  expectEnd(here.stage, run, 'rolled_back');
  expect(opened(run)).toContain('argo_set'); // the set took it from the application by itself
  expect(images).toEqual([imageOf(digests.old)]);
  await expect
    .poll(() => [
      specOf(here.kube.store.get('applicationsets', 'argocd', 'shops')),
      specOf(here.kube.store.get('applications', 'argocd', 'web')),
    ])
    .toEqual(before);
});

test('R4.3: in an app of apps the parent is held, and restored exactly', async () => {
  const here = await openKubeStage();
  putApplication(here.kube, 'everything', automatic);
  putApplication(here.kube, 'web', automatic, { parent: 'everything' });
  here.kube.children.set('web', automatic);
  keepFailed(here);
  writeBook(here, 'Application/everything');
  const { images, policy } = seenWhileHeld(here);

  const run = await here.run('book.yaml', { policy });

  expectEnd(here.stage, run, 'rolled_back');
  expect(opened(run)).toEqual(['argo_parent', 'argo_sync']);
  expect(images).toEqual([imageOf(digests.old)]);
  expect([policyOf(here.kube, 'everything'), policyOf(here.kube, 'web')]).toEqual([automatic, automatic]);
});

test('R4.3: an application without automatic sync is left as it is', async () => {
  const here = await openKubeStage();
  putApplication(here.kube, 'web', null);
  writeBook(here, 'none');

  const run = await here.run('book.yaml');

  expectEnd(here.stage, run, 'rolled_back');
  expect(run.view.obligations).toEqual([]);
  expect(policyOf(here.kube, 'web')).toBeNull();
  expect(here.kube.writes.filter((write) => write.includes('applications'))).toEqual([]);
});

test('R4.3: an owner that the runbook does not name is found before anything is held', async () => {
  const here = await openKubeStage();
  putApplicationSet(here.kube, 'shops', automatic);
  putApplication(here.kube, 'web', automatic, { set: 'shops' });
  writeBook(here, 'none');

  const run = await here.run('book.yaml');

  expect(run.view.outcome).toBe('aborted');
  expect(here.kube.writes).toEqual([]);
});

test('R4.3: an owner that was missed shows itself: the application gets its sync again, and the way stops', async () => {
  const here = await openKubeStage();
  putApplicationSet(here.kube, 'shops', automatic);
  putApplication(here.kube, 'web', automatic, { set: 'shops' });
  writeBook(here, 'none', ['known_owner']);

  const run = await here.run('book.yaml');

  expect(run.view.outcome).toBe('aborted');
  expect(here.kube.writes.filter((write) => write.includes('deployments'))).toEqual([]);
  expect(policyOf(here.kube, 'web')).toEqual(automatic);
});
