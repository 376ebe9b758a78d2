import { expect, test } from 'vitest';
import type { Reading } from '../../src/machine/facts/values.ts';
import type { Fact, FactOf } from '../../src/machine/facts.ts';
import { burnLines } from '../../src/report/postmortem-burn.ts';
import { estimateTable } from '../../src/report/postmortem-estimates.ts';
import { readinessTable, type LastDrill } from '../../src/report/postmortem-readiness.ts';
import { readStory } from '../../src/report/story.ts';
import { eventsFrom, reading, sessionId, started, toldRollback, type Told } from './events.ts';

const isPosed = (fact: Fact): fact is FactOf<'question.posed'> => fact.type === 'question.posed';

/** The rollback of the other tests, with these facts on its card. */
const asked = (facts: readonly Reading[], over: Partial<FactOf<'decision.made'>> = {}): readonly Told[] =>
  toldRollback.map(([seconds, fact]) => {
    if (isPosed(fact)) return [seconds, { ...fact, facts: [...facts] }];
    return [seconds, fact.type === 'decision.made' ? { ...fact, ...over } : fact];
  });

const eta = (value: string | null, detail: string): Reading =>
  reading('eta', value === null ? 'unknown' : 'pass', value, {
    expected: '',
    unit: 'seconds',
    code: value === null ? 'incomplete' : null,
    detail,
  });

const burn = (value: string | null, detail: string): Reading =>
  reading('burn', value === null ? 'unknown' : 'pass', value, {
    expected: '',
    unit: 'x',
    code: value === null ? 'no_data' : null,
    detail,
  });

/** Rows of a table by their first two cells. */
const rowsOf = (table: string): readonly (readonly string[])[] =>
  table
    .split('\n')
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));

function estimates(told: readonly Told[]): readonly (readonly string[])[] {
  const events = eventsFrom(told);
  return rowsOf(
    estimateTable({ events, story: readStory({ session: { id: sessionId, outcome: null }, events }) }),
  );
}

test('E7: the time that was said at the decision stands beside what the steps took, with the error', () => {
  const card = [eta('100', 'Roll back: 1 min 40 s: 9 steps, 9 timed in drills, n at least 4')];

  // by hand: 4.2 + 0.8 + 4.2 + 4.2 + 60 + 0.09 + 60 + 0.6 s at work, of the 754 s from the decision to the end
  const figures = ['1 min 40 s', '2 min 14 s', '34 s longer (34 %)', '12 min 34 s'];
  const known = 'Roll back: 1 min 40 s: 9 steps, 9 timed in drills, n at least 4';
  expect(estimates(asked(card))).toEqual([
    ['14:04:32', 'cheaper_first: rollback', ...figures, known],
    ['14:04:32', 'in all', ...figures, known],
  ]);
  expect(estimates(asked([eta('200', '')]))[0]?.[4], 'faster than was said').toBe('1 min 5 s shorter (33 %)');
});

test('E7: an estimate that was not shown, has gaps, or is of another way is unknown, and says why', () => {
  const first = (told: readonly Told[]): readonly (string | undefined)[] => {
    const [row] = estimates(told);
    return [row?.[2], row?.[4], row?.[6]];
  };

  expect(first(asked([]))).toEqual(['unknown', 'unknown', 'no estimate was shown with this decision']);
  expect(first(asked([eta(null, 'Roll back: at least 1 min 0 s: 9 steps, 2 unknown')]))).toEqual([
    'unknown',
    'unknown',
    'incomplete: Roll back: at least 1 min 0 s: 9 steps, 2 unknown',
  ]);
  expect(first(asked([eta('100', 'Flag: 1 min 40 s')], { recommended: 'flag' }))).toEqual([
    'unknown',
    'unknown',
    'the estimate that was shown is of “flag”, not of this option: Flag: 1 min 40 s',
  ]);
});

test('E7: an option that was taken against the advice is held against its own estimate', () => {
  const card = [eta('100', 'Flag: 1 min 40 s')];
  const ways = (unknown: number): readonly Told[] =>
    asked(card, { recommended: 'flag' }).map(([seconds, fact]) => [
      seconds,
      isPosed(fact) ? { ...fact, ways: [{ option: 'rollback', ms: 120_000, steps: 9, unknown }] } : fact,
    ]);

  expect(estimates(ways(0))[0]?.slice(2, 5)).toEqual(['2 min 0 s', '2 min 14 s', '14 s longer (12 %)']);
  expect(estimates(ways(2))[0]?.[2]).toBe('unknown');
  expect(estimates(ways(2))[0]?.[6]).toBe(
    'worked out then, not on the card: 9 steps, 2 of them unknown, so at least 2 min 0 s',
  );
});

test('E7: a way that is not at its end, or was left, is held against no estimate', () => {
  const card = asked([eta('100', '')]);
  const open = card.slice(0, -2);
  expect(estimates(open)[0]?.slice(2)).toEqual([
    '1 min 40 s',
    'unknown',
    'unknown',
    'unknown',
    'the session goes on',
  ]);
  const aborted: Told = [906, { type: 'session.ended', outcome: 'aborted', reason: 'another way' }];
  expect(estimates([...open, aborted])[0]?.at(-1)).toBe('the session was aborted on the way');
});

test('E7: steps that were at work at the same time are counted once', () => {
  const both = asked([eta('100', '')]).flatMap((told): readonly Told[] =>
    told[1].type === 'command.ended' ? [told, told] : [told],
  );
  expect(estimates(both)[0]?.[3]).toBe('2 min 14 s');
});

test('E2: the burn at the decision and over the incident is told where it was read', () => {
  const before = asked([burn('86.4', '12x over 1 h, 86.4x over 5 min; 71 % left; gone in 5 h')]);
  const question = before.map(([, fact]) => fact).find(isPosed);
  if (question === undefined) throw new Error('no question in the example');
  const again: Told = [
    870,
    { ...question, attempt: 'enough#1', facts: [burn('0.5', '6x over 1 h; 70 % left')] },
  ];

  expect(burnLines(eventsFrom([...before, again]))).toEqual([
    'Error budget at the decision 14:04:32 (cheaper_first): burn 86.4 x (12x over 1 h, 86.4x over 5 min; 71 % left; gone in 5 h)',
    'Error budget over the incident (burn): at most burn 86.4 x at 14:03:02, last burn 0.5 x at 14:16:30; 2 of 2 readings with a figure',
  ]);
});

test('E2: a burn that was not read, had no answer, or was read once is unknown over the incident', () => {
  expect(burnLines(eventsFrom(asked([])))).toEqual([
    'Error budget at the decision 14:04:32 (cheaper_first): unknown, its burn was not read',
    'Error budget over the incident: unknown, its burn was never read',
  ]);
  expect(burnLines(eventsFrom(asked([burn(null, 'no samples')])))).toEqual([
    'Error budget at the decision 14:04:32 (cheaper_first): burn no value: unknown (no_data, no samples)',
    'Error budget over the incident (burn): unknown, 0 of 1 readings with a figure',
  ]);
  expect(burnLines(eventsFrom(asked([burn('3', '')])))[1]).toBe(
    'Error budget over the incident (burn): unknown, it was read once, at 14:03:02 (1 of 1 readings with a figure)',
  );
  expect(burnLines([])[0]).toBe('Error budget at the decision: unknown, nothing was decided');
});

const drill: LastDrill = {
  session: 'shop-20260301-090000-aa',
  startedAt: '2026-03-01T14:02:00.000Z',
  outcome: 'rolled_back',
  sameRunbook: true,
};

const ready = (told: readonly Told[], last?: LastDrill | null): ReadonlyMap<string, readonly string[]> =>
  new Map(
    rowsOf(readinessTable(eventsFrom(told), last)).map(([name = '', ...rest]) => [name, rest] as const),
  );

test('what was there when it was needed is told apart from what was not, and from what nobody recorded', () => {
  const table = ready(toldRollback, drill);

  expect(table.get('rehearsal of this runbook')).toEqual([
    'ready',
    'shop-20260301-090000-aa, 13 d 0 h before, rolled back',
  ]);
  expect(table.get('data for the triggers')).toEqual(['ready', 'err was read']);
  expect(table.get('somebody who may, with their key')).toEqual(['ready', 'may_execute approved, L1']);
  expect(table.get('ways to tell people')?.[0]).toBe('ready');
  expect(table.get('checks and smoke tests that answer')).toEqual([
    'NOT READY',
    'smoke had no answer in time',
  ]);
  expect(table.get('a baseline to compare with')).toEqual(['not recorded', '—']);
});

test('a drill of another version, none at all, and a ledger that was not asked are three different things', () => {
  const rehearsal = (last?: LastDrill | null): readonly string[] | undefined =>
    ready(toldRollback, last).get('rehearsal of this runbook');

  expect(rehearsal({ ...drill, sameRunbook: false })?.[0]).toBe('NOT READY');
  expect(rehearsal({ ...drill, sameRunbook: false })?.[1]).toMatch(/, of another version of the runbook$/);
  expect(rehearsal({ ...drill, outcome: 'aborted' })?.[0]).toBe('NOT READY');
  expect(rehearsal(null)).toEqual(['NOT READY', 'no drill of it is on record before this session']);
  expect(rehearsal()?.[0]).toBe('not recorded');
});

test('what was missing in the session is named: data, tools, keys, ways to tell, captures, review', () => {
  const work = { place: { step: 'schema_down', item: '' }, attempt: 'schema_down#1' };
  const table = ready([
    [0, { ...started, review: 'break_glass' }],
    [1, { type: 'trigger.blind', id: 'err', code: 'target_down', detail: 'down', forMs: 120_000 }],
    [
      2,
      {
        type: 'evidence.captured',
        id: 'heap',
        file: '',
        sha256: '',
        bytes: 0,
        partial: false,
        detail: 'no room',
      },
    ],
    [3, { type: 'approval.expired', ...work }],
    [
      4,
      {
        type: 'command.ended',
        ...work,
        ending: 'not_started',
        exitCode: null,
        signal: null,
        durationMs: 0,
        outputs: {},
        output: null,
        tail: 'sqitch: not found',
        doubt: null,
      },
    ],
    [5, { type: 'escalation.sent', to: 'manager', result: 'fail', detail: '503' }],
  ]);
  const missing = [...table]
    .filter(([, [there]]) => there === 'NOT READY')
    .map(([name, [, why]]) => [name, why]);

  expect(missing).toEqual([
    ['review of the runbook', 'started without one (break-glass)'],
    ['data for the triggers', 'err was blind for 2 min 0 s (target_down)'],
    ['commands and values of the steps', 'schema_down could not be started: sqitch: not found'],
    ['captures: evidence, and what was there before', 'heap was kept in part or not at all: no room'],
    ['somebody who may, with their key', '2026-03-14 14:02:03 nobody approved schema_down in time'],
    ['ways to tell people', 'manager fail: 503'],
  ]);
});
