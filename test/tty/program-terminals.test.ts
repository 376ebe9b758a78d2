import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { until } from '../cli/walkback.ts';
import { exactlyOnce } from '../tty-lib/exactly-once.ts';
import { inFolder, openDesk, type Desk } from '../tty-lib/program.ts';
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

test('Ctrl-Z is refused while a command runs, Ctrl-C asks, and a storm of resizes leaves one whole frame', async () => {
  const terminal = await untilItMoves();
  terminal.press(keys.ctrl('z'));
  await terminal.waitFor('Not while a step runs: Ctrl-C can detach instead.');
  terminal.press(keys.ctrl('c'));
  await terminal.waitFor('Ctrl-C: what now?');
  await terminal.waitFor('stop it now: Move the rows');
  await terminal.waitFor('$ rm -f hold.on');
  terminal.press(keys.escape);
  await terminal.waitFor(/output ─ following/);

  for (const [cols, rows] of [
    [200, 50],
    [59, 10],
    [80, 24],
    [1, 1],
    [160, 40],
    [61, 17],
    [120, 20],
    [100, 30],
  ] as const) {
    terminal.resize(cols, rows);
  }
  await terminal.waitFor(/^ tiny · Take the tiny shop back.*owed 1\n─+\n ✓ Decide/);
  await terminal.waitFor(/row [1-9]\d\d is moved/);
  await terminal.waitFor(exactlyOnce('STAGING LIVE', '─ output', 'q leave'));

  // the command never noticed
  desk.file('go', '');
  await terminal.waitFor('every row is moved');
  await terminal.waitFor('$ rm -f hold.on');
});

test('a window that is closed takes nothing with it: the command goes on, and resume shows its output', async () => {
  const closed = await untilItMoves();
  closed.hangUp();
  await until(
    () => !desk.processes().some(({ command }) => command.includes('walkback.cjs run')),
    'the screen to go with its window',
  );
  const left = desk.processes().map(({ command }) => command);
  expect(left.some((command) => / \S*walkback\.js agent( |$)/.test(command))).toBe(true);
  expect(left).toContain('sh move.sh');

  const terminal = desk.screen(['resume'], { cols: 80, rows: 24 });
  const person = personAt(terminal);
  await terminal.waitFor('where this session stands');
  await terminal.waitFor(/next\s+Move the rows\s+goes on by itself/);
  await person.press('any key goes on', ' ');
  await person.press('Move the rows', '3');
  await terminal.waitFor(/output ─ following/);
  await terminal.waitFor(/row [1-9]\d\d is moved/);
  desk.file('go', '');
  await terminal.waitFor('every row is moved');
  await person.press('every row is moved', '2');
  await person.run('rm -f hold.on');
  await terminal.waitFor('everything was given back');
  await person.press('q leave', 'q');
  expect(await terminal.exited).toBe(0);
  expect(readFileSync(inFolder(desk, 'effects'), 'utf8')).toBe('moved\n');
});

test('of two terminals on one session the second watches until it takes over with m', async () => {
  const first = await untilItMoves();
  const second = desk.screen(['resume']);
  await personAt(second).press('any key goes on', ' ');
  await second.waitFor('READ-ONLY');
  await second.waitFor(/row [1-9]\d\d is moved/);
  await first.waitFor('+1 watching');

  await personAt(second).press('m drive from here', 'p');
  await second.waitFor('Another terminal drives this session: m makes this one drive.');
  second.press('m');
  await second.waitFor('This terminal drives now.');
  await second.waitForNo('READ-ONLY');
  await first.waitFor('READ-ONLY');

  desk.file('go', '');
  await personAt(second).run('rm -f hold.on');
  await first.waitFor('everything was given back');
  await second.waitFor('everything was given back');
  await personAt(second).press('q leave', 'q');
  expect(await second.exited).toBe(0);
  await personAt(first).press('CLOSED', 'q');
  expect(await first.exited).toBe(0);
  expect(first.screen().join('\n')).toContain('ROLLED BACK');
});
