import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { until } from '../cli/walkback.ts';
import { inFolder, killAll, openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys, type TestTerminal } from '../tty-lib/terminal.ts';
import { moveScript, tinyRunbook } from '../tty-lib/tiny-runbook.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
  desk.file('tiny.yaml', tinyRunbook);
  desk.file('move.sh', moveScript);
});
afterEach(() => desk.remove());

/** A session in the middle of the step that may not run twice. */
async function untilItMoves(): Promise<TestTerminal> {
  const terminal = desk.screen(['run', 'tiny.yaml']);
  const person = personAt(terminal);
  await person.open('recommended: Roll back', '1');
  await person.press('Take this option?', `${keys.enter}${keys.enter}`);
  await person.sayYes();
  await person.run('touch hold.on');
  await person.run('sh move.sh');
  await terminal.waitFor(/row [1-9]\d is moved/);
  return terminal;
}

const effects = (): string => readFileSync(inFolder(desk, 'effects'), 'utf8');
const startsOfTheStep = (): readonly unknown[] =>
  desk.sql(`select seq from event where type = 'step.intent' and body like '%"step":"slow"%'`);

test.each([
  ['it was done', '1'],
  ['it was not done', '2'],
] as const)(
  'after kill -9 of everything the step is in doubt, “%s” goes on, and nothing ran twice',
  async (answer, digit) => {
    const killed = await untilItMoves();
    const before = desk.processes();
    for (const part of ['walkback.cjs run', 'walkback.js agent', 'supervisor.js', 'sh move.sh'])
      expect(before.map(({ command }) => command).join('\n')).toContain(part);
    await killAll(desk.processes);
    expect(await killed.exited).toBe(137);

    const terminal = desk.screen(['resume']);
    const person = personAt(terminal);
    await terminal.waitFor('where this session stands');
    await terminal.waitFor(/Move the rows\s+IN DOUBT/);
    await terminal.waitFor(/owed\s+1/);
    await person.press('any key goes on', ' ');
    await terminal.waitFor('no_outcome: Its supervisor died');
    await terminal.waitFor(/read\s+effects\s+moved/);
    await person.open(new RegExp(`\\d ${answer}`), digit, /In doubt whether it took effect: a opens/);
    await person.press('how you know', `I counted the rows${keys.enter}`);
    await person.sayYes();
    if (answer === 'it was not done') {
      await terminal.waitFor(/FAILED\s+not_done: I counted the rows/);
      await person.open('skip it, with a reason', '2');
      await person.press('why it is not needed', `the rows stay where they are${keys.enter}`);
      await person.sayYes();
    }
    await person.run('rm -f hold.on');
    await terminal.waitFor('everything was given back');
    await person.press('q leave', 'q');

    expect(await terminal.exited).toBe(0);
    expect(effects()).toBe('moved\n');
    expect(startsOfTheStep()).toHaveLength(1);
    await until(() => desk.processes().length === 0, 'every process of the session to end');
    expect(await desk.walkback(['verify'])).toMatchObject({ code: 0 });
  },
);

test('after kill -9 of the screen and the agent the command goes on, and resume shows what it prints', async () => {
  await untilItMoves();
  const both = desk.processes().filter(({ command }) => / (run|agent)\b/.test(command));
  expect(both).toHaveLength(2);
  for (const { pid } of both) process.kill(pid, 'SIGKILL');

  const terminal = desk.screen(['resume']);
  const person = personAt(terminal);
  await person.press('any key goes on', ' ');
  await terminal.waitFor(/row [1-9]\d\d is moved/);
  desk.file('go', '');
  await terminal.waitFor('every row is moved');
  await person.run('rm -f hold.on');
  await terminal.waitFor('everything was given back');
  await person.press('q leave', 'q');
  expect(await terminal.exited).toBe(0);
  expect(effects()).toBe('moved\n');
  expect(startsOfTheStep()).toHaveLength(1);
});
