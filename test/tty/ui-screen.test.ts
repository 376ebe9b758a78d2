import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { exactlyOnce } from '../tty-lib/exactly-once.ts';
import { bundleEntry } from '../tty-lib/bundle.ts';
import { keys, openTerminal, type TestTerminal } from '../tty-lib/terminal.ts';

let bundle: Awaited<ReturnType<typeof bundleEntry>>;
let open: TestTerminal[] = [];

beforeAll(async () => {
  bundle = await bundleEntry('test/fixtures/ui/host.ts');
});
afterEach(async () => {
  await Promise.all(open.map((terminal) => terminal.kill()));
  open = [];
});
afterAll(() => bundle.remove());

function start(scene: string, cols: number, rows: number, ...flags: readonly string[]): TestTerminal {
  const terminal = openTerminal({
    command: process.execPath,
    args: [bundle.file, scene, ...flags],
    cols,
    rows,
  });
  open.push(terminal);
  return terminal;
}

const sizes = [
  [200, 50],
  [100, 30],
  [80, 24],
  [60, 16],
] as const;

describe.each(sizes)('a terminal of %i×%i', (cols, rows) => {
  test('shows the header, the step and what can be pressed, and leaves the last row free', async () => {
    const terminal = start('ready', cols, rows);
    await terminal.waitFor('Waits for you');
    const screen = terminal.screen();
    const header = screen.slice(0, 2).join('\n');
    for (const words of ['shop', '▌PRODUCTION LIVE▐', 'of 10 m', 'window OPEN 18:20Z', 'owed 3'])
      expect(header).toContain(words);
    expect(screen.join('\n')).toContain('$ sqitch revert --to @v1.9.3 db:pg:shop');
    expect(screen.join('\n')).toContain('NO WAY BACK');
    expect(screen[rows - 2]).toContain('r run');
    expect(screen[rows - 1]).toBe('');
    expect(terminal.alternate()).toBe(true);
  });

  test('walks through a run and a decision, and gives the terminal back with a transcript', async () => {
    const terminal = start('ready', cols, rows);
    await terminal.waitFor('Waits for you');
    terminal.press('r');
    await terminal.waitFor(/y yes\s+Esc no/);
    await terminal.waitForNo('keys are ignored');
    terminal.press('y');
    await terminal.waitFor('A decision waits');
    terminal.press('a');
    await terminal.waitFor('recommended: Roll back to 1.9.3');
    await terminal.waitForNo('keys are ignored');
    terminal.press(keys.enter);
    await terminal.waitFor('Take this option?');
    terminal.press(`${keys.enter}${keys.enter}`);
    await terminal.waitFor(/y yes\s+Esc no/);
    terminal.press('y');
    await terminal.waitForNo('y yes');
    terminal.press(keys.ctrl('c'));
    await terminal.waitFor('Ctrl-C: what now?');
    terminal.press(keys.ctrl('c'));
    expect(await terminal.exited).toBe(0);
    expect(terminal.alternate()).toBe(false);
    const text = terminal.screen().join('');
    expect(text).toContain('left: detached');
    expect(text).toContain('"type":"run"');
    expect(text).toContain('"option":"rollback"');
  });
});

test('a decision that docks swallows keys at first and says so', async () => {
  const terminal = start('decide', 100, 30);
  await terminal.waitFor('A decision waits');
  terminal.press('a');
  await terminal.waitFor('keys are ignored for a moment');
  terminal.press(`${keys.enter}${keys.enter}y`);
  await terminal.waitForNo('keys are ignored');
  expect(terminal.screen().join('\n')).toContain('Enter opens a row; nothing happens before y');
  terminal.press(keys.enter);
  await terminal.waitFor('Take this option?');
});

test('a severe step takes the name only letter by letter', async () => {
  const terminal = start('severe', 100, 30);
  await terminal.waitFor('then the typed name');
  terminal.press('r');
  await terminal.waitFor('type shop@db1');
  await terminal.waitForNo('keys are ignored');
  terminal.paste('shop@db1\r');
  await terminal.waitFor('pasting it is not accepted');
  terminal.press('shop@db1\r');
  await terminal.waitFor(/y yes\s+Esc no/);
  const row = terminal.screen().findIndex((line) => line.includes('type shop@db1'));
  expect(terminal.screen()[row]).toMatch(/type shop@db1\s+shop@db1/);
  terminal.press('y');
  await terminal.waitForNo('y yes');
  terminal.press(keys.ctrl('c'));
  await terminal.waitFor('what now?');
  terminal.press(keys.ctrl('c'));
  await terminal.exited;
  expect(terminal.screen().join('')).toContain('"typed":"shop@db1"');
});

test('the terminal cursor stands in the field, where an input method needs it', async () => {
  const terminal = start('ready', 100, 30);
  await terminal.waitFor('Waits for you');
  terminal.press('n');
  await terminal.waitFor('goes into the record');
  terminal.press('日本');
  await terminal.waitFor('日本');
  await terminal.waitForQuiet(100);
  const { x, y } = terminal.cursor();
  expect(terminal.cells(y)[x - 2]?.text).toBe('本');
});

test('while output floods, a key is answered at once and the terminal is not', async () => {
  const terminal = start('flood', 100, 30);
  await terminal.waitFor(/[1-9]\d{4} lines/);
  const before = terminal.written();
  const started = performance.now();
  for (let turn = 0; turn < 10; turn += 1) {
    terminal.press('?');
    await terminal.waitFor('all keys ─');
    terminal.press(keys.escape);
    await terminal.waitFor('─ output');
  }
  const seconds = (performance.now() - started) / 1000;
  // Twenty frames that were asked for, and at most fifteen a second beside them, of at most a few kilobytes.
  expect((terminal.written() - before) / (20 + 15 * seconds)).toBeLessThan(8000);
  terminal.press('k');
  await terminal.waitFor(/new lines, f follows/);
  terminal.press('f');
  await terminal.waitFor('following');
  terminal.press(`${keys.ctrl('c')}${keys.ctrl('c')}`);
  expect(await terminal.exited).toBe(0);
});

test('a storm of resizes ends in one whole frame', async () => {
  const terminal = start('flood', 100, 30);
  await terminal.waitFor('─ output');
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
  await terminal.waitFor(/shop · roll back.*owed 3\n─+\n ▶ Decide/);
  await terminal.waitFor(exactlyOnce('PRODUCTION LIVE', '─ output', 'q leave'));
});

test('a terminal that was made small and large again at once is drawn anew', async () => {
  const terminal = start('ready', 100, 30);
  await terminal.waitFor('Waits for you');
  terminal.signal('SIGSTOP');
  terminal.resize(20, 5);
  terminal.resize(100, 30);
  terminal.signal('SIGCONT');
  await terminal.waitFor(/shop · roll back.*owed 3\n─+\n ▶ Decide/);
  await terminal.waitFor('q leave');
});

test('a terminal that is too small gets one line, and the screen comes back with the room', async () => {
  const terminal = start('ready', 59, 30);
  await terminal.waitFor('terminal too small: 60×16 needed; the session goes on');
  expect(terminal.screen().filter((line) => line !== '')).toHaveLength(1);
  terminal.resize(100, 15);
  await terminal.waitFor('terminal too small');
  terminal.resize(100, 30);
  await terminal.waitFor('Waits for you');
  expect(terminal.screen().join('\n')).not.toContain('too small');
});

test('a terminal that has no size yet gets the line too, and crashes nothing', async () => {
  const terminal = openTerminal({
    command: 'sh',
    args: ['-c', 'stty rows 0 cols 0; exec "$0" "$@"', process.execPath, bundle.file, 'ready'],
    cols: 100,
    rows: 30,
  });
  open.push(terminal);
  await terminal.waitFor('terminal too small');
  terminal.resize(101, 31);
  await terminal.waitFor('Waits for you');
});

test('the frame stands in its place, also where the cursor did not stand in the first column', async () => {
  const terminal = openTerminal({
    command: 'sh',
    args: ['-c', 'printf "no line end"; exec "$0" "$@"', process.execPath, bundle.file, 'ready'],
    cols: 100,
    rows: 30,
  });
  open.push(terminal);
  terminal.press('xy\rz');
  await terminal.waitFor('Waits for you');
  expect(terminal.screen()[0]).toContain('shop · roll back to 1.9.3');
  expect(terminal.screen()[28]).toContain('q leave');
});

describe('the terminal is given back as it was', () => {
  const restored = (terminal: TestTerminal): void => {
    expect(terminal.alternate()).toBe(false);
    const raw = terminal.raw();
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
    expect(raw.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(raw.lastIndexOf('\u001b[?2004h'));
  };

  test('when the screen itself fails, and the failure is told', async () => {
    const terminal = start('broken', 100, 30);
    expect(await terminal.exited).toBe(1);
    restored(terminal);
    expect(terminal.screen().join('\n')).toContain('the screen failed: the figures broke');
  });

  test('when the program dies of an error that nobody caught', async () => {
    const terminal = start('uncaught', 100, 30);
    expect(await terminal.exited).not.toBe(0);
    restored(terminal);
  });

  test('when the host is lost, with how to go on', async () => {
    const terminal = start('lost', 100, 30);
    expect(await terminal.exited).toBe(0);
    restored(terminal);
    const text = terminal.screen().join('\n');
    for (const words of [
      'the connection to the session was lost',
      'give back: shopctl writes thaw',
      'resume: walkback resume s-0301-1800',
      'export: walkback export s-0301-1800',
      'left: lost',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('when it is ended by SIGTERM', async () => {
    const terminal = start('ready', 100, 30);
    await terminal.waitFor('Waits for you');
    terminal.signal('SIGTERM');
    await terminal.exited;
    restored(terminal);
  });
});

test('after a stop and SIGCONT the frame is drawn again and keys arrive', async () => {
  const terminal = start('ready', 100, 30);
  await terminal.waitFor('Waits for you');
  terminal.signal('SIGSTOP');
  terminal.signal('SIGCONT');
  await terminal.waitFor('Waits for you');
  await terminal.waitForQuiet(100);
  terminal.press('n');
  await terminal.waitFor('goes into the record');
});

test('NO_COLOR draws without a single colour, and says the same', async () => {
  const terminal = start('ready', 100, 30, 'no-color');
  await terminal.waitFor('Waits for you');
  for (let row = 0; row < 30; row += 1)
    expect(terminal.cells(row).some(({ colored }) => colored)).toBe(false);
  expect(terminal.screen()[0]).toContain('▌PRODUCTION LIVE▐');
});

test('with colour the badge of a live production session stands out', async () => {
  const terminal = start('ready', 100, 30);
  await terminal.waitFor('Waits for you');
  const x = terminal.screen()[0]?.indexOf('PRODUCTION') ?? -1;
  expect(terminal.cells(0)[x]).toMatchObject({ text: 'P', bold: true, colored: true });
});

test('poor fonts get ASCII and nothing else', async () => {
  const terminal = start('ready', 100, 30, 'ascii');
  await terminal.waitFor('Waits for you');
  // eslint-disable-next-line no-control-regex
  expect(terminal.screen().join('').replaceAll('×', 'x')).toMatch(/^[\x00-\x7f]*$/);
});

test('the pager gets the terminal for itself, and the frame comes back after it', async () => {
  const terminal = start('flood', 100, 30);
  await terminal.waitFor('─ output');
  await terminal.waitFor('lines ──');
  terminal.press('l');
  await terminal.waitFor(/PAGER with \d+ lines/);
  await terminal.waitFor('─ output');
  expect(terminal.screen()[0]).toContain('shop · roll back to 1.9.3');
});

test.each([
  ['ready', 'Waits for you', 'n', 'goes into the record'],
  ['home', 'never drilled', '?', 'to the shell for a while'],
])('Ctrl-Z gives the shell back from %s, and fg the screen', async (scene, first, key, after) => {
  const terminal = openTerminal({
    command: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    cols: 100,
    rows: 30,
    env: { PS1: 'shell> ' },
  });
  open.push(terminal);
  await terminal.waitFor('shell>');
  terminal.press(`${process.execPath} ${bundle.file} ${scene}\r`);
  await terminal.waitFor(first);
  terminal.press(keys.ctrl('z'));
  await terminal.waitFor('Stopped');
  expect(terminal.alternate()).toBe(false);
  terminal.press('fg\r');
  await terminal.waitFor(first);
  expect(terminal.alternate()).toBe(true);
  terminal.press(key);
  await terminal.waitFor(after);
});

test('the home screen answers what was chosen and leaves nothing behind', async () => {
  const terminal = start('home', 80, 24);
  await terminal.waitFor('never drilled');
  terminal.resize(100, 30);
  await terminal.waitFor('Roll the shop back');
  terminal.press(keys.enter);
  await terminal.waitFor('drill: practise it');
  terminal.press(keys.enter);
  expect(await terminal.exited).toBe(0);
  expect(terminal.alternate()).toBe(false);
  expect(terminal.screen().join('\n')).toContain('{"kind":"drill","runbook":"shop"}');
});
