import { execFile } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtProgram } from './built-program.ts';
import type { FakeMonitoring } from './fake-monitoring.ts';
import { openMonitoring, watchedRunbook } from './fake-monitoring.ts';
import { githubScript, gitlabScript, gitlabWarning } from './pipeline-page.ts';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

let machine: Machine;
let monitoring: FakeMonitoring;
let path = '';

beforeAll(async () => {
  machine = await openMachine();
  monitoring = await openMonitoring({ errors: 0.001, latency: 0.2, requests: 4000 });
  machine.file('shop.yaml', watchedRunbook(monitoring.url));
  machine.file('dead.yaml', watchedRunbook('http://127.0.0.1:1'));
  const program = machine.file(
    'bin/walkback',
    `#!/bin/sh\nexec '${process.execPath}' '${await builtProgram()}' "$@"\n`,
  );
  chmodSync(program, 0o755);
  path = `${dirname(program)}:${machine.env['PATH'] ?? ''}`;
}, 180_000);
afterAll(async () => {
  await monitoring.close();
  await machine.remove();
});

/** Runs a script as the runner does: bash that stops at the first failure. */
function runScript(
  script: string,
  runbook: string,
): Promise<{ readonly code: number; readonly said: string }> {
  const file = machine.file('step.sh', script);
  return new Promise((settle) => {
    execFile(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', file],
      {
        cwd: machine.folder,
        env: {
          ...machine.env,
          PATH: path,
          RUNBOOK: runbook,
          ENVIRONMENT: 'staging',
          RELEASE: '2.0.0',
          WAIT: '1s',
          GITHUB_OUTPUT: join(machine.folder, 'output'),
        },
      },
      (error, stdout) => settle({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout }),
    );
  });
}

const states = {
  healthy: { errors: 0.001, latency: 0.2 },
  investigate: { errors: 0.001, latency: 1.4 },
  rollback: { errors: 0.08, latency: 0.2 },
} as const;
const runbookIn = (state: string): string => {
  if (state === 'unknown') return 'dead.yaml';
  if (state === 'a mistake') return 'nowhere.yaml';
  for (const [metric, value] of Object.entries(states[state as keyof typeof states]))
    monitoring.set(metric, value);
  return 'shop.yaml';
};

describe('the snippet for', () => {
  test.each([
    ['healthy', 0, 'healthy: the release goes on'],
    ['investigate', 0, '::warning::investigate'],
    ['rollback', 1, '::error::the criteria say roll back'],
    ['unknown', 1, '::error::unknown'],
    ['a mistake', 1, '::error::walkback evaluate failed with 2'],
  ])('GitHub Actions: %s ends with %i', { timeout: 180_000 }, async (state, code, words) => {
    const ended = await runScript(githubScript(), runbookIn(state));
    expect(ended.said).toContain(words);
    expect(ended.code).toBe(code);
    if (state === 'investigate')
      expect(readFileSync(join(machine.folder, 'output'), 'utf8')).toBe('ask=true\n');
    if (state === 'healthy')
      expect(JSON.parse(readFileSync(join(machine.folder, 'verdict.json'), 'utf8'))).toMatchObject({
        verdict: state,
      });
  });

  test.each([
    ['healthy', 0, 'healthy: the release goes on'],
    ['investigate', 10, 'investigate: see verdict.json'],
    ['rollback', 20, 'the criteria say roll back'],
    ['unknown', 30, 'unknown: monitoring says nothing'],
    ['a mistake', 1, 'walkback evaluate failed with 2'],
  ])('GitLab CI: %s ends with %i', { timeout: 180_000 }, async (state, code, words) => {
    const ended = await runScript(gitlabScript(), runbookIn(state));
    expect(ended.said).toContain(words);
    expect(ended.code).toBe(code);
  });

  test('GitLab CI lets only 10 pass, as a warning', () => {
    expect(gitlabWarning()).toBe(10);
  });
});
