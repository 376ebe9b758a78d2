import { existsSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { until } from '../cli/walkback.ts';
import { inFolder, openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys } from '../tty-lib/terminal.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.remove());

test.each([
  [100, 30],
  [80, 24],
] as const)(
  'a session without a runbook on the full screen of %i×%i: typed, shown, run, and asked again',
  async (cols, rows) => {
    const terminal = desk.screen(['run', '--adhoc', '--title', 'The checkout fails', '--service', 'shop'], {
      cols,
      rows,
    });
    const person = personAt(terminal);

    await person.open('Run a command', '1');
    await person.press('command', `touch made.on${keys.enter}`);
    await person.press('Take this option?', `${keys.enter}${keys.enter}`);
    await person.sayYes();
    await terminal.waitFor('$ touch made.on');
    expect(existsSync(inFolder(desk, 'made.on'))).toBe(false);
    await person.run('touch made.on');
    await until(() => existsSync(inFolder(desk, 'made.on')), 'the command');
    await terminal.waitFor(/a opens/);
  },
);
