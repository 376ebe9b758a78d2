import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askHaproxy } from '../../src/tools/traffic/haproxy-socket.ts';
import { everyProcess, killEverything } from '../cli/every-process.ts';
import { runStep, say } from '../cli/person.ts';
import { openMachine, type Machine } from '../cli/walkback.ts';
import { startHaproxy, startPoolServer, type PoolServer, type RealProxy } from './real-proxies.ts';

/* Between walkback and a real HAProxy stands a relay that lets one weight through and keeps the second: a half shift. */

let machine: Machine;
let pools: readonly PoolServer[];
let proxy: RealProxy;
let relay: Server;
let weightsSet = 0;
let holds = true;

beforeEach(async () => {
  weightsSet = 0;
  holds = true;
  machine = await openMachine();
  const [blue, green] = await Promise.all([
    Promise.all([startPoolServer('1.9.3'), startPoolServer('1.9.3')]),
    Promise.all([startPoolServer('2.0.0'), startPoolServer('2.0.0')]),
  ]);
  pools = [...blue, ...green];
  proxy = await startHaproxy(blue, green);
  relay = createServer({ allowHalfOpen: true }, (client) => {
    let text = '';
    client.on('error', () => undefined); // who asked may be killed meanwhile
    client.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (!text.endsWith('\n')) return;
      if (text.startsWith('set server')) {
        weightsSet += 1;
        if (holds && weightsSet === 2) return;
      }
      const real = connect(proxy.words[1] ?? '');
      real.on('error', () => client.destroy());
      real.end(text);
      real.pipe(client);
    });
  });
  relay.listen(join(machine.folder, 'relay.sock'));
  await once(relay, 'listening');
}, 180_000);

afterEach(async () => {
  killEverything(machine);
  relay.close();
  await proxy.stop();
  await Promise.all(pools.map((one) => one.stop()));
  await machine.remove();
});

const running = async (): Promise<string> =>
  (await askHaproxy(proxy.words[1] ?? '', 'show servers state shop'))
    .split('\n')
    .slice(2)
    .map((line) => line.split(' '))
    .map((cells) => `${cells[3] ?? ''}=${cells[7] ?? ''}`)
    .join(' ');

test(
  'a session that is killed with everything in the middle of a shift: resume names the real weights, and the shift is finished once',
  { timeout: 180_000 },
  async () => {
    mkdirSync(join(machine.folder, 'steps'));
    const fragment = resolve(import.meta.dirname, '../../runbooks/steps/shift_haproxy.yaml');
    cpSync(fragment, join(machine.folder, 'steps/shift_haproxy.yaml'));
    const words = [
      '--haproxy',
      'relay.sock',
      ...proxy.words.slice(2),
      '--check',
      '/usr/sbin/haproxy -c -f {file}',
    ];
    machine.file(
      'book.yaml',
      `walkback: 1
id: shifted
title: Shift
service: shop
objective: 10m
environments: { staging: {} }
phases:
  - id: main
    title: Main
    steps:
      - id: shift
        use: steps/shift_haproxy.yaml
        with:
          proxy: ${JSON.stringify(words)}
          census: [--url, ${proxy.url}/version, --path, $.version, --value, '1.9.3']
        skip: [first, first_look, second, second_look]
      - { id: done, end: rolled_back }
`,
    );

    const first = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await say(first, /\(shift_all, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(first, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await expect.poll(() => weightsSet, { timeout: 60_000 }).toBe(2);
    killEverything(machine);
    await expect.poll(() => everyProcess(machine).length, { timeout: 30_000 }).toBe(0);
    const half = await running();
    expect(half).toMatch(/^blue1=[1-9]\d* blue2=0 green1=[1-9]\d* green2=[1-9]\d*$/);

    holds = false;
    const second = machine.person(['resume']);
    await second.waitFor(half, 60_000); // what runs, by the probe
    await say(second, /in doubt[^]*you can type: doubt/, 'doubt run_again one of four weights is set');
    await runStep(second, 'shift_all');
    expect(await second.exited).toBe(0);
    expect(await running()).toMatch(/^blue1=[1-9]\d* blue2=[1-9]\d* green1=0 green2=0$/);
    expect(readFileSync(proxy.config, 'utf8')).toMatch(/green2 .* weight 0$/m);
  },
);
