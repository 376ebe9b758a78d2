import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { openMonitoring, type FakeMonitoring } from '../cli/fake-monitoring.ts';
import { abortingAt, chosen, expectEnd, shipped, stepsOf, type Run } from '../runbooks/stage.ts';
import { agreeing, hosts, openConfigStage, sites, type ConfigStage } from './config-stage.ts';
import { whenAt } from './kube-stage.ts';

/** The shipped runbook, whole: real Ansible, git and nginx; the hosts are folders of this machine. */

interface Whole extends ConfigStage {
  readonly monitoring: FakeMonitoring;
  readonly refused: string;
  readonly automation: string;
  readonly walk: (...policies: readonly Policy[]) => Promise<Run>;
}

async function openWhole(): Promise<Whole> {
  const here = openConfigStage();
  const text = readFileSync(shipped('config_revert.yaml'), 'utf8');
  const { probes } = parse(text) as { probes: Record<string, { query?: string }> };
  const query = (name: string): string => probes[name]?.query ?? '';
  const refused = query('refused');
  const monitoring = await openMonitoring({
    [query('unhealthy')]: 0,
    [refused]: 0.01,
    [query('requests')]: 900,
  });
  onTestFinished(monitoring.close);
  const automation = path.join(here.stage.folder, 'ansible-pull');
  writeFileSync(automation, '*/5 * * * * root ansible-pull\n');
  const book = text
    .replace('http://prometheus.example:9090', monitoring.url)
    .replace('https://chat.example/hooks/web', monitoring.url)
    .replace('/etc/cron.d/ansible-pull', automation)
    .replace(/rest: web2,.*$/m, 'rest: web2')
    .replace('settle: 30s', 'settle: 100ms')
    .replaceAll('every: 5s', 'every: 200ms')
    .replace('within: 3m', 'within: 5s');
  writeFileSync(path.join(here.folder, 'config_revert.yaml'), book);
  return {
    ...here,
    monitoring,
    refused,
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
  expect(run.view.obligations).toContainEqual(
    expect.objectContaining({ key: 'post-mortem', state: 'carried' }),
  );
  expect(during).toEqual([false]);
  expect(contents(here)).toEqual([sites.old, sites.old]);
  expect(hosts.map((host) => here.reloaded(host))).toEqual([sites.old, sites.old]);
  expect(existsSync(here.automation)).toBe(true);
});

test('C4: where it is not better, an abort puts the files back and reloads them', async () => {
  const here = await openWhole();
  const worse = whenAt('back_agree', () => here.monitoring.set(here.refused, 0.1));

  const run = await here.walk(worse, abortingAt('which_way', 'it was not the configuration'));

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('which_way');
  expect(contents(here)).toEqual([sites.failed, sites.failed]);
  expect(here.reloaded('web1')).toBe(`${sites.old}${sites.failed}`);
  expect(existsSync(here.automation)).toBe(true);
});
