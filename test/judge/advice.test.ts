import { describe, expect, test } from 'vitest';
import type { TriggerStanding } from '../../src/judge/advice.ts';
import { adviceOf } from '../../src/judge/advice.ts';
import type { DecideRule } from '../../src/runbook/model/criteria.ts';

type State = TriggerStanding['state'];

const trigger = (id: string, state: State, more: Partial<TriggerStanding> = {}): TriggerStanding => ({
  id,
  state,
  advise: 'rollback',
  blind: false,
  ...more,
});

const anyOfTwo: DecideRule = { kind: 'any', k: 1, triggers: ['err', 'slow'] };
const bothOfTwo: DecideRule = { kind: 'all', k: 2, triggers: ['err', 'slow'] };
const twoOfThree: DecideRule = { kind: 'k_of_n', k: 2, triggers: ['err', 'slow', 'lost'] };

const said = (rule: DecideRule | null, ...states: readonly State[]): string =>
  adviceOf(
    rule,
    states.map((state, index) => trigger(['err', 'slow', 'lost'][index] ?? '?', state)),
  ).advice;

describe('the advice of a rule over its triggers', () => {
  test.each([
    [anyOfTwo, ['FIRED', 'UNKNOWN'], 'rollback'],
    [anyOfTwo, ['OK', 'UNKNOWN'], 'unknown'],
    [anyOfTwo, ['OK', null], 'unknown'],
    [anyOfTwo, ['OK', 'PENDING'], 'unknown'],
    [anyOfTwo, ['OK', 'CLEARED'], 'healthy'],
    [bothOfTwo, ['FIRED', 'FIRED'], 'rollback'],
    [bothOfTwo, ['FIRED', 'UNKNOWN'], 'investigate'],
    [bothOfTwo, ['FIRED', 'OK'], 'investigate'],
    [bothOfTwo, ['OK', 'OK'], 'healthy'],
    [twoOfThree, ['FIRED', 'FIRED', 'UNKNOWN'], 'rollback'],
    [twoOfThree, ['FIRED', 'UNKNOWN', 'OK'], 'investigate'],
    [twoOfThree, ['UNKNOWN', 'OK', 'OK'], 'unknown'],
    [twoOfThree, ['OK', 'OK', 'OK'], 'healthy'],
  ] as const)('%o over %o is %s', (rule, states, expected) => {
    expect(said(rule, ...states)).toBe(expected);
  });

  test('without a rule, one trigger that advises rollback is enough, and one that does not is looked into', () => {
    const slow = trigger('slow', 'FIRED', { advise: 'investigate' });
    expect(adviceOf(null, [trigger('err', 'FIRED')]).advice).toBe('rollback');
    expect(adviceOf(null, [trigger('err', 'OK'), slow])).toEqual({
      advice: 'investigate',
      because: 'slow fired, which alone does not make a rollback',
    });
  });

  test('a trigger that has been blind for its `for` is a reason to investigate', () => {
    const blind = trigger('err', 'UNKNOWN', { blind: true });
    expect(adviceOf(anyOfTwo, [blind, trigger('slow', 'OK')])).toMatchObject({ advice: 'investigate' });
  });

  test('a rule that holds says rollback even where another trigger is blind', () => {
    const blind = trigger('slow', 'UNKNOWN', { blind: true });
    expect(adviceOf(anyOfTwo, [trigger('err', 'FIRED'), blind]).advice).toBe('rollback');
  });

  test('nothing that watches is never healthy', () => {
    expect(adviceOf(null, []).advice).toBe('unknown');
    expect(adviceOf(anyOfTwo, []).advice).toBe('unknown');
  });

  test('a release is healthy only when its success criteria have held to the end of the window', () => {
    const quiet = [trigger('err', 'OK'), trigger('slow', 'OK')];
    expect(adviceOf(anyOfTwo, quiet, 'pass').advice).toBe('healthy');
    expect(adviceOf(anyOfTwo, quiet, 'unknown').advice).toBe('unknown');
    expect(adviceOf(anyOfTwo, quiet, 'fail').advice).toBe('investigate');
  });

  test('a trigger that the rule names and nobody reads is unknown', () => {
    expect(adviceOf({ kind: 'any', k: 1, triggers: ['gone'] }, [trigger('err', 'OK')])).toEqual({
      advice: 'unknown',
      because: 'nothing can be said of gone',
    });
  });
});
