import { describe, expect, test } from 'vitest';
import { decideScope } from '../../src/judge/scope.ts';
import type { ScopeInput, ScopeNeed, ScopePair, ScopePart } from '../../src/judge/scope-model.ts';
import { liveVersion, sameVersion } from '../../src/judge/scope-version.ts';

const day = 86_400_000;
const now = Date.parse('2026-03-10T12:00:00Z');

const part = (
  id: string,
  live: string | number | null,
  from: string | null,
  to: string | null,
): ScopePart => ({
  id,
  type: 'app',
  live:
    live === null ? { ok: false, code: 'timeout', detail: 'nothing answered' } : { ok: true, value: live },
  from,
  to,
  changed: from !== null && to !== null && from !== to,
});

/** `from` needs `to` at this version or an older one. */
const needs = (from: string, to: string, most: number): ScopeNeed => ({
  from,
  to,
  text: `live.${to} <= ${most}`,
  holds: (state) => {
    const value = state[to];
    if (value === undefined) return { result: 'unknown', detail: `${to} is not known` };
    return { result: Number(value) <= most ? 'pass' : 'fail', detail: `${to} is ${value}` };
  },
});

const pair = (one: string, other: string, more: Partial<ScopePair> = {}): ScopePair => {
  const end = (text: string) => ({ component: text.split('@')[0] ?? '', version: text.split('@')[1] ?? '' });
  const fromMs = now - 2 * day;
  return {
    pair: [end(one), end(other)],
    status: 'ok',
    evidence: 'contract-test:pacts.xml',
    on: '2026-03-08',
    fromMs,
    untilMs: fromMs + 31 * day,
    ...more,
  };
};

const decide = (parts: readonly ScopePart[], more: Partial<ScopeInput> = {}) =>
  decideScope({
    parts,
    needs: [],
    groups: [],
    pairs: [],
    overrides: [],
    source: 'release.yaml',
    nowMs: now,
    ...more,
  });

const states = ({ rows }: ReturnType<typeof decide>): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map(({ component, state }) => [component, state]));
const out = (component: string, reason = 'it stays') => ({
  component,
  as: 'out' as const,
  reason,
  by: 'ada',
});
const take = (component: string, reason = 'it has to') => ({
  component,
  as: 'in' as const,
  reason,
  by: 'ada',
});

const api = part('api', '2', '2', '1');
const db = part('db', 42, null, '41');

describe('what the release changed', () => {
  test('goes back, and nothing else does where no rule is about it', () => {
    const decided = decide([api, part('cache', '7', null, null)]);

    expect(states(decided)).toEqual({ api: 'in', cache: 'out' });
    expect(decided.rows.map(({ reason }) => reason)).toEqual([
      'changed (release.yaml: 2 → 1)',
      'not changed (release.yaml)',
    ]);
    expect(decided.order).toEqual([['api']]);
  });

  test('is asked about where what runs cannot be read, never assumed', () => {
    const decided = decide([part('api', null, '2', '1'), part('cache', null, null, null)]);

    expect(states(decided)).toEqual({ api: 'ask', cache: 'ask' });
    expect(decided.rows[0]?.reason).toContain('nothing answered (timeout)');
    expect(decided.order).toEqual([]);
  });

  test('is a finding where something else runs than it says', () => {
    const found = (live: string) => decide([part('api', live, '2', '1')]).findings;

    expect(found('2')).toEqual([]);
    expect(found('2.0.1')).toMatchObject([{ component: 'api', code: 'drift' }]);
    expect(found('1')).toEqual([
      {
        component: 'api',
        code: 'drift',
        detail: 'api runs 1, which it is to go back to; release.yaml says 2',
      },
    ]);
  });
});

describe('a need', () => {
  test('that fails in the state to come pulls the other side in, with what is needed as the reason', () => {
    const decided = decide([api, db], { needs: [needs('api', 'db', 41)] });

    expect(states(decided)).toEqual({ api: 'in', db: 'in' });
    expect(decided.rows[1]).toMatchObject({
      why: 'need',
      reason: 'api needs live.db <= 41 (db is 42)',
      verdict: 'pass',
    });
    expect(decided.edges).toMatchObject([{ result: 'pass', detail: 'db is 41', red: false }]);
  });

  test('that holds leaves the other side where it is', () => {
    const decided = decide([api, part('db', 40, null, null)], { needs: [needs('api', 'db', 41)] });

    expect(states(decided)).toEqual({ api: 'in', db: 'out' });
    expect(decided.rows[1]?.verdict).toBe('pass');
  });

  test('of what stays, that the part going back would break, pulls in what stays', () => {
    const newSchema: ScopeNeed = {
      from: 'api',
      to: 'db',
      text: 'live.db >= 42',
      holds: (state) => ({
        result: state['api'] === '1' || Number(state['db']) >= 42 ? 'pass' : 'fail',
        detail: '',
      }),
    };
    const decided = decide([part('db', 42, '42', '41'), part('api', '2', null, '1')], { needs: [newSchema] });

    expect(states(decided)).toEqual({ db: 'in', api: 'in' });
    expect(decided.rows[1]?.reason).toContain('api stays, and needs live.db >= 42');
  });

  test('that fails even when both go back is for a person to settle', () => {
    const decided = decide([api, part('db', 43, null, '42')], { needs: [needs('api', 'db', 41)] });

    expect(states(decided)).toEqual({ api: 'in', db: 'ask' });
    expect(decided.rows[1]?.reason).toContain('even when both go back, api needs live.db <= 41: it fails');
  });

  test('that nobody can judge asks about the other side', () => {
    const decided = decide([api, part('db', null, null, '41')], { needs: [needs('api', 'db', 41)] });

    expect(states(decided)).toEqual({ api: 'in', db: 'ask' });
  });

  test('pulls on along a chain', () => {
    const decided = decide([api, db, part('queue', 5, null, '4')], {
      needs: [needs('api', 'db', 41), needs('db', 'queue', 4)],
    });

    expect(states(decided)).toEqual({ api: 'in', db: 'in', queue: 'in' });
    expect(decided.order).toEqual([['api'], ['db'], ['queue']]);
  });

  test('of a part that goes back to nobody says where pulls it in, and says that this is not known', () => {
    const decided = decide([api, part('db', 42, null, null)], { needs: [needs('api', 'db', 41)] });

    expect(states(decided)).toEqual({ api: 'in', db: 'in' });
    expect(decided.rows[1]?.verdict).toBe('unknown');
    expect(decided.findings).toMatchObject([{ component: 'db', code: 'no_target' }]);
  });

  test('that fails already, as everything runs, is a finding and pulls nothing in', () => {
    const decided = decide([part('a', '1', null, null), db, part('api', '2', '2', '1')], {
      needs: [needs('a', 'db', 41)],
    });

    expect(states(decided)).toEqual({ a: 'out', db: 'out', api: 'in' });
    expect(decided.findings).toMatchObject([{ component: 'a', code: 'broken_now' }]);
  });
});

describe('what a person says', () => {
  test('stands, and leaves a red edge where a rule does not hold because of it', () => {
    const decided = decide([api, db], {
      needs: [needs('api', 'db', 41)],
      overrides: [out('db', 'the schema is expand only')],
    });

    expect(states(decided)).toEqual({ api: 'in', db: 'out' });
    expect(decided.rows[1]).toMatchObject({
      why: 'override',
      by: 'ada',
      reason: 'the schema is expand only',
    });
    expect(decided.edges).toMatchObject([{ from: 'api', to: 'db', result: 'fail', red: true }]);
  });

  test('settles what was asked', () => {
    const unread = part('db', null, null, '41');
    const settled = (said: ScopeInput['overrides'][number]) =>
      states(decide([api, unread], { needs: [needs('api', 'db', 41)], overrides: [said] }));

    expect(settled(out('db'))).toEqual({ api: 'in', db: 'out' });
    expect(settled(take('db'))).toEqual({ api: 'in', db: 'in' });
  });

  test('counts as said last', () => {
    const decided = decide([api, db], {
      needs: [needs('api', 'db', 41)],
      overrides: [out('db'), take('db')],
    });

    expect(states(decided)).toEqual({ api: 'in', db: 'in' });
    expect(decided.edges).toMatchObject([{ result: 'pass', red: false }]);
  });
});

describe('a unit', () => {
  const all = [api, part('web', '7', null, '6'), part('settings', '3', null, '2')];

  test('of a monolith goes back as a whole when a part of it does', () => {
    const decided = decide(all, {
      groups: [{ id: 'shop', kind: 'monolith', components: ['api', 'web'] }],
    });

    expect(states(decided)).toEqual({ api: 'in', web: 'in', settings: 'out' });
    expect(decided.rows[1]).toMatchObject({
      unit: 'shop',
      why: 'unit',
      reason: 'one unit with api: shop is a monolith',
    });
    expect(decided.order).toEqual([['api', 'web']]);
  });

  test('is left out as a whole by its name', () => {
    const decided = decide(all, {
      groups: [{ id: 'shop', kind: 'monolith', components: ['api', 'web'] }],
      overrides: [out('shop')],
    });

    expect(states(decided)).toEqual({ api: 'out', web: 'out', settings: 'out' });
  });

  test('is what needs itself in a circle', () => {
    const decided = decide([api, db, part('queue', 5, null, '5')], {
      needs: [needs('api', 'db', 99), needs('db', 'api', 99), needs('queue', 'api', 99)],
    });

    expect(states(decided)).toEqual({ api: 'in', db: 'in', queue: 'out' });
    expect(decided.rows.map(({ unit }) => unit)).toEqual(['api+db', 'api+db', null]);
    expect(decided.order).toEqual([['api', 'db']]);
  });
});

describe('the order of the way back', () => {
  test('is the reverse of the deploy order, also through parts that stay', () => {
    const parts = ['db', 'bus', 'api', 'web'].map((id) => part(id, '2', id === 'bus' ? null : '2', '1'));
    const decided = decide(parts, {
      needs: [needs('web', 'api', 9), needs('api', 'bus', 9), needs('bus', 'db', 9)],
    });

    expect(decided.order).toEqual([['web'], ['api'], ['db']]);
  });

  test('is the reverse of the written order where no need says more', () => {
    const parts = ['one', 'two', 'three'].map((id) => part(id, '2', '2', '1'));

    expect(decide(parts).order).toEqual([['three'], ['two'], ['one']]);
  });
});

describe('versions that were tried together', () => {
  const services = [
    part('cart', '1.9', '1.9', '1.8'),
    part('pricing', '2.1', null, '2.0'),
    part('stock', '3.0', null, '2.9'),
  ];
  const groups = [
    { id: 'services', kind: 'microservice' as const, components: ['cart', 'pricing', 'stock'] },
  ];
  const both = [pair('cart@1.8', 'pricing@2.1'), pair('stock@3.0', 'cart@1.8')];
  const statesWith = (pairs: readonly ScopePair[], parts = services) =>
    states(decide(parts, { groups, pairs }));

  test('let a part go back alone, in whatever order and spelling the pair is written', () => {
    expect(statesWith([both[0] ?? pair('a@1', 'b@1'), pair('stock@v3.0.0', 'cart@1.8.0')])).toEqual({
      cart: 'in',
      pricing: 'out',
      stock: 'out',
    });
  });

  test('pull the partner in where the pair is missing, too old, still to come or broken', () => {
    const old = { on: '2026-01-01', fromMs: now - 40 * day, untilMs: now - 9 * day };
    const tomorrow = { on: '2026-03-11', fromMs: now + day / 2, untilMs: now + 31 * day };
    const together = [pair('pricing@2.0', 'stock@3.0'), pair('stock@3.0', 'cart@1.8')];
    for (const missing of [
      [],
      [pair('cart@1.8', 'pricing@2.2')],
      [pair('cart@1.8', 'pricing@2.1', old)],
      [pair('cart@1.8', 'pricing@2.1', tomorrow)],
      [pair('cart@1.8', 'pricing@2.1', { status: 'broken' })],
    ])
      expect(statesWith([...together, ...missing])).toEqual({ cart: 'in', pricing: 'in', stock: 'out' });
  });

  test('found broken stay broken, however old that is', () => {
    const old = {
      status: 'broken' as const,
      on: '2025-01-01',
      fromMs: now - 400 * day,
      untilMs: now - 300 * day,
    };
    const decided = decide(services, { groups, pairs: [...both, pair('cart@1.8', 'pricing@2.1', old)] });

    expect(states(decided)['pricing']).toBe('in');
  });

  test('ask where the partner cannot be read, or has nowhere to go', () => {
    const unread = services.map((one) => (one.id === 'pricing' ? part('pricing', null, null, '2.0') : one));
    const stays = services.map((one) => (one.id === 'pricing' ? part('pricing', '2.1', null, null) : one));
    const already = services.map((one) => (one.id === 'pricing' ? part('pricing', '2.0', null, '2.0') : one));

    for (const parts of [unread, stays, already])
      expect(statesWith([pair('stock@3.0', 'cart@1.8')], parts)).toMatchObject({
        cart: 'in',
        pricing: 'ask',
      });
  });

  test('are not asked for between parts that both go back', () => {
    const decided = decide(
      services.map((one) => ({ ...one, changed: true })),
      { groups },
    );

    expect(states(decided)).toEqual({ cart: 'in', pricing: 'in', stock: 'in' });
    expect(decided.edges.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass']);
  });

  test('that are broken although both go back are for a person to settle', () => {
    const changed = services.map((one) => ({ ...one, changed: true }));
    const pairs = [pair('cart@1.8', 'pricing@2.0', { status: 'broken' })];

    expect(statesWith(pairs, changed)).toMatchObject({ cart: 'in', pricing: 'ask' });
    const settled = decide(changed, { groups, pairs, overrides: [take('pricing', 'the test is wrong')] });
    expect(states(settled)).toMatchObject({ pricing: 'in' });
    expect(settled.edges.filter(({ red }) => red)).toMatchObject([
      { from: 'cart', to: 'pricing', result: 'fail' },
    ]);
  });

  test('count between any two parts that a pair is written about, without a group too', () => {
    const decided = decide(services, { pairs: [pair('cart@1.7', 'pricing@2.1')] });

    expect(states(decided)).toEqual({ cart: 'in', pricing: 'in', stock: 'out' });
  });
});

describe('a version that was read', () => {
  test.each([
    ['2.0.0', { ok: true, value: '2.0.0' }],
    [' 2.0.0\n', { ok: true, value: '2.0.0' }],
    [42, { ok: true, value: 42 }],
    [{ '2.0.0': 20 }, { ok: true, value: '2.0.0' }],
    [['2.0.0', '2.0.0'], { ok: true, value: '2.0.0' }],
    [null, { ok: false, code: 'absent' }],
    ['', { ok: false, code: 'absent' }],
    [[], { ok: false, code: 'absent' }],
    [
      { '2.0.0': 18, '1.9.3': 2 },
      { ok: false, code: 'mixed', detail: 'several versions run: 2.0.0 (18), 1.9.3 (2)' },
    ],
  ])('as %j is %j', (read, version) => {
    expect(liveVersion(read)).toMatchObject(version);
  });

  test.each([
    ['1.9', '1.9.0', true],
    ['v1.9', '1.9', true],
    [42, '42', true],
    ['1.10', '1.1', false],
    ['green', 'green', true],
    [null, null, false],
  ])('%j and %j are the same: %j', (one, other, same) => {
    expect(sameVersion(one, other)).toBe(same);
  });
});
