import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { until } from '../cli/walkback.ts';
import { inFolder, openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys } from '../tty-lib/terminal.ts';
import { moveScript, tinyRunbook } from '../tty-lib/tiny-runbook.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
  desk.file('tiny.yaml', tinyRunbook);
  desk.file('move.sh', moveScript);
});
afterEach(() => desk.remove());

describe.each([
  [200, 50],
  [100, 30],
  [80, 24],
  [60, 16],
] as const)('a whole session on a terminal of %i×%i', (cols, rows) => {
  test('is walked by keys from the decision to the close, with the header always in sight', async () => {
    const terminal = desk.screen(['run', 'tiny.yaml'], { cols, rows });
    const headers: string[] = [];
    const person = personAt(terminal, () => headers.push(terminal.screen().slice(0, 2).join('\n')));

    await person.open('recommended: Roll back', '1');
    await person.press('Take this option?', `${keys.enter}${keys.enter}`);
    await person.sayYes();

    await person.run('touch hold.on');
    await person.run('sh move.sh');

    // at 60 and 80 columns the output is a tab of its own
    await person.press(/run(s|ning)/, '3');
    await terminal.waitFor(/output ─ following/);
    await terminal.waitFor(/row [1-9]\d is moved/);
    await person.press(/row \d+ is moved/, 'n');
    await person.press('goes into the record', `slower than usual${keys.enter}`);
    await terminal.waitFor('Note: recorded');
    desk.file('go', '');
    await terminal.waitFor('every row is moved');

    await person.press('every row is moved', '2');
    await person.run('rm -f hold.on');
    await terminal.waitFor('ROLLED BACK');
    await terminal.waitFor('everything was given back');
    await person.press('q leave', 'q');

    expect(await terminal.exited).toBe(0);
    expect(headers.length).toBeGreaterThan(10);
    for (const header of headers) {
      for (const words of ['tiny', '▌STAGING LIVE▐', 'of 5 m']) expect(header).toContain(words);
      expect(header).toMatch(/owed [01]/);
    }
    expect(headers.some((header) => header.includes('owed 1'))).toBe(true);
    expect(headers.at(-1)).toContain('owed 0');
    expect(terminal.alternate()).toBe(false);
    const left = terminal.screen().join(''); // a narrow terminal wraps it
    expect(left).toMatch(/tiny: Take the tiny shop back \(staging LIVE\): ROLLED BACK after \d\d:\d\d/);
    expect(left).toContain('owed: nothing');
    expect(left).toMatch(/export: walkback export \S+/);
    expect(readFileSync(inFolder(desk, 'effects'), 'utf8')).toBe('moved\n');
    expect(existsSync(inFolder(desk, 'hold.on'))).toBe(false);
    await until(() => desk.processes().length === 0, 'every process of the session to end');
    const proof = await desk.walkback(['verify']);
    expect(proof).toMatchObject({ code: 0 });
  });
});
