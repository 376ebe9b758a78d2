import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/machine/facts/outside.ts';
import { belongsTo, isRepeat, keyOf, matchAlerts } from '../../src/session/alert-matching.ts';
import type { KnownRunbook, Proposal } from '../../src/session/proposals.ts';
import { proposalWords } from '../../src/session/proposals.ts';

const runbook = (id: string, service: string, ...environments: readonly string[]): KnownRunbook => ({
  id,
  title: id,
  service,
  hash: 'sha256:a',
  file: `/r/${id}.yaml`,
  environments,
});
const known = [
  runbook('shop_rollback', 'shop', 'staging', 'production'),
  runbook('pay_rollback', 'pay', 'production'),
  runbook('pay_flags', 'pay', 'production'),
];
const alert = (name: string, labels: Readonly<Record<string, string>>, more: Partial<Alert> = {}): Alert => ({
  fingerprint: `${name}!`,
  name,
  status: 'firing',
  startsAt: '2026-03-01T18:02:00.000Z',
  summary: '',
  labels: { alertname: name, ...labels },
  ...more,
});
const matched = (one: Alert, environment: string | null = null) =>
  matchAlerts({ alerts: [one] }, known, environment);

describe('an alert finds its runbook', () => {
  test.each([
    ['by its service', { service: 'shop', environment: 'production' }, 'shop_rollback on production'],
    [
      'by its service, the environment under its short name',
      { service: 'shop', env: 'staging' },
      'shop_rollback on staging',
    ],
    [
      'in the only environment there is',
      { service: 'pay', walkback: 'pay_flags' },
      'pay_flags on production',
    ],
    ['with the place left open where there are several', { service: 'shop' }, 'shop_rollback on '],
    ['and both where two have its service', { service: 'pay' }, 'pay_rollback or pay_flags on production'],
  ])('%s', (_, labels, key) => {
    const { matches, strangers } = matched(alert('A', labels));
    expect([matches.map(keyOf), strangers]).toEqual([[key], []]);
  });

  test('in the environment that the watch was given, where the alert names none', () => {
    expect(matched(alert('A', { service: 'shop' }), 'staging').matches.map(keyOf)).toEqual([
      'shop_rollback on staging',
    ]);
    expect(
      matched(alert('A', { service: 'shop', environment: 'production' }), 'staging').matches.map(keyOf),
    ).toEqual(['shop_rollback on production']);
  });

  test.each([
    ['another service', { service: 'mail' }, 'no runbook here is for service mail'],
    ['no label at all', {}, 'no runbook here is for service (no such label)'],
    [
      'a runbook that is not there',
      { service: 'shop', walkback: 'gone' },
      'no runbook here is for walkback gone',
    ],
    [
      'an environment that its runbook does not have',
      { service: 'pay', environment: 'staging' },
      'pay_rollback and pay_flags has no environment staging',
    ],
  ])('and not by %s', (_, labels, why) => {
    const { matches, strangers } = matched(alert('A', labels));
    expect([matches, strangers.map((one) => one.why)]).toEqual([[], [why]]);
  });
});

const [match] = matched(alert('A', { service: 'shop', environment: 'production' })).matches;
if (match === undefined) throw new Error('the alert has to match');
const nowMs = Date.parse('2026-03-01T18:10:00.000Z');
const proposal = (more: Partial<Proposal> = {}): Proposal => ({
  id: 'p1',
  openedAt: '2026-03-01T18:02:30.000Z',
  candidates: match.candidates,
  environment: match.environment,
  matched: match.matched,
  signals: 1,
  alerts: match.alerts,
  lastSignalAt: '2026-03-01T18:02:30.000Z',
  expiresAt: '2026-03-01T22:02:30.000Z',
  decided: null,
  ...more,
});
const decided = (decision: 'started' | 'dismissed' | 'expired'): Proposal['decided'] => ({
  type: 'decision.recorded',
  at: '2026-03-01T18:05:00.000Z',
  by: 'ada',
  about: 'proposal',
  decision,
  reason: 'r',
  seen: '',
  offered: [],
  recommended: null,
  present: [],
  session: null,
  shownAt: null,
});
const again = {
  ...match,
  alerts: match.alerts.map((one) => ({ ...one, startsAt: '2026-03-01T20:00:00.000Z' })),
};
const over = { ...match, alerts: match.alerts.map((one) => ({ ...one, status: 'resolved' as const })) };

describe('a signal belongs', () => {
  test.each([
    ['to the open proposal of its runbook and place', match, proposal(), 'p1'],
    [
      'to it also when another alert fires',
      { ...match, alerts: [alert('B', { service: 'shop' })] },
      proposal(),
      'p1',
    ],
    [
      'to a new one where the open one is past its time',
      match,
      proposal({ expiresAt: '2026-03-01T18:09:00.000Z' }),
      null,
    ],
    [
      'to a dismissed one while the same alert goes on',
      match,
      proposal({ decided: decided('dismissed') }),
      'p1',
    ],
    [
      'to a new one when the alert fires anew after a dismissal',
      again,
      proposal({ decided: decided('dismissed') }),
      null,
    ],
    [
      'to the started one while the same alert goes on',
      match,
      proposal({ decided: decided('started') }),
      'p1',
    ],
    ['to a new one after nobody answered the last', match, proposal({ decided: decided('expired') }), null],
    ['to the decided one when it is over', over, proposal({ decided: decided('started') }), 'p1'],
    ['to a new one where the place differs', match, proposal({ environment: 'staging' }), null],
  ])('%s', (_, one, before, id) => {
    expect(belongsTo(one, [before], nowMs)?.id ?? null).toBe(id);
  });

  test('as a repetition only where every alert stands as before', () => {
    expect(isRepeat(match, proposal())).toBe(true);
    expect(isRepeat(over, proposal())).toBe(false);
    expect(isRepeat(again, proposal())).toBe(false);
  });
});

test('a proposal says in a line what fires since when, and how often it was told', () => {
  const more = ['B', 'C'].map((name) => alert(name, {}, { startsAt: '2026-03-01T17:59:00.000Z' }));
  expect(proposalWords(proposal({ signals: 3 }))).toBe('A firing since 18:02 UTC, 3 signals');
  expect(proposalWords(proposal({ alerts: [...match.alerts, ...more] }))).toBe(
    'B, C and 1 more firing since 17:59 UTC, 1 signal',
  );
  expect(proposalWords(proposal({ alerts: over.alerts }))).toBe('A resolved, 1 signal');
});
