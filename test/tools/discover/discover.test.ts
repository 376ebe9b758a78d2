import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lint } from '../../../src/cli/commands/lint.ts';
import { create } from '../../../src/cli/commands/new.ts';
import { openStage } from '../../runbooks/stage.ts';

function openFolder(programs: Readonly<Record<string, string>>) {
  const stage = openStage();
  onTestFinished(() => stage.clear());
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-discover-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(programs))
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { stage, folder, around: { ...stage.around, cwd: folder, env: { PATH: bin, HOME: folder } } };
}

test.each(['kubernetes_stateless', 'config_revert'])(
  'where no tool is there, %s asks for everything, names what is missing, and lints clean',
  async (from) => {
    const { stage, folder, around } = openFolder({});

    await create(around, 'mine', { from, discover: true });

    const file = path.join(folder, 'mine.yaml');
    const text = readFileSync(file, 'utf8');
    for (const tool of ['kubectl', 'git']) expect(text).toContain(`#   ${tool} is not installed`);
    expect(stage.printed()).toContain('not looked at: kubectl is not installed');
    expect(text).toContain('${{ inputs.prometheus }}');
    expect(text).not.toMatch(/^\s+prometheus: 'http/m);
    expect(lint(around, [file], {})).toBe(0);
  },
);

const deployments = (...names: readonly string[]): string =>
  JSON.stringify({
    items: names.map((name) => ({
      metadata: { name, annotations: { 'deployment.kubernetes.io/revision': '7' } },
      spec: {
        selector: { matchLabels: { app: name } },
        template: { spec: { containers: [{ name, image: `registry.example/${name}:2` }] } },
      },
    })),
  });
const kubectl = (list: string): string => `case "$*" in
  'config current-context') echo prod ;;
  *jsonpath={..namespace}) echo shop ;;
  *'get namespace shop'*) printf uid-of-shop ;;
  *'get deployments'*) /bin/cat <<'END'\n${list}\nEND\n;;
  *'get replicasets'*) echo '{"items":[]}' ;;
  *applications*) echo "error: the server doesn't have a resource type \\"applications\\"" >&2; exit 1 ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac`;

test('of several Deployments the one is taken that the person names; without that it is asked', async () => {
  const one = openFolder({ kubectl: kubectl(deployments('api', 'web')) });
  await create(one.around, 'shop_rollback', { from: 'kubernetes_stateless', discover: true });
  const asked = readFileSync(path.join(one.folder, 'shop_rollback.yaml'), 'utf8');
  const other = openFolder({ kubectl: kubectl(deployments('api', 'web')) });
  await create(other.around, 'shop_rollback', {
    from: 'kubernetes_stateless',
    discover: true,
    deployment: 'api',
  });
  const settled = readFileSync(path.join(other.folder, 'shop_rollback.yaml'), 'utf8');

  expect(asked).toContain("deployment: { type: string, ask: 'Which Deployment?', example: 'api' }");
  expect(asked).toContain('${{ inputs.deployment }}');
  expect(settled).toContain("      deployment: 'api' # kubectl get deployments");
  expect(settled).toContain("      gitops: 'none' # ");
  expect(lint(one.around, [path.join(one.folder, 'shop_rollback.yaml')], {})).toBe(0);
  expect(lint(other.around, [path.join(other.folder, 'shop_rollback.yaml')], {})).toBe(0);
});

test('an image that is a tag is told, for a tag may stand for another image', async () => {
  const sets = JSON.stringify({
    items: [
      {
        metadata: { name: 'old', annotations: { 'deployment.kubernetes.io/revision': '6' } },
        spec: { template: { spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] } } },
      },
    ],
  });
  const script = kubectl(deployments('web')).replace(`echo '{"items":[]}'`, `echo '${sets}'`);
  const { folder, around } = openFolder({ kubectl: script });

  await create(around, 'web_back', { from: 'kubernetes_stateless', discover: true });

  const text = readFileSync(path.join(folder, 'web_back.yaml'), 'utf8');
  expect(text).toContain('(registry.example/web:1) is not pinned by its digest');
  expect(text).toMatch(/ask: '?Which revision was good.*\n?.*example: '6'/);
});

test('what a tool says does not break out of its comment or its quotes', async () => {
  const { folder, around } = openFolder({
    kubectl: `case "$*" in 'config current-context') printf "prod'\\nphases: []" ;; *) printf 'no\\033[31m\\nevil: true' >&2; exit 1 ;; esac`,
  });

  await create(around, 'mine', { from: 'kubernetes_stateless', discover: true });

  const file = path.join(folder, 'mine.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(/^evil/m);
  expect(text).not.toContain('\u001B');
  expect(lint(around, [file], {})).toBe(0);
});
