import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../src/report/figures.ts';
import { readStory } from '../../src/report/story.ts';
import { at, eventsFrom, sessionId, started, type Told } from './events.ts';
import { decided, triggerChanged } from '../fixtures/ledger/figure-facts.ts';

function recoveryOf(...later: readonly Told[]) {
  const events = eventsFrom([
    [0, started, 'ada'],
    [10, triggerChanged('latency', 'OK')],
    [20, triggerChanged('errors', 'FIRED')],
    [60, decided, 'ada'],
    ...later,
  ]);
  return figuresOf(readStory({ session: { id: sessionId, outcome: null }, events }), events).recovered;
}

describe('recovery, where no comparison was made', () => {
  test('is the moment from which no trigger that had fired is left', () => {
    expect(
      recoveryOf(
        [70, triggerChanged('latency', 'FIRED')],
        [90, triggerChanged('errors', 'CLEARED')],
        [120, triggerChanged('latency', 'OK')],
      ),
    ).toEqual({ at: at(120), what: 'trigger latency OK' });
  });

  test('is not a trigger that had never fired, and not one of which nothing is known', () => {
    expect(recoveryOf([70, triggerChanged('latency', 'OK')])).toBeNull();
    expect(recoveryOf([70, triggerChanged('errors', 'UNKNOWN')])).toBeNull();
  });

  test('is over when a trigger fires again', () => {
    expect(
      recoveryOf([70, triggerChanged('errors', 'OK')], [80, triggerChanged('errors', 'FIRED')]),
    ).toBeNull();
  });
});
