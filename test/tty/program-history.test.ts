import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { builtProgram } from '../cli/built-program.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { at, toldRollback } from '../report/events.ts';
import { openDesk, type Desk } from '../tty-lib/program.ts';
import { keys } from '../tty-lib/terminal.ts';

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
  mkdirSync(dirname(desk.ledger), { recursive: true, mode: 0o700 });
  const clock = { now: () => ({ ms: 0, iso: at(0) }), mono: () => 0, boot: 'desk' };
  const ledger = openLedger({ path: desk.ledger, ...clock });
  for (const [id, pace] of [
    ['20260314-1402-aaaa', 1],
    ['20260315-1402-bbbb', 2],
  ] as const)
    openSessionLog(ledger, id).append(
      toldRollback.map(([seconds, fact, actor = 'walkback']) => ({ fact, actor, at: at(seconds * pace) })),
    );
  ledger.close();
});
afterEach(() => desk.remove());

test('from the home screen, at 80×24: a timeline, its next decision, two sessions side by side, and back home', async () => {
  const terminal = desk.screen([], { cols: 80, rows: 24 });
  await terminal.waitFor('h history');
  terminal.press('h');
  await terminal.waitFor('2 of 2 sessions');
  await terminal.waitFor('Enter timeline');
  terminal.press(keys.enter);
  await terminal.waitFor(/59 of 59 events[\s\S]*next decision/);
  terminal.press('}');
  await terminal.waitFor(/❯ 14:\d\d:\d\d .*decided: Roll back/);
  terminal.press(keys.escape);
  await terminal.waitFor('mark to compare');
  terminal.press('=');
  await terminal.waitFor(/=❯/);
  terminal.press('j');
  terminal.press('=');
  await terminal.waitFor(/two sessions side by side[\s\S]*to decide +\d min[\s\S]*█/);
  terminal.press('q');
  await terminal.waitFor('runbooks');
  terminal.press('q');
  expect(await terminal.exited).toBe(0);
});
