import { describe, expect, test } from 'vitest';
import { compileRunbook } from '../../src/machine/compile.ts';
import { viewOf } from '../../src/machine/view-of.ts';
import { contextOf, startSnapshot } from '../../src/machine/replay.ts';
import { workOf } from '../../src/machine/work.ts';
import { openWorld } from '../session/fake-world.ts';
import { openTestSession } from '../session/open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  eachStep,
  endStep,
  goTo,
  oneOfEachKind,
  opensOf,
  parallelStep,
  probeOf,
  readStep,
  runbookOf,
  runStep,
} from './runbook-builder.ts';

describe('the statechart', () => {
  test('gives every step the same children, whatever its kind', () => {
    const kinds = Object.values(oneOfEachKind());
    const { machine } = compileRunbook(bookOfSteps(...kinds, endStep('over')));
    const states = machine.root.states['running']?.states['phase_main']?.states ?? {};
    const children = kinds
      .filter(({ kind }) => !['parallel', 'each', 'end'].includes(kind))
      .map(({ id }) => Object.keys(states[`step_${id}`]?.states ?? {}));

    expect(new Set(children.map((names) => names.join(' ')))).toEqual(
      new Set(['idle ready guarding performing verifying failed unknown in_doubt done skipped']),
    );
  });

  test('has no actors, no timers and no place in the names of its states alone', () => {
    const { machine } = compileRunbook(bookOfSteps(...Object.values(oneOfEachKind()), endStep('over')));
    const all = [...machine.idMap.values()];

    expect(all.flatMap(({ invoke }) => invoke)).toEqual([]);
    expect(all.flatMap(({ after }) => after)).toEqual([]);
  });

  test('of a runbook without a step can be made, and asks for nothing', () => {
    const compiled = compileRunbook(runbookOf({ phases: [{ id: 'empty', steps: [] }] }));

    expect(workOf(compiled.book, contextOf(startSnapshot(compiled, 'session')))).toEqual([]);
  });
});

describe('the view', () => {
  test('needs a session that has started', () => {
    const compiled = compileRunbook(bookOfSteps(endStep('over')));

    expect(() => viewOf(compiled.book, contextOf(startSnapshot(compiled, 'session')))).toThrow('first fact');
  });

  test('is the same object until a fact is recorded', async () => {
    const { session, say } = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), endStep('over')),
    });
    const before = session.view();

    expect(session.view()).toBe(before);
    await say('run', { attempt: 'nothing#1' });
    expect(session.view()).toBe(before);
    await say('note');
    expect(session.view()).not.toBe(before);
    expect(session.view().revision).toBe(before.revision + 1);
  });

  test('says how far a phase and its loops are, how deep a step stands, and where nothing leads back', async () => {
    const { session, say } = await openTestSession({
      runbook: {
        ...runbookOf({
          phases: [
            { id: 'first', steps: [runStep('swap', { ponr: { lost: 'orders', confirm: 'yes' } })] },
            {
              id: 'second',
              steps: [eachStep('nodes', [runStep('node')]), parallelStep('both', [readStep('left')])],
            },
            { id: 'third', steps: [endStep('over')] },
          ],
        }),
        scope: { items: ['a', 'b'] },
      },
    });

    await say('run');
    await say('run');
    expect(session.view().phases).toMatchObject([
      { status: 'done', steps: [{ id: 'swap', status: 'done', ponr: true }] },
      {
        status: 'current',
        steps: [
          { id: 'nodes', status: 'performing', depth: 0, items: { done: 1, total: 2 } },
          { id: 'node', status: 'ready', depth: 1 },
          { id: 'both', status: 'todo', depth: 0 },
          { id: 'left', depth: 1 },
        ],
      },
      { status: 'todo' },
    ]);
    expect(session.view().current).toMatchObject([{ number: 2, of: 4, item: 'b', phase: { id: 'second' } }]);
  });

  test('never shows a step as under way that the session has left', async () => {
    const { session, say } = await openTestSession({
      runbook: bookOfSteps(
        runStep('swap', {
          verify: [checkOf(probeOf('bad', 'bad'), [{ kind: 'equals', value: 1 }])],
          on: { fail: goTo('aside') },
        }),
        endStep('over'),
        runStep('aside'),
      ),
    });

    await say('run');
    expect(session.view().phases[0]?.steps.map(({ status }) => status)).toEqual(['failed', 'todo', 'ready']);
  });

  test('counts as at hand what is at hand, and says the last thing that happened', async () => {
    const world = openWorld();
    world.endings['swap'] = ['stays'];
    const { session, say } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { opens: opensOf('ci', { ttlMs: 1000 }) }), endStep('over')),
      world,
    });

    await say('run');
    expect(session.view().last?.text).toBe('started swap');
    expect(session.view().obligations).toEqual([
      expect.not.objectContaining({ place: expect.anything(), bound: expect.anything() }),
    ]);
    await say('drift');
    expect(session.view()).toMatchObject({
      last: { text: 'drift told by ada: a hand-made change' },
      drift: [{ what: 'a hand-made change', target: 'db1' }],
    });
  });
});
