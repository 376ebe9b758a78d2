import { describe, expect, test } from 'vitest';
import { stepGraph } from '../../src/machine/graph.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import {
  approveStep,
  bookOfSteps,
  checkStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  oneOfEachKind,
  parallelStep,
  readStep,
  runStep,
  runbookOf,
} from './runbook-builder.ts';

const waysFrom = (runbook: Runbook, from: string): readonly string[] =>
  (stepGraph(runbook).out.get(from) ?? []).map(({ event, to, route, by }) =>
    [`${event}→${to}`, route === 'flow' ? '' : route, by === 'author' ? '' : by].filter(Boolean).join(' '),
  );

describe('the step graph', () => {
  test('a step that asks has a way for every trouble, may be skipped, and aborts through the way back', () => {
    expect(waysFrom(bookOfSteps(runStep('a'), endStep('z')), 'a')).toEqual([
      'pass→z',
      'fail→a ask',
      'unknown→a ask',
      'timeout→a ask',
      'skip→z operator',
      'abort→@abort undo',
    ]);
  });

  test('a required step cannot be skipped, and one with a `when` is skipped as its author wrote', () => {
    expect(waysFrom(bookOfSteps(readStep('a', { required: true }), endStep('z')), 'a')).not.toContainEqual(
      expect.stringContaining('skip'),
    );
    expect(
      waysFrom(bookOfSteps(readStep('a', { when: expressionOf('false') }), endStep('z')), 'a'),
    ).toContain('skip→z');
  });

  test('routes lead to a step, to the first step of a phase, to the first step of a use, and to an outcome', () => {
    const book = runbookOf({
      phases: [
        {
          id: 'main',
          steps: [
            checkStep('a', {
              on: {
                fail: goTo('b'),
                unknown: goTo('rescue'),
                timeout: goTo('freeze'),
                abort: endAt('mitigated'),
              },
            }),
            endStep('b'),
          ],
        },
        {
          id: 'rescue',
          offPath: true,
          steps: [readStep('freeze_one'), readStep('freeze_two'), endStep('c')],
        },
      ],
      groups: { freeze: ['freeze_one', 'freeze_two'] },
    });
    expect(waysFrom(book, 'a')).toEqual([
      'pass→b',
      'fail→b goto',
      'unknown→freeze_one goto',
      'timeout→freeze_one goto',
      'skip→b operator',
      'abort→@mitigated end',
    ]);
  });

  test('the last step of a phase goes on to the next phase on the path, past those that are off it', () => {
    const book = runbookOf({
      phases: [
        { id: 'one', steps: [readStep('a')] },
        { id: 'aside', offPath: true, steps: [readStep('b')] },
        { id: 'two', steps: [endStep('c')] },
      ],
    });
    expect(waysFrom(book, '@start')).toEqual(['pass→a']);
    expect(waysFrom(book, 'a')).toContain('pass→c');
    expect(waysFrom(book, 'b')).toContain('pass→@nowhere');
  });

  test('an option goes on, asks again, jumps or ends', () => {
    const options = { next: 'next', wait: 'again', jump: goTo('z'), stop: endAt('not_needed') } as const;
    expect(
      waysFrom(bookOfSteps(decideStep('q', options), readStep('a'), endStep('z')), 'q').slice(0, 4),
    ).toEqual(['option:next→a', 'option:wait→q ask', 'option:jump→z goto', 'option:stop→@not_needed end']);
  });

  test('a refused approval is denied, and one that nobody answers is timed out', () => {
    expect(
      waysFrom(bookOfSteps(approveStep('g', { on: { denied: endAt('not_possible') } }), endStep('z')), 'g'),
    ).toEqual([
      'pass→z',
      'timeout→g ask',
      'denied→@not_possible end',
      'skip→z operator',
      'abort→@abort undo',
    ]);
  });

  test('a parallel forks to every region and goes on from where they join', () => {
    const book = bookOfSteps(
      parallelStep('p', [readStep('a'), readStep('b')], { required: true }),
      endStep('z'),
    );
    expect(waysFrom(book, 'p')).toEqual(['fork→a', 'fork→b']);
    expect(waysFrom(book, 'a')).toContain('pass→@join:p');
    expect(waysFrom(book, '@join:p')).toEqual(['pass→z']);
    expect(stepGraph(book).nodes.get('b')?.inside).toEqual(['p']);
  });

  test('an each leads to its first step for every item and on when there are none left', () => {
    const book = bookOfSteps(eachStep('e', [readStep('a'), readStep('b')], { required: true }), endStep('z'));
    expect(waysFrom(book, 'e')).toEqual(['pass→z', 'gone_on→a', 'unknown→e ask']);
    expect(waysFrom(book, 'b')).toContain('pass→e');
  });

  test('the inside of a parallel, of an each and of a fragment is entered from the same inside only', () => {
    const book = runbookOf({
      phases: [
        {
          id: 'main',
          steps: [
            checkStep('x', { on: { fail: goTo('b'), unknown: goTo('use_two'), timeout: goTo('nobody') } }),
            eachStep('e', [readStep('a'), checkStep('b', { on: { fail: goTo('a') } })]),
            readStep('use_one'),
            checkStep('use_two', { on: { fail: goTo('use_two') } }),
            endStep('z'),
          ],
        },
      ],
      groups: { use: ['use_one', 'use_two'] },
    });
    expect(
      stepGraph(book).broken.map(({ step, event, target, why }) => [step.id, event, target, why]),
    ).toEqual([
      ['x', 'fail', 'b', 'inside'],
      ['x', 'unknown', 'use_two', 'inside'],
      ['x', 'timeout', 'nobody', 'missing'],
    ]);
    expect(waysFrom(book, 'b')).toContain('fail→a goto');
    expect(waysFrom(book, 'x')).toContain('fail→@nowhere goto');
  });

  test.each(Object.entries(oneOfEachKind()))(
    'a step of kind %s has a way on, and all edges have names of their own',
    (_kind, step) => {
      const { out, edges, nodes } = stepGraph(bookOfSteps(step, endStep('z')));
      expect(out.get(step.id)?.length).toBeGreaterThan(0);
      expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length);
      for (const { from, to } of edges) expect(nodes.has(from) && nodes.has(to)).toBe(true);
    },
  );

  test('its size is linear: a thousand steps come to a few thousand edges', () => {
    const steps = Array.from({ length: 1000 }, (_, index) =>
      runStep(`s${index}`, { on: { fail: goTo('s0') } }),
    );
    const book = bookOfSteps(...steps, endStep('z'));
    const { edges } = stepGraph(book);
    expect(edges.length).toBe(1000 * 6 + 3);
  });
});
