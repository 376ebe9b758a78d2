import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/cli/commands/check.ts';
import { lint } from '../../src/cli/commands/lint.ts';
import { create } from '../../src/cli/commands/new.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import { putApplication, putApplicationSet } from '../fixtures/kube/open-kube.ts';
import { digests, openKubeStage, uidOf } from './kube-stage.ts';

/** A Prometheus that knows these metrics and has no samples of any. */
async function servePrometheus(names: readonly string[]): Promise<string> {
  const server = createServer((request, response) => {
    const data =
      request.url?.startsWith('/api/v1/targets') === true
        ? {
            activeTargets: [
              { health: 'up', labels: { job: 'web' } },
              { health: 'down', labels: { job: 'web' } },
            ],
          }
        : request.url?.startsWith('/api/v1/label') === true
          ? names
          : { resultType: 'vector', result: [{ metric: {}, value: [Date.now() / 1000, '0'] }] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

test('from the tools of an operator to a runbook that lints clean and whose check runs: what is known is filled in, the rest is asked', async () => {
  const { kube, stage, folder, commits, git } = await openKubeStage();
  putApplicationSet(kube, 'shops', { automated: { selfHeal: true } });
  putApplication(kube, 'web', { automated: { selfHeal: true } }, { set: 'shops' });
  const repo = path.join(folder, 'repo');
  mkdirSync(path.join(repo, '.github/workflows'), { recursive: true });
  for (const name of ['deploy.yml', 'test.yml'])
    writeFileSync(path.join(repo, '.github/workflows', name), '');
  git(repo, 'tag', 'v2.0.0', commits.failed);
  git(repo, 'remote', 'set-url', 'origin', 'git@github.com:shop/web.git');
  const config = JSON.parse(readFileSync(path.join(stage.folder, 'kubeconfig'), 'utf8')) as {
    contexts: { context: Record<string, string> }[];
  };
  for (const { context } of config.contexts) context['namespace'] = 'shop';
  writeFileSync(path.join(stage.folder, 'kubeconfig'), JSON.stringify(config));
  const prometheus = await servePrometheus([
    'up',
    'shop_requests_total',
    'shop_request_duration_seconds_bucket',
  ]);
  const around: Surroundings = { ...stage.around, cwd: repo };

  await create(around, 'web_rollback', { from: 'kubernetes_stateless', discover: true, prometheus });

  const file = path.join(repo, 'web_rollback.yaml');
  const text = readFileSync(file, 'utf8');
  for (const [key, value] of Object.entries({
    context: 'shop-production',
    namespace: 'shop',
    namespace_uid: uidOf(kube),
    deployment: 'web',
    container: 'web',
    selector: 'app=web',
    gitops: 'argocd',
    argocd: 'argocd',
    application: 'web',
    owner: 'ApplicationSet/shops',
    ci: 'github',
    repository: 'shop/web',
    workflow: 'deploy.yml',
    prometheus,
  }))
    expect(text).toContain(`      ${key}: '${value}' # `);
  expect(text).toContain('rate(shop_requests_total{app=');
  expect(text).toMatch(/# +Deployment web: registry\.example\/shop\/web@sha256:2+, revision 2/);
  expect(text).toMatch(/# +Prometheus: 2 targets \(web\), 1 of them not up/);
  expect(text).toContain(`example: '${digests.old}'`);
  expect(text).toContain(`example: '${commits.old}'`);
  expect(text).toMatch(/^ {2}chat:\n {4}type: string\n {4}ask: /m);
  expect(text).toContain('maturity: draft');
  expect(lint(around, [file], {})).toBe(0);
  expect(kube.writes).toEqual([]);

  const input = {
    release: '2.0.0',
    revision: '1',
    digest: digests.old,
    commit: commits.old,
    failed_commit: commits.failed,
    manifest: 'web.yaml',
    config: 'config.yaml',
    port: '8080',
    alertmanager: prometheus,
    chat: prometheus,
    tracker: 'none',
  };
  await check(around, file, { env: 'production', input });
  const printed = stage.printed();
  expect(printed).toMatch(/back_where.*ok|ok.*back_where/);
});
