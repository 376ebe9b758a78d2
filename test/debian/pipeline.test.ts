import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { gitlabScript } from '../cli/pipeline-page.ts';
import { startExporter, startPrometheus } from './real-prometheus.ts';

const healthy = { errors: 0.001, slow: 0.01, failedPayments: 0 };

const runbookAt = (url: string): string => `walkback: 1
id: shop_rollback
title: Take the shop back
service: shop
objective: 10m
environments: { staging: { values: { prometheus: '${url}' } } }
probes:
  errors: { prometheus: '\${{ env.prometheus }}', query: 'sum(rate(requests_total{status="500"}[4s])) / sum(rate(requests_total[4s]))', unit: ratio }
  latency: { prometheus: '\${{ env.prometheus }}', query: 'histogram_quantile(0.95, sum by (le) (rate(latency_bucket[4s])))', unit: seconds }
triggers:
  - { id: err, probe: errors, breach: '> 0.02', for: 5s, interval: 1s, up: 'up{job="shop"}', advise: rollback }
  - { id: p95, probe: latency, breach: '> 0.8', for: 5s, interval: 1s, up: 'up{job="shop"}', advise: investigate }
decide: { any: [err] }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, manual: Is it better?, read_only: true }
      - { id: done, end: rolled_back }
`;

test('a CI script branches on the four codes against a real Prometheus: a dead exporter and a stopped server are unknown', async () => {
  const exporter = await startExporter(healthy);
  onTestFinished(() => exporter.kill());
  const prometheus = await startPrometheus({ targets: [exporter.target] });
  const stopped = { yes: false };
  const stop = async (): Promise<void> => {
    if (!stopped.yes) await prometheus.stop();
    stopped.yes = true;
  };
  onTestFinished(stop);
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-pipeline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['home', 'data', 'bin']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  writeFileSync(path.join(folder, 'shop.yaml'), runbookAt(prometheus.url));
  writeFileSync(path.join(folder, 'job.sh'), gitlabScript());
  const program = path.join(folder, 'bin/walkback');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${await builtProgram()}' "$@"\n`);
  chmodSync(program, 0o755);

  const runJob = (wait: string): Promise<number> =>
    new Promise((settle) => {
      execFile(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', path.join(folder, 'job.sh')],
        {
          cwd: folder,
          env: {
            PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
            HOME: path.join(folder, 'home'),
            XDG_DATA_HOME: path.join(folder, 'data'),
            RUNBOOK: 'shop.yaml',
            ENVIRONMENT: 'staging',
            RELEASE: '2.0.0',
            WAIT: wait,
          },
        },
        (error) => settle(typeof error?.code === 'number' ? error.code : 0),
      );
    });
  /** Until the numbers have become what they are now: windows and `for` take ten seconds, however often we ask. */
  const until = async (code: number, wait: string): Promise<void> => {
    const seen: number[] = [];
    for (const end = performance.now() + 60_000; performance.now() < end; await sleep(250)) {
      seen.push(await runJob(wait));
      if (seen.at(-1) === code) return;
    }
    throw new Error(`never ${code}, but ${seen.join(' ')}`);
  };

  await until(0, '1s');
  exporter.behave({ ...healthy, slow: 0.2 });
  expect(await runJob('60s')).toBe(10);
  exporter.behave({ ...healthy, errors: 0.08 });
  await until(20, '15s');
  exporter.kill();
  await until(30, '1s');
  await stop();
  expect(await runJob('1s')).toBe(30);
});
