import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { runStep, say } from './person.ts';
import { openMachine, type Machine } from './walkback.ts';

const steps = resolve(import.meta.dirname, '../../runbooks/steps');
let machine: Machine;
let bad: string;

const at = (...names: readonly string[]): string => join(machine.folder, ...names);

function git(...args: readonly string[]): string {
  const who = (name: string) => ({ [`GIT_${name}_NAME`]: 'ada', [`GIT_${name}_EMAIL`]: 'ada@shop.example' });
  return execFileSync('git', ['-C', at('clone'), ...args], {
    env: { ...machine.env, GIT_CONFIG_GLOBAL: '/dev/null', ...who('AUTHOR'), ...who('COMMITTER') },
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

function commit(message: string, text: string): string {
  writeFileSync(at('clone', 'VERSION'), text);
  git('add', '--all');
  git('commit', '--quiet', '-m', message);
  git('push', '--quiet', 'origin', 'main');
  return git('rev-parse', 'HEAD');
}

/** A repository whose main branch has a bad release, as its host has it, and a clone beside it. */
beforeEach(async () => {
  machine = await openMachine();
  mkdirSync(at('clone'));
  git('init', '--quiet', '--bare', '--template=', '--initial-branch=main', at('shop.git'));
  git('init', '--quiet', '--template=', '--initial-branch=main');
  git('remote', 'add', 'origin', at('shop.git'));
  commit('Release 1.9.3', '1.9.3\n');
  bad = commit('Release 2.0.0', '2.0.0\n');
  mkdirSync(at('steps'));
}, 180_000);
afterEach(() => machine.remove());

const book = (use: string, inputs: string): string => `walkback: 1
id: hold_it
title: Hold the pipeline
service: shop
objective: 10m
maturity: production
environments: { staging: {} }
inputs: { token: { type: secret, env: GITLAB_TOKEN } }
phases:
  - id: main
    title: Main
    steps:
      - { id: hold, use: steps/${use}.yaml, with: { ${inputs}, bad: '${bad}', clone: clone, wait: 1s } }
      - { id: give_back, title: Resume, release: [hold] }
      - { id: done, end: rolled_back }
`;

async function serve(
  answer: (request: IncomingMessage, body: string) => readonly [number, unknown],
): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      const [status, document] = answer(request, body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(document === null ? '' : JSON.stringify(document));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Cancels what is under way where the fragment asks for it; then the resume is refused, and allowed after the revert. */
async function walk(env: Readonly<Record<string, string>>): Promise<void> {
  const person = machine.person(['run', 'book.yaml', '--env', 'staging'], { env });
  await runStep(person, 'hold_pause');
  await say(person, /\(hold_cancel, attempt 1\) is ready[^]*you can type: run/, 'run');
  await say(person, /Type .*staging.* to /i, 'shop@staging');
  await person.waitFor(/hold_refused[^]*pass/, 60_000);
  await say(person, /\(give_back, attempt 1\) is ready[^]*you can type: run/, 'run');
  await say(person, /Type yes to run it, anything else to leave it: $/m, 'yes');
  await person.waitFor(/still contains [^]*go @anyway REASON/, 60_000);
  git('revert', '--no-edit', bad);
  git('push', '--quiet', 'origin', 'main');
  await say(person, 'go @anyway REASON', 'retry');
  await runStep(person, 'give_back');
  expect(await person.exited).toBe(0);
}

/**
 * Speaks the part of gh's command line that the fragment uses, against the part of GitHub's API behind it: gh itself is
 * neither in Debian nor on npm. Filters of `--jq` are answered by name, as this is no jq.
 */
const gh = (github: string): string => `#!${process.execPath}
const [group, action, ...rest] = process.argv.slice(2);
const flag = (name) => rest.find((word) => word.startsWith('--' + name + '='))?.slice(name.length + 3);
const words = rest.filter((word) => !word.startsWith('-'));
const call = async (method, path, body) => {
  const response = await fetch('${github}' + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  const document = text === '' ? null : JSON.parse(text);
  if (response.ok) return document;
  console.error('gh: ' + document.message + ' (HTTP ' + response.status + ')');
  process.exit(1);
};
const repository = () => '/repos/' + flag('repo');
if (group === 'workflow') await call('PUT', repository() + '/actions/workflows/' + words[0] + '/' + action);
else if (group === 'run' && action === 'cancel') await call('POST', repository() + '/actions/runs/' + words[0] + '/cancel');
else if (group === 'run' && action === 'list') {
  const { workflow_runs } = await call('GET', repository() + '/actions/workflows/' + flag('workflow') + '/runs');
  const open = workflow_runs.filter(({ status }) => status !== 'completed').map(({ id }) => id);
  const jq = flag('jq');
  if (jq === '[.[] | select(.status != "completed") | .databaseId]') console.log(JSON.stringify(open));
  else if (jq === '.[] | select(.status != "completed") | .databaseId') for (const id of open) console.log(id);
  else process.exit(64);
} else if (group === 'api' && action === '--method') await call('POST', '/' + rest[1], { ref: rest.at(-1).split('=')[1] });
else if (group === 'api' && rest.join(' ') === '--jq .state') console.log((await call('GET', '/' + action)).state);
else process.exit(64);
`;

test(
  'GitHub: the workflow is disabled, its run cancelled, a dispatch refused, and enabled only after the revert',
  { timeout: 240_000 },
  async () => {
    const seen: string[] = [];
    const state = { workflow: 'active', run: 'in_progress' };
    const github = await serve(({ method, url = '' }) => {
      const path = url.replace('/repos/acme/shop/actions', '');
      seen.push(`${String(method)} ${path}`);
      switch (`${String(method)} ${path}`) {
        case 'PUT /workflows/deploy.yml/disable':
          state.workflow = 'disabled_manually';
          return [204, null];
        case 'PUT /workflows/deploy.yml/enable':
          state.workflow = 'active';
          return [204, null];
        case 'GET /workflows/deploy.yml':
          return [200, { state: state.workflow }];
        case 'GET /workflows/deploy.yml/runs':
          return [
            200,
            {
              workflow_runs: [
                { id: 71, status: state.run },
                { id: 70, status: 'completed' },
              ],
            },
          ];
        case 'POST /runs/71/cancel':
          state.run = 'completed';
          return [202, {}];
        case 'POST /workflows/deploy.yml/dispatches':
          return state.workflow === 'active'
            ? [204, null]
            : [422, { message: "Cannot trigger a 'workflow_dispatch' on a disabled workflow" }];
        default:
          return [404, { message: 'Not Found' }];
      }
    });
    mkdirSync(at('bin'));
    writeFileSync(at('bin', 'gh'), gh(github));
    chmodSync(at('bin', 'gh'), 0o755);
    writeFileSync(at('bin', 'package.json'), '{ "type": "module" }');
    cpSync(join(steps, 'pause_github_actions.yaml'), at('steps', 'pause_github_actions.yaml'));
    machine.file(
      'book.yaml',
      book('pause_github_actions', 'repository: acme/shop').replace(/^inputs:.*\n/m, ''),
    );

    await walk({ PATH: `${at('bin')}:${process.env['PATH'] ?? ''}` });

    expect(state).toEqual({ workflow: 'active', run: 'completed' });
    expect(seen.filter((one) => !one.startsWith('GET'))).toEqual([
      'PUT /workflows/deploy.yml/disable',
      'POST /runs/71/cancel',
      'POST /workflows/deploy.yml/dispatches',
      'PUT /workflows/deploy.yml/enable',
    ]);
  },
);

test(
  'GitLab: the variable is set, the pipeline cancelled, a new one refused, and set back only after the revert',
  { timeout: 240_000 },
  async () => {
    const seen: string[] = [];
    const state = { DEPLOYS: 'running', pipeline: 'running' };
    const gitlab = await serve(({ method, url = '', headers }, body) => {
      if (headers['private-token'] !== 'glpat-a-long-secret') return [401, { message: '401 Unauthorized' }];
      const { pathname, searchParams } = new URL(url, 'http://gitlab');
      const path = pathname.replace('/api/v4/projects/acme%2Fshop', '');
      const wanted = searchParams.get('status');
      seen.push(`${String(method)} ${path}`);
      switch (`${String(method)} ${path}`) {
        case 'PUT /variables/DEPLOYS':
          state.DEPLOYS = new URLSearchParams(body).get('value') ?? '';
          return [200, { key: 'DEPLOYS', value: state.DEPLOYS }];
        case 'GET /variables/DEPLOYS':
          return [200, { key: 'DEPLOYS', value: state.DEPLOYS }];
        case 'GET /pipelines':
          return [
            200,
            [
              { id: 47, iid: 12, project_id: 1, status: state.pipeline, ref: 'main' },
              { id: 46, iid: 11, project_id: 1, status: 'success', ref: 'main' },
            ].filter(({ status }) => wanted === null || status === wanted),
          ];
        case 'POST /pipelines/47/cancel':
          state.pipeline = 'canceled';
          return [200, { id: 47, status: 'canceled' }];
        case 'POST /pipeline':
          return state.DEPLOYS === 'running'
            ? [201, { id: 48 }]
            : [400, { message: { base: ['Pipeline filtered out by workflow rules.'] } }];
        default:
          return [404, { message: '404 Not Found' }];
      }
    });
    cpSync(join(steps, 'pause_gitlab.yaml'), at('steps', 'pause_gitlab.yaml'));
    machine.file(
      'book.yaml',
      book('pause_gitlab', `api: '${gitlab}/api/v4', project: acme%2Fshop, token: "\${{ inputs.token }}"`),
    );

    await walk({ GITLAB_TOKEN: 'glpat-a-long-secret', PATH: process.env['PATH'] ?? '' });

    expect(state).toEqual({ DEPLOYS: 'running', pipeline: 'canceled' });
    expect(seen.filter((one) => !one.startsWith('GET'))).toEqual([
      'PUT /variables/DEPLOYS',
      'POST /pipelines/47/cancel',
      'POST /pipeline',
      'PUT /variables/DEPLOYS',
    ]);
  },
);
