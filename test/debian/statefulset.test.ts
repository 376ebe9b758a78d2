import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { execa } from 'execa';
import { abortingAt, expectEnd, stepsOf } from '../runbooks/stage.ts';
import { digests, imageOf, openKubeStage, uidOf, type KubeStage } from './kube-stage.ts';

const manifestOf = (image: string): string => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop, labels: { app: db } }
spec:
  replicas: 3
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: '${image}' }] }
`;

/** A stateful set whose new release does not start: its last pod holds up the other two, which run the old one. */
async function openStuck(): Promise<KubeStage> {
  const here = await openKubeStage();
  const repo = path.join(here.folder, 'repo');
  const env = {
    PATH: process.env['PATH'] ?? '',
    KUBECONFIG: here.kube.kubeconfig(here.stage.folder),
    HOME: here.stage.home,
  };
  const release = async (image: string): Promise<string> => {
    writeFileSync(path.join(repo, 'db.yaml'), manifestOf(image));
    here.git(repo, 'add', 'db.yaml');
    here.git(repo, 'commit', '-q', '-m', image);
    await execa('kubectl', ['--namespace=shop', 'apply', '-f', path.join(repo, 'db.yaml')], {
      env,
      extendEnv: false,
    });
    const ofThis = () => here.kube.digests('shop', 'db').filter((digest) => image.endsWith(digest)).length;
    const pods = () => here.kube.store.list('pods', 'shop', 'app=db');
    await expect
      .poll(() => ofThis() === 3 || pods().some((pod) => pod.status?.['phase'] === 'Pending'))
      .toBe(true);
    return here.git(repo, 'rev-parse', 'HEAD');
  };
  const old = await release(imageOf(digests.old));
  here.kube.trouble.missingImage = digests.failed;
  const failed = await release(imageOf(digests.failed));
  const given = {
    kubectl: ['kubectl', '--context', 'shop-production', '--namespace', 'shop'],
    namespace: 'shop',
    namespace_uid: uidOf(here.kube),
    statefulset: 'db',
    container: 'db',
    selector: 'app=db',
    digest: digests.old,
    repo: 'repo',
    manifest: 'db.yaml',
    commit: old,
    failed_commit: failed,
    patience: '3s',
  };
  const text = `walkback: 1
id: db_back
title: Take the database service back
service: db
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: sts, use: steps/rollback_statefulset.yaml, with: ${JSON.stringify(given)}, override: { all_old.check.every: 300ms } }
      - { id: done, end: rolled_back }
`;
  writeFileSync(path.join(here.folder, 'book.yaml'), text);
  return here;
}

test('R4.3: a pod of a stateful set that does not start is deleted by hand after its template went back', async () => {
  const here = await openStuck();

  const run = await here.run('book.yaml');

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toEqual(expect.arrayContaining(['sts_which_pod', 'sts_delete_stuck']));
  expect(here.kube.digests('shop', 'db')).toEqual([digests.old, digests.old, digests.old]);
  expect(here.kube.writes.filter((write) => write.startsWith('DELETE'))).toEqual(['DELETE pods/db-2']);
});

test('R4.3: whoever aborts there gets the template before it again', async () => {
  const here = await openStuck();

  const run = await here.run('book.yaml', {
    policy: abortingAt('sts_which_pod', 'the volume is the trouble'),
  });

  expect(run.view.outcome).toBe('aborted');
  expect(JSON.stringify(here.kube.store.get('statefulsets', 'shop', 'db')?.spec)).toContain(digests.failed);
});
