import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { say } from './person.ts';
import { openMachine, until } from './walkback.ts';
import type { Machine } from './walkback.ts';
import type { TestTerminal } from '../tty-lib/terminal.ts';

const slow = { timeout: 240_000 };
let machine: Machine;

beforeAll(async () => {
  machine = await openMachine();
}, 180_000);
afterAll(() => machine.remove());

const here = (name: string): string => join(machine.folder, name);
const yes = /Type yes to run it, anything else to leave it: $/m;

/** Answers what next with an option and its fields, up to the step that is shown. */
async function type(
  terminal: TestTerminal,
  turn: number,
  option: string,
  fields: readonly (readonly [label: string, text: string])[],
): Promise<void> {
  const asked = new RegExp(`\\(next@${turn}, attempt 1\\) is performing[^]*you can type: answer`);
  await say(terminal, asked, `answer ${option} as agreed`);
  for (const [label, text] of fields) await say(terminal, new RegExp(`: ${label}\\? $`, 'm'), text);
  await say(terminal, /Who else was asked\?[^\n]*$/m, '');
  await say(terminal, /Any strong objection\?[^\n]*$/m, '');
}

test(
  'a session without a runbook runs what is typed, survives kill -9 in doubt, gives back, and ends in a post-mortem',
  slow,
  async () => {
    const args = ['run', '--adhoc', '--title', 'The checkout fails', '--service', 'shop', '--env', 'staging'];
    const first = machine.person(args);
    await type(first, 0, 'owing', [
      ['command', 'touch held'],
      ['owed', 'The pipeline is held'],
      ['give_back', 'rm held'],
    ]);
    await first.waitFor('sh -c', 60_000);
    expect(first.screen().join('\n')).toContain('touch held');
    expect(first.screen().join('\n')).toContain('shop@staging');
    expect(existsSync(here('held'))).toBe(false);
    await say(first, /\(owing@0, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(first, yes, 'yes');
    await until(() => existsSync(here('held')), 'the command');

    // everything is killed in the middle of a command: who started it, and the command itself
    await type(first, 1, 'command', [['command', 'echo $$ > pid; echo x >> effects; exec sleep 300']]);
    await say(first, /\(command@1, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(first, yes, 'yes');
    await until(() => existsSync(here('effects')), 'the effect');
    const started = Number(readFileSync(here('pid'), 'utf8'));
    for (const pid of [...machine.processes().map(({ pid }) => pid), started]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended with the one before it
      }
    }
    await until(() => machine.processes().length === 0, 'everything to be dead');

    const listed = await machine.walkback(['sessions', '--open']);
    expect(listed.stdout).toContain('adhoc');
    const second = machine.person(['resume']);
    await say(second, /in doubt[^]*you can type: doubt/, 'doubt done looked at the file');
    expect(readFileSync(here('effects'), 'utf8')).toBe('x\n');

    await type(second, 2, 'mitigated', []);
    await say(second, /\(paid_mitigated, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(second, yes, 'yes');
    await say(second, 'you can type: report', 'report pass it builds again');
    expect(await second.exited).toBe(0);
    expect(existsSync(here('held'))).toBe(false);
    expect(readFileSync(here('effects'), 'utf8')).toBe('x\n');

    const md = await machine.walkback(['export', '--format', 'md']);
    for (const words of ['The checkout fails', 'touch held', 'The pipeline is held', 'verified, unbroken'])
      expect(md.stdout).toContain(words);
    expect((await machine.walkback(['verify'])).code).toBe(0);
    rmSync(here('effects'));
  },
);

test('without a terminal nobody can answer, and it says so', slow, async () => {
  const { stdout, code } = await machine.walkback(['run', '--adhoc', '--title', 'Nobody is here']);
  expect(stdout).toMatch(/nobody can answer here: run it in a terminal/);
  expect(code).toBe(2);
});
