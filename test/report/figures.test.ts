import { describe, expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import { figuresOf } from '../../src/report/figures.ts';
import { readStory } from '../../src/report/story.ts';
import { at, eventsFrom, sessionId, started, type Told } from './events.ts';

const trigger = (id: string, state: 'OK' | 'FIRED' | 'UNKNOWN' | 'CLEARED'): Fact => ({
  type: 'trigger.changed',
  id,
  state,
  value: null,
  detail: '',
  code: null,
  samples: [],
});

const decided: Fact = {
  type: 'decision.made',
  place: { step: 'what_to_do', item: '' },
  attempt: 'what_to_do#1',
  by: 'ada',
  option: 'rollback',
  title: 'Roll back',
  reason: null,
  fields: {},
  objection: null,
  shownAt: at(50),
  recommended: 'rollback',
  againAt: null,
};

function recoveryOf(...later: readonly Told[]) {
  const events = eventsFrom([
    [0, started, 'ada'],
    [10, trigger('latency', 'OK')],
    [20, trigger('errors', 'FIRED')],
    [60, decided, 'ada'],
    ...later,
  ]);
  return figuresOf(readStory({ session: { id: sessionId, outcome: null }, events }), events).recovered;
}

describe('recovery, where no comparison was made', () => {
  test('is the moment from which no trigger that had fired is left', () => {
    expect(
      recoveryOf(
        [70, trigger('latency', 'FIRED')],
        [90, trigger('errors', 'CLEARED')],
        [120, trigger('latency', 'OK')],
      ),
    ).toEqual({ at: at(120), what: 'trigger latency OK' });
  });

  test('is not a trigger that had never fired, and not one of which nothing is known', () => {
    expect(recoveryOf([70, trigger('latency', 'OK')])).toBeNull();
    expect(recoveryOf([70, trigger('errors', 'UNKNOWN')])).toBeNull();
  });

  test('is over when a trigger fires again', () => {
    expect(recoveryOf([70, trigger('errors', 'OK')], [80, trigger('errors', 'FIRED')])).toBeNull();
  });
});
