import { describe, expect, test } from 'vitest';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { exportJson } from '../../src/report/json.ts';
import { answerIntent } from '../../src/session/answer.ts';
import {
  bookOfSteps,
  decideStep,
  endAt,
  endStep,
  expressionOf,
  probeOf,
  runStep,
} from '../machine/runbook-builder.ts';
import { settled } from './fake-clock.ts';
import { openWorld } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';

const held = (more: Partial<Extract<Step, { kind: 'decide' }>> = {}): Runbook => {
  const step = decideStep('way', { rollback: 'next', wait: 'again', leave: endAt('not_needed') });
  return {
    ...bookOfSteps(
      step.kind === 'decide' ? { ...step, objectionsMs: 15_000, ...more } : step,
      runStep('swap'),
      endStep('over'),
    ),
    probes: { errors: probeOf('errors', 'errors') },
  };
};

/** Another person at another terminal. */
async function objects(opened: TestSession, text: string, by = 'grace') {
  const { place, attempt } = opened.at('way');
  const answer = await answerIntent(opened.session, { type: 'object', place, attempt, text }, by);
  await settled();
  return answer;
}

describe('Accept R3.4: a decision on record', () => {
  test('is on record right after Enter, before its time for objections is over, and acts after a kill', async () => {
    const first = await openTestSession({ runbook: held() });
    await first.say('choose', { option: 'rollback', reason: 'errors at 8 %' });

    expect(first.types().at(-1)).toBe('decision.chosen');
    const next = await first.dies('resumed');
    expect(next.facts('decision.chosen')).toMatchObject([{ option: 'rollback', reason: 'errors at 8 %' }]);
    expect(next.at().place.step).toBe('way');
    await next.clock.advance(15_000);
    expect(next.at().place.step).toBe('swap');
    expect(next.facts('decision.made')).toHaveLength(1);
  });

  test('carries what was seen: figures, triggers, who was there and who was asked', async () => {
    const world = openWorld();
    world.readings['errors'] = 0.08;
    const runbook = held({ show: ['errors'], recommend: expressionOf(`'rollback'`) });
    const opened = await openTestSession({ runbook, world });
    opened.session.dispatch(
      [
        { type: 'client.attached', by: 'ada', client: 'one', drives: true },
        { type: 'client.attached', by: 'grace', client: 'two', drives: false },
        { type: 'client.attached', by: 'linus', client: 'three', drives: false },
        { type: 'client.detached', client: 'three', reason: 'left' },
        {
          type: 'trigger.changed',
          id: 'err',
          state: 'FIRED',
          value: 0.08,
          detail: 'above 0.02 for 2m',
          code: null,
          samples: [],
        },
      ],
      'walkback',
    );
    await opened.clock.advance(1_000);
    await opened.say('choose', { option: 'rollback', reason: null, consulted: 'the DBA' });
    await opened.clock.advance(15_000);

    expect(opened.facts('decision.made')).toMatchObject([
      {
        recommended: 'rollback',
        seen: [{ subject: 'errors', value: '0.08' }],
        triggers: [{ id: 'err', state: 'FIRED', value: 0.08 }],
        present: ['ada', 'grace'],
        consulted: 'the DBA',
        objections: [],
        hurried: null,
      },
    ]);
  });

  test('is exported with the time it took to decide: what it was held open for is not counted', async () => {
    const opened = await openTestSession({ runbook: held() });
    await opened.clock.advance(40_000);
    await opened.say('choose', { option: 'rollback' });
    await opened.clock.advance(15_000);

    const exported: unknown = JSON.parse(
      exportJson({
        session: { id: 'session', outcome: null },
        events: opened.log.facts(),
        verified: { ok: true, brokenAt: null },
        program: 'walkback',
      }),
    );
    expect(exported).toMatchObject({
      figures: { toDecideMs: 40_000 },
      decisions: [{ made: { option: 'rollback', chosenAt: '2026-03-01T10:00:40.000Z' } }],
    });
  });

  test('acts when nobody objects in its time, not a moment sooner', async () => {
    const { say, at, clock } = await openTestSession({ runbook: held() });
    await say('choose', { option: 'rollback' });

    expect(at().offers.map(({ intent }) => intent)).toEqual(['go_on', 'object']);
    await clock.advance(14_999);
    expect(at().place.step).toBe('way');
    await clock.advance(1);
    expect(at().place.step).toBe('swap');
  });

  test('acts at once on a person’s word, with a reason that is kept', async () => {
    const { say, at, facts } = await openTestSession({ runbook: held() });
    await say('choose', { option: 'rollback' });

    expect(await say('go_on', { reason: ' ' })).toMatchObject({ ok: false, code: 'E_REASON' });
    expect(await say('go_on', { reason: 'SEV1' })).toEqual({ ok: true });
    expect(at().place.step).toBe('swap');
    expect(facts('decision.made')).toMatchObject([{ by: 'ada', hurried: 'SEV1' }]);
  });

  test('waits for people once somebody objects, from whichever terminal, and can be taken back', async () => {
    const opened = await openTestSession({ runbook: held() });
    await opened.say('choose', { option: 'rollback' });
    expect(await objects(opened, ' ')).toMatchObject({ ok: false, code: 'E_REASON' });
    expect(await objects(opened, 'the queue still holds new orders')).toEqual({ ok: true });

    await opened.clock.advance(600_000);
    expect(opened.at().place.step).toBe('way');
    expect(opened.at().chosen?.objections).toEqual([
      { by: 'grace', text: 'the queue still holds new orders' },
    ]);
    await opened.say('choose', { option: 'leave', reason: 'grace is right' });
    expect(opened.at().chosen).toMatchObject({ option: 'leave', objections: [] });
    await opened.clock.advance(15_000);
    expect(opened.session.view().outcome).toBe('not_needed');
  });

  test('can go on in spite of an objection, with both reasons on record', async () => {
    const opened = await openTestSession({ runbook: held() });
    await opened.say('choose', { option: 'rollback' });
    await objects(opened, 'the queue is full');
    await opened.say('go_on', { reason: 'it drains by itself' });

    expect(opened.facts('decision.made')).toMatchObject([
      { objections: [{ by: 'grace', text: 'the queue is full' }], hurried: 'it drains by itself' },
    ]);
    expect(opened.at().place.step).toBe('swap');
  });

  test('to wait is not held open: it changes nothing', async () => {
    const { say, facts } = await openTestSession({ runbook: held() });
    await say('choose', { option: 'wait', fields: { until: '2m' } });

    expect(facts('decision.chosen')).toEqual([]);
    expect(facts('decision.made')).toHaveLength(1);
  });
});

describe('what a decision offers', () => {
  test('stands in the order of what it costs to take back, whatever order it was written in', async () => {
    const step = decideStep('way', {
      nothing: endAt('not_needed'),
      wait: 'again',
      restore: 'next',
      rollback: 'next',
      flag: 'next',
    });
    const reversible: Record<string, string> = { restore: 'restore', rollback: 'minutes', flag: 'flag' };
    const ranked: Step =
      step.kind === 'decide'
        ? {
            ...step,
            options: step.options.map((option) => ({ ...option, reversible: reversible[option.id] ?? null })),
          }
        : step;
    const { at } = await openTestSession({ runbook: bookOfSteps(ranked, endStep('over')) });

    expect(at().question?.options.map(({ id }) => id)).toEqual([
      'flag',
      'rollback',
      'restore',
      'wait',
      'nothing',
    ]);
  });

  test('is recommended with the values that decided, not with the expression alone', async () => {
    const world = openWorld();
    world.readings['errors'] = 0.08;
    const recommend = { ...expressionOf(`probes.errors > 0.02 ? 'rollback' : 'wait'`), probes: ['errors'] };
    const { at } = await openTestSession({ runbook: held({ recommend }), world });

    expect(at().question).toMatchObject({
      recommended: 'rollback',
      because: 'probes.errors > 0.02 (is 0.08)',
    });
  });
});
