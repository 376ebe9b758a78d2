import { createServer } from 'node:http';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { runStep, say } from './person.ts';
import { openMachine, type Machine } from './walkback.ts';

const steps = resolve(import.meta.dirname, '../../runbooks/steps');
const slow = { timeout: 240_000 };
let machine: Machine;

beforeEach(async () => {
  machine = await openMachine();
  mkdirSync(join(machine.folder, 'steps'));
}, 180_000);
afterEach(() => machine.remove());

function write(fragment: string, step: string, rest: string): void {
  cpSync(join(steps, `${fragment}.yaml`), join(machine.folder, 'steps', `${fragment}.yaml`));
  machine.file(
    'book.yaml',
    `walkback: 1
id: quiet
title: Keep it quiet
service: shop
objective: 10m
maturity: production
environments: { staging: {} }
${rest}
phases:
  - id: main
    title: Main
    steps:
      - ${step}
      - { id: give_back, title: Give back, release: [quiet] }
      - { id: done, end: mitigated }
`,
  );
}

test(
  'a job counts as given back once a good run of it was seen, and not when it was only resumed',
  slow,
  async () => {
    writeFileSync(join(machine.folder, 'last'), '1\n');
    write(
      'heartbeat_job',
      `{ id: quiet, use: steps/heartbeat_job.yaml, with: { name: the export, pause: [touch, paused], resume: [rm, -f, paused], state: [./state], last_run: [cat, last], within: 3s } }`,
      '',
    );
    writeFileSync(
      join(machine.folder, 'state'),
      '#!/bin/sh\nif [ -e paused ]; then echo paused; else echo running; fi\n',
      {
        mode: 0o755,
      },
    );

    const person = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await runStep(person, 'quiet_pause');
    await say(person, /\(give_back, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(person, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await person.waitFor(/\(give_back, attempt 1\) is (failed|unknown)/, 60_000); // resumed, and no run came
    expect((await machine.walkback(['obligations'])).stdout).toMatch(/quiet_job .* open/);
    await say(person, /you can type: retry/, 'retry');
    await say(person, /\(give_back, attempt 2\) is ready[^]*you can type: run/, 'run');
    await say(person, /Type yes to run it, anything else to leave it: $/m, 'yes');
    const job = setInterval(
      () => writeFileSync(join(machine.folder, 'last'), String(performance.now())),
      200,
    );
    onTestFinished(() => clearInterval(job));
    expect(await person.exited).toBe(0);
  },
);

test(
  'a flag is turned on a service that speaks HTTP, owed with what it was, and turned back',
  slow,
  async () => {
    const seen: string[] = [];
    let enabled = true;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => (body += bytes.toString()));
      request.on('end', () => {
        if (request.headers.authorization !== 'Bearer a-long-secret-token') {
          response.writeHead(401).end();
          return;
        }
        if (request.method === 'PATCH') {
          seen.push(body);
          enabled = body.includes('true');
        }
        response.end(`{"key":"new_coupons","enabled": ${String(enabled)}}`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/flags/new_coupons`;
    write(
      'kill_flag_http',
      `{ id: quiet, use: steps/kill_flag_http.yaml, with: { flag: new_coupons, url: '${url}', authorization: "\${{ inputs.token }}", owner: payments } }`,
      'inputs: { token: { type: secret, env: FLAG_TOKEN } }',
    );

    const person = machine.person(['run', 'book.yaml', '--env', 'staging'], {
      env: { FLAG_TOKEN: 'Bearer a-long-secret-token' },
    });
    await runStep(person, 'quiet_turn');
    expect(enabled).toBe(false);
    expect((await machine.walkback(['obligations'])).stdout).toMatch(/quiet_flag .* payments/);
    await runStep(person, 'give_back');
    expect(await person.exited).toBe(0);
    expect(seen).toEqual(['{"enabled":false}', '{"enabled":true}']);
    expect(person.raw()).not.toContain('a-long-secret-token');
  },
);
