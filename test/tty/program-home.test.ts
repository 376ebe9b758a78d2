import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys } from '../tty-lib/terminal.ts';
import { moveScript, tinyRunbook } from '../tty-lib/tiny-runbook.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
  desk.file('runbooks/tiny.yaml', tinyRunbook);
  desk.file('runbooks/move.sh', moveScript);
});
afterEach(() => desk.remove());

test('walkback alone, on 80×24, shows the open session and what is owed first, and resumes it with Enter', async () => {
  const left = desk.screen(['run', 'runbooks/tiny.yaml'], { cols: 80, rows: 24 });
  const person = personAt(left);
  await person.open('recommended: Roll back', '1');
  await person.press('Take this option?', `${keys.enter}${keys.enter}`);
  await person.sayYes();
  await person.run('touch hold.on');
  await person.press(/\$ sh move.sh[\s\S]*Waits for you/, 'q');
  await person.press('$ rm -f hold.on', '2');
  await person.press('the session goes on', keys.enter);
  expect(await left.exited).toBe(4);
  expect(left.screen().join('\n')).toMatch(/resume: walkback resume \S+/);

  const home = desk.screen([], { cols: 80, rows: 24 });
  await home.waitFor('never practised');
  const shown = home.screen();
  const rowOf = (words: string): number => shown.findIndex((line) => line.includes(words));
  expect(rowOf('Take the tiny shop back')).toBeGreaterThan(0);
  expect(rowOf('The pipeline is held')).toBeGreaterThan(rowOf('Take the tiny shop back'));
  expect(rowOf('never practised')).toBeGreaterThan(rowOf('The pipeline is held'));
  home.press(keys.enter);
  await home.waitFor('where this session stands');
  await personAt(home).press('any key goes on', 'q');
  await home.waitFor('$ sh move.sh');
  home.press(keys.ctrl('c'));
  await home.waitFor('Ctrl-C: what now?');
  home.press(keys.ctrl('c'));
  expect(await home.exited).toBe(4);
});
