import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { abortingAt, chosen, expectEnd, stepsOf, type Run } from '../runbooks/stage.ts';
import { agreeing, hosts, openConfigStage, sites, type ConfigStage } from './config-stage.ts';
import { whenAt } from './kube-stage.ts';

function writeBook({ folder, given }: ConfigStage, more: Readonly<Record<string, unknown>> = {}): void {
  const text = `walkback: 1
id: config_back
title: Take the configuration back
service: web
objective: 5m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: config, use: steps/revert_config_ansible.yaml, with: ${JSON.stringify({ ...given, ...more })} }
      - { id: give_back, title: Give back, release: [config] }
      - { id: done, end: rolled_back }
`;
  writeFileSync(path.join(folder, 'book.yaml'), text);
}

const edit = `${sites.failed}# raised the limit by hand at 2 a.m.\n`;
const runBook = (here: ConfigStage, ...policies: readonly Policy[]): Promise<Run> =>
  here.run('book.yaml', { policy: firstOf(...policies, agreeing('config_agree', here.folder)) });
const contents = (here: ConfigStage): readonly string[] => hosts.map((host) => here.site(host));

test('R4.2: a hand edit is shown and recorded, and after the way back a second check-run changes nothing; one that is to come into git stays owed', async () => {
  const here = openConfigStage();
  writeBook(here);
  here.write('web2', edit);

  const run = await runBook(
    here,
    chosen('config_what_about_it', 'codify', 'it is needed', 1),
    chosen('config_in_git', 'look_again', 'perhaps it is merged', 1),
    chosen('config_what_about_it', 'overwrite', 'the limit is in 1.9.3 as well', 2),
  );

  expectEnd(here.stage, run, 'rolled_back', ['An edit made by hand must come into git']);
  expect(contents(here)).toEqual([sites.old, sites.old]);
  const recorded = run.facts
    .map(({ fact }) => JSON.stringify(fact))
    .filter((fact) => fact.includes('raised the limit by hand'));
  expect(recorded.some((fact) => fact.includes('what_about_it'))).toBe(true);
  const last = run.facts.flatMap(({ fact }) =>
    fact.type === 'check.judged' && fact.place.step === 'config_nothing_left' ? [fact.result] : [],
  );
  expect(last).toEqual(['pass']);
  expect(here.reloaded('web1')).toBe(sites.old);
});

test('R4.2: a syntax error never reaches a reload, and the prior files are put back', async () => {
  const here = openConfigStage(sites.broken);
  writeBook(here);

  const run = await runBook(here, abortingAt('config_what_next', 'the old release cannot be read'));

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('config_put_back');
  expect(contents(here)).toEqual([sites.failed, sites.failed]);
  for (const host of hosts) expect(here.reloaded(host)).not.toContain(';;;');
  expect(stepsOf(run)).not.toContain('config_reload');
});

test('R4.2: a plan that changed after it was agreed to is refused, and nothing is written', async () => {
  const here = openConfigStage();
  writeBook(here);

  const run = await runBook(
    here,
    whenAt('config_keep', () => here.write('web1', edit)),
  );

  expect(run.view.outcome).toBe('aborted');
  expect(here.site('web1')).toBe(edit);
  expect(here.site('web2')).toBe(sites.failed);
});

test('R4.2: a tag that was moved is caught by the commit that it stood for', async () => {
  const here = openConfigStage();
  writeBook(here);
  here.git('tag', '-f', 'v1.9.3', here.commits.failed);

  const run = await runBook(here);

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).not.toContain('config_plan');
  expect(contents(here)).toEqual([sites.failed, sites.failed]);
});

test('R4.2: a host that does not work with the old configuration gets its files back', async () => {
  const here = openConfigStage();
  writeBook(here);
  writeFileSync(path.join(here.stage.folder, 'sick'), '');

  const run = await here.run('book.yaml', {
    policy: firstOf(
      abortingAt('config_what_next', 'the old release is worse'),
      agreeing('config_agree', here.folder),
    ),
  });

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('config_which_way');
  expect(contents(here)).toEqual([sites.failed, sites.failed]);
  expect(here.reloaded('web2')).not.toContain('the old release');
});
