import Database from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { runStep, say } from '../cli/person.ts';
import { killAll, openDesk, type Desk } from '../tty-lib/program.ts';
import { personAt } from '../tty-lib/person.ts';
import { keys, type TestTerminal } from '../tty-lib/terminal.ts';
import { tinyRunbook } from '../tty-lib/tiny-runbook.ts';

/** Held open for longer than the test takes: nothing acts on the choice before everything is killed. */
const held = tinyRunbook.replace(`recommend: "'back'"`, `recommend: "'back'"\n        objections: 10m`);

let desk: Desk;

beforeAll(builtProgram, 120_000);
beforeEach(async () => {
  desk = await openDesk();
  desk.file('tiny.yaml', held);
});
afterEach(() => desk.remove());

interface ChosenRow {
  readonly session: string;
  readonly seq: number;
  readonly body: string;
}

const chosenRows = (): readonly ChosenRow[] =>
  desk.sql(`select session, seq, body from event where type = 'decision.chosen'`) as readonly ChosenRow[];

async function onTheScreen(): Promise<TestTerminal> {
  const terminal = desk.screen(['run', 'tiny.yaml']);
  const person = personAt(terminal);
  await person.open('recommended: Roll back', '1');
  await person.press('Take this option?', `the errors stay${keys.enter}${keys.enter}`);
  await person.sayYes();
  await terminal.waitFor(/Roll back in \d+ s\. Any strong objection/);
  return terminal;
}

async function inLines(): Promise<TestTerminal> {
  const terminal = desk.person(['run', 'tiny.yaml']);
  await say(terminal, /you can type: answer/, 'answer back the errors stay');
  await say(terminal, /Who else was asked\?[^\n]*$/m, '');
  await say(terminal, /Any strong objection\?[^\n]*$/m, '');
  await terminal.waitFor('It acts at', 60_000);
  return terminal;
}

test.each([
  ['the full screen', onTheScreen],
  ['the linear front end', inLines],
] as const)(
  'Accept R3.4: what %s says was decided is in the ledger after kill -9 of everything, and is acted on later',
  async (_front, decide) => {
    const killed = await decide();
    await killAll(desk.processes); // the front end and the agent: nobody gets to write anything any more
    expect(await killed.exited).toBe(137);

    const [row, ...more] = chosenRows();
    expect(more).toEqual([]);
    expect(JSON.parse(row?.body ?? '{}')).toMatchObject({ option: 'back', recommended: 'back' });
    const story = await desk.walkback(['export', row?.session ?? '', '--format', 'json']);
    expect(story.stdout).toContain('the errors stay'); // its words are kept beside the row, which holds their hash
    expect(await desk.walkback(['verify'])).toMatchObject({ code: 0 });

    const next = desk.person(['resume']);
    await say(next, /chosen: Roll back[^]*\n> /, 'proceed everybody was asked');
    await runStep(next, 'hold_on');
    await killAll(desk.processes);
    expect(chosenRows()).toHaveLength(1);
  },
);

test('Accept R3.4: one changed row of a decision is named by verify as the first that cannot be believed', async () => {
  await onTheScreen();
  await killAll(desk.processes);
  const [row] = chosenRows();
  const { session, seq, body } = row ?? { session: '', seq: 0, body: '' };

  const forger = new Database(desk.ledger);
  const triggers = forger.prepare(`select name from sqlite_schema where type = 'trigger'`).pluck().all();
  for (const name of triggers) forger.exec(`drop trigger "${String(name)}"`);
  forger
    .prepare('update event set body = ? where session = ? and seq = ?')
    .run(body.replace('"option":"back"', '"option":"nothing"'), session, seq);
  forger.close();

  const { stdout, code } = await desk.walkback(['verify', session]);
  expect(stdout).toContain(`${session}: BROKEN at seq ${seq} (`);
  expect(code).toBe(3);
});
