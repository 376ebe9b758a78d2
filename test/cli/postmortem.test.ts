import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeLists } from '../../src/cli/records/home-lists.ts';
import { sessions } from '../../src/cli/commands/sessions.ts';
import { actions } from '../../src/cli/commands/actions.ts';
import { obligations } from '../../src/cli/commands/obligations.ts';
import { postmortem } from '../../src/cli/commands/postmortem.ts';
import { status } from '../../src/cli/commands/status.ts';
import { openTellingDesk } from '../../src/cli/records/telling-desk.ts';
import { tellPostmortem } from '../../src/plain/tell-postmortem.ts';
import { neededAnswers } from '../../src/report/postmortem-questions.ts';
import { homeFrame } from '../../src/ui/home/home-rows.ts';
import { homeStart } from '../../src/ui/home/home-state.ts';
import { lookOf } from '../../src/ui/look.ts';
import { rowText } from '../../src/ui/text/row.ts';
import { toldRollback, type Told } from '../report/events.ts';
import { closedSession, dutyUntil } from './closed-session.ts';

const owing = [...toldRollback, ...dutyUntil('2026-03-20T14:17:05.000Z')];
const before = Date.parse('2026-03-20T14:00:00Z');
const after = Date.parse('2026-03-23T14:17:05Z');

describe('R7.1: a post-mortem that is owed', () => {
  test('is overdue after its date, by the clock that it is given: at home, in status, in sessions', () => {
    const { around, printed } = closedSession(owing);
    const look = lookOf({ ascii: false, noColor: true });
    const home = (nowMs: number): string =>
      homeFrame(
        { ...homeLists(around, nowMs), runbooks: [] },
        homeStart,
        { columns: 100, rows: 30, nowMs, user: 'ada' },
        look,
      )
        .rows.map(rowText)
        .join('\n');

    // the pipeline was carried to the day after and is overdue all the time
    expect(status(around, {}, before)).toBe(5);
    expect(printed()).toMatch(
      /^overdue: 1\n {2}ci .*\nowed: 1\n {2}post-mortem .*: due 2026-03-20, payments/,
    );
    expect(home(before)).not.toMatch(/Post-mortem of the rollback.*OVERDUE/);

    expect(status(around, {}, after)).toBe(5);
    expect(printed()).toContain(
      '  post-mortem  Post-mortem of the rollback: OVERDUE by 3 d 0 h, due 2026-03-20, payments',
    );
    expect(home(after)).toMatch(/Post-mortem of the rollback.*OVERDUE/);
    sessions(around, { limit: '5' }, after);
    expect(printed()).toMatch(
      /^OVERDUE: .*\nOVERDUE: post-mortem Post-mortem of the rollback, due 2026-03-20/m,
    );
  });

  test('is paid once it is finished, and refuses to be while something is missing', async () => {
    const { around, session, printed, facts, verified } = closedSession(owing);
    await expect(postmortem(around, session, { finish: true })).rejects.toThrow(
      /Missing: header\.owner.*at least one lasting action item/,
    );
    for (const answer of neededAnswers)
      await postmortem(around, session, { answer, text: `about ${answer}` });
    await postmortem(around, session, {
      item: 'new',
      finding: '1',
      text: 'Give the downgrade more time',
      owner: 'grace',
      due: '2026-04-01',
      proof: 'the next drill ends in time',
      lasting: true,
    });
    expect(printed()).toMatch(/^AI-1\n/m);
    expect(await postmortem(around, session, { finish: true })).toBe(0);

    expect(facts().at(-1)).toMatchObject({
      type: 'obligation.discharged',
      key: 'post-mortem',
      how: 'proved',
    });
    expect(
      homeLists(around, after).obligations.map(({ key, owner, overdue }) => ({ key, owner, overdue })),
    ).toEqual([
      { key: 'ci', owner: 'linus', overdue: true },
      { key: 'AI-1', owner: 'grace', overdue: false },
    ]);
    expect(verified()).toBe(true);
  });

  test('opens its prompts where the debt is given back, and an action item cannot be waived away', async () => {
    const { around, session, printed } = closedSession(owing);
    expect(await obligations(around, { release: 'post-mortem', session })).toBe(0);
    expect(printed()).toMatch(/\[ \] summary\.felt {2}In one sentence: what did users feel\?/);

    await postmortem(around, session, { item: 'new', text: 'A second proxy' });
    await expect(obligations(around, { waive: 'AI-1', session, reason: 'tired of it' })).rejects.toThrow(
      /closed by a reviewed version of the runbook/,
    );
  });
});

test('R7.2: an item that a change by hand left behind keeps its number, and no version of a runbook resolves it', async () => {
  const [by, key, owner, due] = ['ada', 'drift_1', 'grace', '2026-04-01'];
  const left: readonly Told[] = [
    [906, { type: 'drift.added', by, key, what: 'the pool was raised', target: 'db1' }],
    [906, { type: 'drift.disposed', by, key, how: 'accepted', reason: 'until May', owner, until: due }],
    [
      906,
      {
        type: 'pm.item',
        by,
        id: 'AI-1',
        kind: 'process',
        text: 'Settle what was changed by hand',
        owner,
        due,
        proof: null,
        lasting: true,
        finding: 'Drift on db1: the pool was raised',
      },
    ],
  ];
  const { around, session, printed, facts } = closedSession([...owing, ...left]);
  await postmortem(around, session, { item: 'new', text: 'A second proxy', owner, due });
  expect(printed()).toContain('AI-2\n');
  expect(facts().filter(({ type }) => type === 'pm.item')).toHaveLength(2);
  await actions(around, {}, before);
  const listed = printed();
  expect(listed).toContain('AI-2');
  expect(listed).not.toContain('AI-1');
  await expect(actions(around, { drop: 'AI-1', reason: 'it is gone' })).rejects.toThrow(
    'no open action item',
  );
});

test('an answer by flags is a row of its own, its wording is listed with the line, and the chain holds', async () => {
  const { around, session, printed, facts, verified } = closedSession();
  await postmortem(around, session, {
    answer: 'lessons.badly',
    text: 'The copy was slow.\nSomebody should have known.',
  });
  expect(printed()).toContain(
    'lessons.badly line 2: “should have”: What did happen, and why did it make sense then?',
  );
  expect(facts().at(-1)).toEqual({
    type: 'pm.edited',
    by: 'ada',
    part: 'lessons.badly',
    text: 'The copy was slow.\nSomebody should have known.',
  });
  expect(verified()).toBe(true);
  await expect(postmortem(around, session, { answer: 'summary.felled', text: 'x' })).rejects.toThrow(
    /no question/,
  );
});

test('$EDITOR gets every question, and only what was changed there is recorded', async () => {
  const { around, session, facts } = closedSession();
  const editor = join(around.dataFolder, 'editor');
  writeFileSync(
    editor,
    `#!/bin/sh\nsed -i '/^## summary.felt$/,/^## / s/^$/Checkout failed.\\n\\nFor one in twelve./;t' "$1"\n`,
  );
  chmodSync(editor, 0o755);
  const count = facts().length;
  await postmortem({ ...around, env: { ...around.env, EDITOR: editor } }, session, { editor: true });

  const written = facts().slice(count);
  expect(written).toHaveLength(1);
  expect(written[0]).toMatchObject({ type: 'pm.edited', part: 'summary.felt' });
  expect(written[0]).toHaveProperty(
    'text',
    expect.stringMatching(/^Checkout failed\.\n\nFor one in twelve\./),
  );
});

test('the linear front end asks one by one, reads wording back, and turns a finding into an action item', async () => {
  const { around, session, facts } = closedSession();
  const desk = await openTellingDesk(around, session);
  const said: string[] = [];
  const questions = desk.read().questions.length;
  const answers = [
    'Payments', // who owns it
    'it was human error', // who reviews it: flagged, then written again
    'The commander',
    ...Array.from({ length: questions - 2 }, () => ''),
    'More time for the downgrade',
    '', // the kind as it is
    'grace',
    'soon',
    '2026-04-01',
    'the next drill',
    'y',
    'q',
  ];
  await tellPostmortem(desk, {
    say: (text) => void said.push(text),
    ask: async () => answers.shift() ?? null,
  });

  expect(said).toContain(
    'header.reviewers line 1: “human error”: What made the action possible, and what made it look right?',
  );
  expect(said).toContain('That is not a day: write it as 2026-12-31.');
  expect(facts().filter(({ type }) => type === 'pm.edited')).toMatchObject([
    { part: 'header.owner', text: 'Payments' },
    { part: 'header.reviewers', text: 'The commander' },
  ]);
  expect(facts().findLast(({ type }) => type === 'pm.item')).toMatchObject({
    id: 'AI-1',
    text: 'More time for the downgrade',
    kind: 'prevent',
    due: '2026-04-01',
    lasting: true,
    finding: 'schema_down failed with exit code 1',
  });
});

test('a session that goes on is left alone', async () => {
  const { around, session } = closedSession(toldRollback.slice(0, 20));
  await expect(postmortem(around, session, { list: true })).rejects.toThrow(/still under way/);
});

test('a flag that would be passed over is refused, and a day has to exist', async () => {
  const { around, session } = closedSession(owing);
  const refused = async (flags: Parameters<typeof postmortem>[2]): Promise<string> =>
    postmortem(around, session, flags).then(
      () => 'taken',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  expect(await refused({ due: '2026-04-01' })).toBe('--due is of an action item, and none is named.');
  expect(await refused({ text: 'slow' })).toMatch(/^--text is of an answer or an action item/);
  expect(await refused({ list: true, finish: true })).toBe('--finish and --list do not go together.');
  expect(await refused({ item: 'new', text: 'more time', due: '2026-02-30' })).toBe(
    '2026-02-30 is not a day.',
  );
});
