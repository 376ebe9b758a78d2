import { readdirSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { until } from '../cli/walkback.ts';
import { openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys } from '../tty-lib/terminal.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.remove());

test('a drill is driven by hand into the rollback and aborted back out of it, with every way back confirmed', async () => {
  const terminal = desk.screen(['drill', '--fault', 'F01']);
  const person = personAt(terminal);

  // a wrong answer: against the recommendation, and without a reason
  await person.press('A decision waits', 'a');
  await terminal.waitFor('recommended: Roll back', 60_000);
  await person.press('Enter opens a row', 'G');
  await person.press(/❯ 5 Leave the release/, keys.enter);
  await person.press('This goes against the recommendation: a reason is needed.', keys.enter);
  await terminal.waitFor('reason: please fill this in.');
  terminal.press(keys.escape);
  await person.press('Enter opens a row', '3');
  await person.press(/❯ 3 Roll back/, keys.enter);
  await person.press('Take this option?', `${keys.enter}${keys.enter}`);
  await person.sayYes();

  for (const command of ['shopctl ci pause', 'shopctl silence all', 'shopctl jobs pause', 'shopctl freeze'])
    await person.run(command);
  await terminal.waitFor('owed 4');
  await person.run('shopctl transform');

  // a wrong name at the point of no return
  await person.press(/NO WAY BACK[\s\S]*Waits for you: r, then the typed name/, 'r');
  await person.press('Enter goes on to the question', `shop@production${keys.enter}`);
  await terminal.waitFor('What is typed is not shop@sandbox.');
  terminal.press(keys.escape);
  await terminal.waitFor('Waits for you: r, then the typed name');
  expect(desk.sql(`select seq from event where type = 'operator.ran' and body like '%schema_down%'`)).toEqual(
    [],
  );

  terminal.press(keys.ctrl('c'));
  await person.press(/Ctrl-C: what now\?[\s\S]*Enter opens a row/, 'G');
  await person.press(/❯ \d abort through undo/, keys.enter);
  await person.press('Abort the session?', `the drill goes no further${keys.enter}`);
  await person.sayYes();

  await terminal.waitFor('ABORTING');
  const ways: string[] = [];
  for (const number of [1, 2, 3, 4, 5]) {
    const step = `The way back · step ${number} of 5`;
    await person.press(new RegExp(`${step}[\\s\\S]*Waits for you: r`), '');
    ways.push(/\$ (shopctl \S+)/.exec(terminal.screen().join('\n'))?.[1] ?? '');
    terminal.press('r');
    await person.sayYes();
  }
  expect(ways.toSorted()).toEqual([
    'shopctl ci',
    'shopctl jobs',
    'shopctl silence-expire',
    'shopctl thaw',
    'shopctl untransform',
  ]);

  await terminal.waitFor(/ABORTED\s+in/);
  await terminal.waitFor('everything was given back');
  await person.press('q leave', 'q');
  expect(await terminal.exited).toBe(3);
  const left = terminal.screen().join('\n');
  expect(left).toContain('ABORTED after');
  expect(left).toContain('owed: nothing');
  expect(left).toContain('the fault was F01');
  expect(left).toMatch(/score \d+ of 100/);
  expect(left).toContain('ledger verified');
  expect(await desk.walkback(['obligations'])).toMatchObject({ code: 0 });
  await until(() => desk.processes().length === 0, 'the session and the shop to end');
  expect(readdirSync(desk.env['TMPDIR'] ?? '')).toEqual([]); // of the shop there is nothing
}, 180_000);
