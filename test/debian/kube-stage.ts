import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import type { Policy, Situation } from '../../src/drill/policy.ts';
import type { Intent } from '../../src/session/intents.ts';
import { newObject } from '../fixtures/kube/store.ts';
import { openKube, type Kube } from '../fixtures/kube/open-kube.ts';
import { openStage, runThrough, shipped, type Run, type RunOptions, type Stage } from '../runbooks/stage.ts';

export const digests = {
  old: `sha256:${'1'.repeat(64)}`,
  failed: `sha256:${'2'.repeat(64)}`,
} as const;
export const imageOf = (digest: string): string => `registry.example/shop/web@${digest}`;

const manifestOf = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { app: web } }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: '${image}' }] }
`;

const configOf = (image: string): string => `apiVersion: v1
kind: ConfigMap
metadata: { name: web-config, namespace: shop }
data: { made_for: '${image}' }
`;

export interface KubeStage {
  readonly kube: Kube;
  readonly stage: Stage;
  /** The folder that runbooks stand in; the clone is `repo` in it. */
  readonly folder: string;
  readonly commits: { readonly old: string; readonly failed: string };
  /** What the operator's team does in another window: reverts the release on the main branch. */
  readonly revertInGit: () => void;
  readonly git: (folder: string, ...args: readonly string[]) => string;
  readonly run: (file: string, options?: Partial<RunOptions> & { readonly stage?: Stage }) => Promise<Run>;
}

/** A cluster on which 2.0.0 replaced 1.9.3, its manifests in git, and a place to run sessions from. */
export async function openKubeStage(): Promise<KubeStage> {
  const kube = await openKube();
  const base = openStage();
  onTestFinished(async () => {
    await base.clear();
    await kube.close();
  });
  const folder = path.join(base.folder, 'books');
  mkdirSync(folder);
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  const git = (at: string, ...args: readonly string[]): string =>
    execaSync('git', ['-C', at, '-c', 'user.name=ada', '-c', 'user.email=ada@example.net', ...args]).stdout;
  const [origin, repo] = [path.join(base.folder, 'origin.git'), path.join(folder, 'repo')];
  execaSync('git', ['init', '-q', '--bare', '-b', 'main', origin]);
  execaSync('git', ['clone', '-q', origin, repo], { stderr: 'ignore' });
  const commit = (at: string, image: string, message: string): string => {
    writeFileSync(path.join(at, 'web.yaml'), manifestOf(image));
    writeFileSync(path.join(at, 'config.yaml'), configOf(image));
    git(at, 'add', 'web.yaml', 'config.yaml');
    git(at, 'commit', '-q', '-m', message);
    git(at, 'push', '-q', 'origin', 'HEAD:main');
    return git(at, 'rev-parse', 'HEAD');
  };
  git(repo, 'checkout', '-q', '-b', 'main');
  const old = commit(repo, imageOf(digests.old), 'release 1.9.3');
  git(repo, 'tag', 'v1.9.3');
  const failed = commit(repo, imageOf(digests.failed), 'release 2.0.0');

  kube.deploy('shop', 'web', imageOf(digests.old));
  kube.deploy('shop', 'web', imageOf(digests.failed));
  const data = { made_for: imageOf(digests.failed) };
  kube.store.put('configmaps', newObject('configmaps', 'shop', 'web-config', { data }));
  const env = { ...base.around.env, KUBECONFIG: kube.kubeconfig(base.folder) };
  const stage: Stage = { ...base, around: { ...base.around, env } };
  return {
    kube,
    stage,
    folder,
    commits: { old, failed },
    git,
    revertInGit: () => {
      const elsewhere = path.join(base.folder, 'elsewhere');
      execaSync('git', ['clone', '-q', origin, elsewhere]);
      commit(elsewhere, imageOf(digests.old), 'back to 1.9.3');
    },
    run: (file, { stage: other = stage, ...options } = {}) =>
      runThrough(other, { file: path.join(folder, file), ...options }),
  };
}

export const uidOf = (kube: Kube, namespace = 'shop'): string =>
  kube.store.get('namespaces', '', namespace)?.metadata.uid ?? '';

/** Leaves what cannot be given back tonight to the owner: the step is passed over, and the debt carried. */
export const leavingOwed =
  (step: string): Policy =>
  ({ view }) => {
    const here = view.current.find(({ place, status }) => place.step === step && status === 'failed');
    const skip = here?.offers.find(({ intent }) => intent === 'skip');
    if (here === undefined || skip?.intent !== 'skip') return null;
    const { place, attempt } = here;
    return { type: 'skip', place, attempt, reason: 'the team reverts it tomorrow', override: skip.override };
  };

/** Does something once, when a step is first waited at, and says nothing itself. */
export function whenAt(step: string, act: () => void): (situation: Situation) => Intent | null {
  let done = false;
  return (situation) => {
    if (!done && situation.at === 'step' && situation.step.place.step === step) {
      done = true;
      act();
    }
    return null;
  };
}
