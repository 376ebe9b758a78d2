import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { abortingAt, chosen, expectEnd, shipped, stepsOf, type Run } from '../runbooks/stage.ts';
import { agreeing, hosts, openConfigStage, sites, type ConfigStage } from './config-stage.ts';
import { whenAt } from './kube-stage.ts';
import { monitoringOf, quickened, type Monitoring } from './quick-book.ts';

/** The shipped runbook, whole: real Ansible, git and nginx; the hosts are folders of this machine. */

interface Whole extends ConfigStage {
  readonly monitoring: Monitoring;
  readonly automation: string;
  readonly walk: (...policies: readonly Policy[]) => Promise<Run>;
}

async function openWhole(batches = { canary: 'web1', rest: 'web2' }): Promise<Whole> {
  const here = openConfigStage();
  const text = readFileSync(shipped('config_revert.yaml'), 'utf8');
  const figures = { unhealthy: 0, refused: 0.01, more_refused: 0, requests: 900 };
  const monitoring = await monitoringOf(shipped('config_revert.yaml'), {}, figures);
  onTestFinished(monitoring.close);
  const log = path.join(here.stage.folder, 'error.log');
  // of the failed configuration, and over
  const failedAt = new Date(Date.now() - 1_000).toISOString();
  writeFileSync(log, `${failedAt} [error] 12#0: *7 upstream timed out\n`);
  const automation = path.join(here.stage.folder, 'ansible-pull');
  writeFileSync(automation, '*/5 * * * * root ansible-pull\n');
  const book = quickened(text)
    .replace('/var/log/web/error.log', log)
    .replace('http://prometheus.example:9090', monitoring.url)
    .replace('https://chat.example/hooks/web', monitoring.url)
    .replace('/etc/cron.d/ansible-pull', automation)
    .replace(/canary: web1$/m, `canary: ${batches.canary}`)
    .replace(/rest: web2,.*$/m, `rest: ${batches.rest}`);
  writeFileSync(path.join(here.folder, 'config_revert.yaml'), book);
  return {
    ...here,
    monitoring,
    automation,
    walk: (...policies) =>
      here.run('config_revert.yaml', {
        environment: 'production',
        mode: 'LIVE',
        given: { tag: 'v1.9.3', commit: here.commits.old, deployed: here.commits.failed },
        policy: firstOf(
          ...policies,
          agreeing('back_agree', here.folder),
          chosen('what_to_do', 'rollback', 'customers report errors', 1),
        ),
      }),
  };
}

const contents = (here: ConfigStage): readonly string[] => hosts.map((host) => here.site(host));

test('C4: the whole way back of a configuration: held, planned, agreed to, host by host, merged, given back', async () => {
  const here = await openWhole();
  const during: boolean[] = [];
  const look = whenAt('merged', () => {
    during.push(existsSync(here.automation));
    here.mergeRevert();
  });

  const run = await here.walk(look);

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toContain('old_errors');
  expect(run.view.obligations).toContainEqual(
    expect.objectContaining({ key: 'post-mortem', state: 'carried' }),
  );
  expect(during).toEqual([false]);
  expect(contents(here)).toEqual([sites.old, sites.old]);
  expect(hosts.map((host) => here.reloaded(host))).toEqual([sites.old, sites.old]);
  expect(existsSync(here.automation)).toBe(true);
});

test('C4: where it is not better, an abort puts the files back and reloads them', async () => {
  const here = await openWhole({ canary: 'web1,web2', rest: 'none' });
  const worse = whenAt('back_agree', () => here.monitoring.measure('refused', 0.1));

  const run = await here.walk(worse, abortingAt('which_way', 'it was not the configuration'));

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('which_way');
  expect(contents(here)).toEqual([sites.failed, sites.failed]);
  expect(here.reloaded('web1')).toBe(`${sites.old}${sites.failed}`);
  expect(existsSync(here.automation)).toBe(true);
});
