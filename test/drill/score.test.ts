import { expect, test } from 'vitest';
import { saysWhy } from '../../src/drill/reason.ts';
import { score, scoreText, type ScoreInput, type ScorePart } from '../../src/drill/score.ts';
import type { FactOf } from '../../src/machine/facts.ts';
import { at, eventsFrom, reading, toldRollback, type Told } from '../report/events.ts';

const walked = [
  { id: '@start -pass-> cheaper_first', accepted: true },
  { id: 'cheaper_first -option:rollback-> hold_pipeline', accepted: true },
];

const input = (told: readonly Told[] = toldRollback, over: Partial<ScoreInput> = {}): ScoreInput => ({
  events: eventsFrom(told),
  objectiveMs: 600_000,
  walked,
  speed: 1,
  ...over,
});

const part = (id: ScorePart['id'], given: ScoreInput): ScorePart => {
  const found = score(given).parts.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no part ${id}`);
  return found;
};

/** A fault in which the release is left alone. */
const left = { acceptedOutcomes: ['not_needed'], justifies: [], rightWay: 'waiting' };

/** The session with the decision so many seconds after the trigger fired, and nothing else that is timed. */
const decidedAfter = (seconds: number): readonly Told[] =>
  toldRollback.map(([when, ...rest]): Told => [
    rest[0].type === 'decision.made' ? 61 + seconds : when,
    ...rest,
  ]);

test('scores the example as a count by hand does', () => {
  const result = score(input());

  expect(result.parts.map(({ id, points, of }) => [id, points, of])).toEqual([
    ['decide', 20, 20], // 91 s of 10 min
    ['restore', 19.2, 25], // 740 s of 600 s: 25 · (2 − 740/600) = 19.17
    ['path', 20, 20],
    ['checks', 15, 15],
    ['obligations', 13, 15], // one debt past its limit
    ['comms', 5, 5],
  ]);
  expect(result).toMatchObject({
    total: 92.2,
    sum: 92.2,
    caps: [],
    wrongTurns: [],
    skippedChecks: [],
    debtsLeft: [],
  });
});

test.each([
  [0, 20],
  [600, 20],
  [750, 15],
  [900, 10],
  [1199, 0],
  [1200, 0],
  [5000, 0],
])('a decision %d s after the trigger fired, with T of 10 min, is worth %d', (seconds, points) => {
  expect(part('decide', input(decidedAfter(seconds))).points).toBe(points);
});

test.each([
  ['the first report', { firedAt: at(100) }, '52 s'],
  ['trigger err fired', {}, '1 min 31 s'],
])('counts from %s', (what, over, span) => {
  expect(part('decide', input(toldRollback, over)).because).toBe(
    `from ${what} to the decision ${span} of 10 min 0 s`,
  );
});

test('counts from arming where nothing fired', () => {
  const silent = toldRollback.filter(([, { type }]) => type !== 'trigger.changed');

  expect(part('decide', input(silent, { armedAt: at(30) })).because).toMatch(
    /^from the fault was armed to the decision 2 min 2 s/,
  );
});

test('shows the time on the sandbox clock beside the real one, and counts the real one', () => {
  const { points, because } = part('decide', input(toldRollback, { speed: 60 }));

  expect(points).toBe(20);
  expect(because).toContain('1 min 31 s (1 h 31 min on the sandbox');
});

test('a wrong decision is no decision, costs an edge, and its end restores nothing', () => {
  const wrong = [{ id: 'cheaper_first -option:rollback-> hold_pipeline', accepted: false }];
  const result = score(input(toldRollback, { walked: wrong, scenario: left }));

  expect(result.parts.map(({ id, points }) => [id, points])).toEqual([
    ['decide', 0],
    ['restore', 0],
    ['path', 5],
    ['checks', 15],
    ['obligations', 13],
    ['comms', 5],
  ]);
  expect(result.total).toBeLessThan(60);
  expect(result.parts[2]?.lost).toEqual([
    { points: 5, what: 'off the accepted paths: cheaper_first -option:rollback-> hold_pipeline' },
    { points: 10, what: 'a rollback that was not needed' },
  ]);
});

test('an accepted end without a rollback counts as restored when the session ended', () => {
  const told: readonly Told[] = [
    ...toldRollback.slice(0, 9),
    [200, { type: 'session.ended', outcome: 'not_needed', reason: 'a spike' }],
  ];

  expect(part('restore', input(told, { scenario: left }))).toMatchObject({
    points: 25,
    because: 'from the decision to the end not_needed 48 s of 10 min 0 s',
  });
});

test('the path never costs more than its 20 points', () => {
  const wrong = Array.from({ length: 9 }, (_, index) => ({
    id: `a -skip-> ${String(index)}`,
    accepted: false,
  }));

  expect(part('path', input(toldRollback, { walked: wrong })).points).toBe(0);
});

const skip = (reason: string): Told => [
  500,
  {
    type: 'operator.skipped',
    place: { step: 'smoke', item: '' },
    attempt: 'smoke#9',
    by: 'ada',
    reason,
    override: true,
  },
];

test('a required check that was skipped costs 5 unless somebody said why', () => {
  const given = (reason: string) =>
    part('checks', input([...toldRollback, skip(reason)], { requiredChecks: ['smoke'] })).points;

  expect(given('ok')).toBe(10);
  expect(given('the runner is down, the dashboards are green')).toBe(15);
});

test('an unknown that was walked over costs 3 unless somebody said why', () => {
  const told = toldRollback.map(([when, fact]): Told => [
    when,
    fact.type === 'operator.routed' ? { ...fact, reason: 'skip' } : fact,
  ]);
  const result = score(input(told));

  expect(result.parts[3]).toMatchObject({
    points: 12,
    lost: [{ points: 3, what: 'smoke was unknown and passed over without a reason' }],
  });
  expect(result.unknownsPassed).toEqual(['smoke']);
});

test('a debt that is open or given up costs 5, one past its limit 2', () => {
  const open = toldRollback.filter(
    ([, fact]) => !(fact.type === 'obligation.discharged' && fact.key === 'ci'),
  );
  const waived = toldRollback.map(([when, fact]): Told => [
    when,
    fact.type === 'obligation.discharged' && fact.key === 'ci' ? { ...fact, how: 'waived' } : fact,
  ]);

  expect(score(input(open))).toMatchObject({ debtsLeft: ['ci'] });
  expect(part('obligations', input(open)).points).toBe(8);
  expect(part('obligations', input(waived)).lost).toContainEqual({ points: 5, what: 'ci given up' });
});

test('messages count by how many of those due were delivered', () => {
  expect(part('comms', input(toldRollback, { messagesDue: 2 })).points).toBe(2.5);
  expect(part('comms', input(toldRollback, { messagesDue: 1 })).points).toBe(5);
});

test.each([
  [{ wrongTarget: true }, 40],
  [{ lossOverBudget: true }, 40],
])('a cap holds whatever the parts say: %j', (over, cap) => {
  expect(score(input(toldRollback, over))).toMatchObject({ total: cap, sum: 92.2 });
});

test('closing over a failing invariant caps at 50, and a later good measurement lifts it', () => {
  const failing: Told = [
    894,
    {
      type: 'invariant.measured',
      id: 'orders_kept',
      moment: 'end',
      step: '',
      hash: null,
      reading: reading('orders', 'fail', '1167'),
    },
  ];
  const good: Told = [
    895,
    {
      type: 'invariant.measured',
      id: 'orders_kept',
      moment: 'end',
      step: '',
      hash: null,
      reading: reading('orders', 'pass', '1204'),
    },
  ];
  const last = toldRollback.length - 2;

  expect(score(input(toldRollback.toSpliced(last, 0, failing)))).toMatchObject({
    total: 50,
    caps: [{ at: 50, why: 'closed with failing invariants: orders_kept' }],
  });
  expect(score(input(toldRollback.toSpliced(last, 0, failing, good))).caps).toEqual([]);
});

const lockedSchema = {
  acceptedOutcomes: ['rolled_back'],
  justifies: [],
  rightWay: 'closing the session that holds the lock',
} satisfies ScoreInput['scenario'];

const agreed = (items: FactOf<'data.accepted'>['items']): Told => [
  600,
  {
    type: 'data.accepted',
    by: 'ada',
    items,
    reason: 'the backup is quicker',
    role: 'data_owner',
    principal: 'grace',
    key: 'SHA256:x',
    signature: 'x',
    level: 'L2',
    override: false,
  },
];

const backupPutBack = [
  { id: 'rows shop.payments', code: 'table_shrunk', value: '5' },
  { id: 'rows lost', code: 'over_budget', value: '17' },
  { id: 'time shop.orders', code: 'time_lost', value: '90000' },
];

const capsWith = (told: readonly Told[], scenario: ScoreInput['scenario']) =>
  score(input(told, { scenario: scenario ?? null })).caps;

test('data that a fault leaves a way to keep is lost needlessly, whoever agreed to it', () => {
  const told = [...toldRollback, agreed(backupPutBack)];

  expect(score(input(told, { scenario: lockedSchema }))).toMatchObject({
    total: 40,
    sum: 92.2,
    caps: [
      {
        at: 40,
        why:
          'lost needlessly: 5 rows of shop.payments, 17 rows, 1 min 30 s of shop.orders (agreed to by grace); ' +
          'closing the session that holds the lock would have kept it',
      },
    ],
  });
});

test('a fault justifies the kinds of loss that its scenario names, and no other', () => {
  const told = [...toldRollback, agreed(backupPutBack)];

  expect(capsWith(told, { ...lockedSchema, justifies: ['rows', 'time'] })).toEqual([]);
  expect(capsWith(told, { ...lockedSchema, justifies: ['rows'] })).toMatchObject([
    { why: expect.stringMatching(/^lost needlessly: 1 min 30 s of shop\.orders \(/) },
  ]);
  expect(capsWith(told, null)).toEqual([]); // nobody says what that fault makes necessary
});

test('agreeing to what is no loss of data caps nothing', () => {
  const broken = [{ id: 'invariant orders_kept', code: 'invariant_broken', value: '3' }];

  expect(capsWith([...toldRollback, agreed(broken)], lockedSchema)).toEqual([]);
});

test('giving the rollback up where the fault leaves it open costs most of the points', () => {
  const forward = toldRollback.map(([when, fact]): Told => [
    when,
    fact.type === 'session.ended' ? { ...fact, outcome: 'rolled_forward' } : fact,
  ]);
  const why =
    'ended rolled forward, which this fault does not need; the way was closing the session that holds the lock';

  expect(capsWith(forward, lockedSchema)).toEqual([{ at: 50, why }]);
  expect(capsWith(forward, { ...lockedSchema, acceptedOutcomes: ['rolled_forward'] })).toEqual([]);
  // where an effect was only claimed, that is what is said
  expect(score(input(forward, { scenario: lockedSchema, claimed: 'seen' })).caps).toEqual([
    { at: 50, why: 'closed as mended, and seen never showed it' },
  ]);
});

test('a session without any decision or event still gets a score', () => {
  expect(score(input([]))).toMatchObject({
    total: 55,
    parts: [{ id: 'decide', points: 0 }, { id: 'restore', points: 0 }, {}, {}, {}, {}],
  });
});

test('prints every part with its inputs, what was lost, and the one question', () => {
  const text = scoreText(score(input(toldRollback, { wrongTarget: true })));

  expect(text).toMatch(
    /^score 40 of 100 \(capped from 92\.2\)\n {2}at most 40: a wrong target was touched\n/,
  );
  expect(text).toMatch(
    /\nrestore +19\.2 +25 +from the decision to verdict RECOVERED 12 min 20 s of 10 min 0 s\n/,
  );
  expect(text).toContain('  obligations -2: freeze past its limit\n');
  expect(text).toMatch(/What would have made this easier\?\n$/);
});

test('a long reason of a cap is broken between words, however narrow the terminal', () => {
  const told = [...toldRollback, agreed(backupPutBack)];
  const text = scoreText(score(input(told, { scenario: lockedSchema })), 60);
  const [first = '', ...rest] = text.split('\n\n')[0]?.split('\n').slice(1) ?? [];

  expect(first).toBe('  at most 40: lost needlessly: 5 rows of shop.payments, 17');
  expect([first, ...rest].every((line) => line.length <= 60)).toBe(true);
  expect(rest.every((line) => line.startsWith('    '))).toBe(true);
  expect([first, ...rest.map((line) => line.trim())].join(' ')).toContain('the lock would have kept it');
});

test.each([
  ['ok', false],
  ['-', false],
  ['n/a', false],
  ['skip skip', false],
  ['the probe is down', true],
  ['Der Prüfer antwortet nicht', true],
])('%j gives a reason: %s', (text, gives) => {
  expect(saysWhy(text)).toBe(gives);
});
