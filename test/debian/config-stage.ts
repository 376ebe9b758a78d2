import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { openStage, runThrough, shipped, type Run, type RunOptions, type Stage } from '../runbooks/stage.ts';

export const hosts = ['web1', 'web2'] as const;

const siteOf = (text: string): string => `server { listen 127.0.0.1:8099; return 200 '${text}'; }\n`;
export const sites = {
  old: siteOf('the old release'),
  failed: siteOf('the failed release'),
  broken: 'server { listen 127.0.0.1:8099; return 200 ;;; \n',
} as const;

const playbook = `- hosts: web
  gather_facts: false
  tasks:
    - name: Write the site
      ansible.builtin.template: { src: site.conf.j2, dest: '{{ folder }}/site.conf', mode: '0644' }
    - name: Reload
      ansible.builtin.shell: cat {{ folder }}/site.conf >> {{ folder }}/reloads
      changed_when: false
      tags: [reload]
`;

export interface ConfigStage {
  readonly stage: Stage;
  /** The folder that runbooks stand in; the clone is `repo` in it. */
  readonly folder: string;
  readonly commits: { readonly old: string; readonly failed: string };
  /** What the team does in another window: the revert is on the main branch. */
  readonly mergeRevert: () => void;
  readonly git: (...args: readonly string[]) => string;
  /** What lies on a host. */
  readonly site: (host: string) => string;
  readonly write: (host: string, text: string) => void;
  /** Everything that was ever reloaded on a host. */
  readonly reloaded: (host: string) => string;
  /** Values of the fragment's inputs. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly run: (file: string, options?: Partial<RunOptions>) => Promise<Run>;
}

/** Two hosts with a site of nginx that a real Ansible manages from git: 2.0.0 is on them, 1.9.3 is to come back. */
export function openConfigStage(old: string = sites.old): ConfigStage {
  const stage = openStage();
  onTestFinished(() => stage.clear());
  const folder = path.join(stage.folder, 'books');
  const repo = path.join(folder, 'repo');
  mkdirSync(repo, { recursive: true });
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  const onHost = (host: string, name: string): string => path.join(stage.folder, host, name);
  const write = (host: string, text: string): void => writeFileSync(onHost(host, 'site.conf'), text);
  for (const host of hosts) {
    mkdirSync(path.join(stage.folder, host));
    const nginx = `error_log ${onHost(host, 'error.log')};\npid ${onHost(host, 'nginx.pid')};\nevents {}\nhttp { access_log off; include ${onHost(host, 'site.conf')}; }\n`;
    writeFileSync(onHost(host, 'nginx.conf'), nginx);
    write(host, sites.failed);
  }
  const git = (...args: readonly string[]): string =>
    execaSync('git', ['-C', repo, '-c', 'user.name=ada', '-c', 'user.email=ada@example.net', ...args]).stdout;
  const origin = path.join(stage.folder, 'origin.git');
  execaSync('git', ['init', '-q', '--bare', '-b', 'main', origin]);
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', origin);
  const inventory = hosts.map(
    (host) =>
      `${host} ansible_connection=local ansible_python_interpreter=/usr/bin/python3 folder=${path.join(stage.folder, host)} site_file=${onHost(host, 'site.conf')} syntax_check="/usr/sbin/nginx -t -q -c ${onHost(host, 'nginx.conf')}"`,
  );
  writeFileSync(path.join(repo, 'hosts'), `[web]\n${inventory.join('\n')}\n`);
  writeFileSync(path.join(repo, 'site.yml'), playbook);
  writeFileSync(path.join(repo, 'environment'), 'production\n');
  const healthy = path.join(repo, 'healthy');
  writeFileSync(healthy, `#!/bin/sh\ntest ! -e '${stage.folder}/sick'\n`, { mode: 0o755 });
  const commit = (text: string, message: string): string => {
    writeFileSync(path.join(repo, 'site.conf.j2'), text);
    git('add', '.');
    git('commit', '-q', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const commits = { old: commit(old, 'release 1.9.3'), failed: '' };
  git('tag', 'v1.9.3');
  commits.failed = commit(sites.failed, 'release 2.0.0');
  git('push', '-q', '--tags', 'origin', 'main');

  return {
    stage,
    folder,
    commits,
    git,
    mergeRevert: () => {
      const elsewhere = path.join(stage.folder, 'elsewhere');
      const there = (...args: readonly string[]) =>
        execaSync('git', [
          '-C',
          elsewhere,
          '-c',
          'user.name=ada',
          '-c',
          'user.email=ada@example.net',
          ...args,
        ]);
      execaSync('git', ['clone', '-q', origin, elsewhere]);
      there('revert', '--no-edit', commits.failed);
      there('push', '-q', 'origin', 'main');
    },
    site: (host) => readFileSync(onHost(host, 'site.conf'), 'utf8'),
    write,
    reloaded: (host) =>
      existsSync(onHost(host, 'reloads')) ? readFileSync(onHost(host, 'reloads'), 'utf8') : '',
    given: {
      ansible: ['ansible', '-i', 'repo/hosts'],
      playbook: ['ansible-playbook', '-i', 'repo/hosts', 'repo/site.yml'],
      repo: 'repo',
      deployed: commits.failed,
      tag: 'v1.9.3',
      commit: commits.old,
      canary: 'web1',
      rest: 'web2',
      files: '{{ folder }}/site.conf',
      syntax: '/usr/sbin/nginx -t -q -c {{ folder }}/nginx.conf',
      healthy: [healthy],
      owner: 'platform',
      settle: '100ms',
    },
    run: (file, options = {}) => runThrough(stage, { file: path.join(folder, file), ...options }),
  };
}

/** Types the beginning of the hash of the plan that lies there, as somebody who has read it. */
export const agreeing =
  (step: string, folder: string): Policy =>
  (situation) => {
    if (situation.at !== 'step' || situation.step.place.step !== step) return null;
    const plan = readFileSync(path.join(folder, 'repo/.git/walkback-plan.json'));
    const value = createHash('sha256').update(plan).digest('hex').slice(0, 8);
    const { place, attempt } = situation.step;
    return situation.tried('type_value') > 0 ? null : { type: 'type_value', place, attempt, value };
  };
