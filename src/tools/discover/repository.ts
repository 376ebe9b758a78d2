import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { look, nothing, together, type Discovery, type Place } from './look.ts';

/** What the repository around says: where it comes from, its tags, the workflows that may deploy. */
export async function discoverRepository(place: Place): Promise<Discovery> {
  const top = await look(place, ['git', 'rev-parse', '--show-toplevel']);
  if (!top.ok) return { ...nothing, skipped: [top.why] };
  const origin = await look(place, ['git', 'remote', 'get-url', 'origin']);
  const tags = await look(place, [
    'git',
    'tag',
    '--sort=-version:refname',
    '--sort=-creatordate',
    '--format=%(refname:short) %(objectname:short)',
  ]);
  const head = await look(place, ['git', 'rev-parse', 'HEAD']);
  const [newest, before] = tags.ok
    ? tags.out
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ')[0] ?? '')
    : [];
  const beforeCommit =
    before === undefined ? null : await look(place, ['git', 'rev-parse', `${before}^{commit}`]);
  return together([
    {
      ...nothing,
      findings: [{ key: 'clone', value: '.', source: 'this folder is a clone' }],
      notes:
        tags.ok && newest !== undefined
          ? [`git tag: ${tags.out.split('\n').slice(0, 5).join(', ')}`]
          : ['git tag: there is none; the commit of a release is asked.'],
      skipped: origin.ok ? [] : [origin.why],
      examples: {
        ...(newest === undefined ? {} : { release: newest.replace(/^v/, '') }),
        ...(before === undefined ? {} : { tag: before }),
        ...(beforeCommit?.ok === true ? { commit: beforeCommit.out } : {}),
        ...(head.ok ? { failed_commit: head.out, deployed: head.out } : {}),
      },
    },
    workflowsIn(top.out, origin.ok ? origin.out : ''),
  ]);
}

function workflowsIn(folder: string, origin: string): Discovery {
  const here = join(folder, '.github', 'workflows');
  const files = existsSync(here) ? readdirSync(here).filter((name) => /\.ya?ml$/.test(name)) : [];
  const gitlab = existsSync(join(folder, '.gitlab-ci.yml'));
  const repository = /github\.com[:/]([^/]+\/[^/]+?)(?:\.git)?$/.exec(origin)?.[1];
  const notes = [
    ...files.map((name) => `.github/workflows/${name}`),
    ...(gitlab ? ['.gitlab-ci.yml: use steps/pause_gitlab.yaml in place of the step `ci`'] : []),
  ];
  const deploys = files.find((name) => /deploy|release|publish|cd\b/i.test(name));
  const workflow = deploys ?? (files.length === 1 ? files[0] : undefined);
  const source = '.github/workflows';
  if (files.length === 0)
    return {
      ...nothing,
      notes,
      findings: ['ci', 'repository', 'workflow'].map((key) => ({
        key,
        value: 'none',
        source: 'no workflow of GitHub is here',
      })),
    };
  return {
    ...nothing,
    notes,
    findings: [
      { key: 'ci', value: 'github', source },
      ...(repository === undefined
        ? []
        : [{ key: 'repository', value: repository, source: 'git remote get-url origin' }]),
      ...(workflow === undefined ? [] : [{ key: 'workflow', value: workflow, source }]),
    ],
  };
}
