import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverage, freshness, uncoveredWeight } from '../../src/machine/coverage.ts';
import type { Walk } from '../../src/machine/coverage.ts';
import { edgesOf } from '../../src/machine/edges.ts';
import type { Edge } from '../../src/machine/edges.ts';
import type { TimedFact } from '../../src/machine/facts.ts';
import { walkedEdges } from '../../src/machine/walk.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import type { Happening } from './play-session.ts';
import { playSession } from './play-session.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  checkStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  manualStep,
  parallelStep,
  readStep,
  runStep,
  runbookOf,
} from './runbook-builder.ts';

const hashes = (runbook: Runbook): ReadonlyMap<string, string> =>
  new Map(edgesOf(runbook).map(({ id, hash }) => [id, hash]));

describe('edge hashes', () => {
  const book = (title: string, exit = 0) =>
    bookOfSteps(
      decideStep('q', { go: 'next' }),
      { ...checkStep('a', {}, checkOf(undefined, [{ kind: 'exit', value: exit }])), title },
      eachStep('nodes', [readStep('restart')]),
      endStep('z'),
    );

  test('editing one step changes exactly the edges that leave it or lead to it', () => {
    const before = hashes(book('Look'));
    for (const after of [hashes(book('Look again')), hashes(book('Look', 3))]) {
      expect([...after.keys()]).toEqual([...before.keys()]);
      for (const [id, hash] of after)
        expect([id, hash === before.get(id)]).toEqual([id, !/^a -|-> a$/.test(id)]);
    }
  });

  test('where a step stands in the file does not matter', () => {
    expect(hashes(book('Look'))).toEqual(hashes(book('Look')));
    expect(book('Look').phases[0]?.steps[0]?.at).not.toEqual(book('Look').phases[0]?.steps[0]?.at);
  });

  test('a variable that is called like a position is content', () => {
    const run = (line: string): Step => {
      const step = runStep('a');
      if (step.kind !== 'run') throw new Error('a run step is a run step');
      return { ...step, command: { ...step.command, env: { at: { parts: [line], at: step.at } } } };
    };
    const of = (line: string) => hashes(bookOfSteps(run(line), endStep('z'))).get('a -pass-> z');
    expect(of('1')).toBe(of('1'));
    expect(of('1')).not.toBe(of('2'));
  });

  test('editing a step inside a container leaves the container’s own edges alone', () => {
    const inside = (title: string) =>
      hashes(bookOfSteps(eachStep('nodes', [{ ...readStep('restart'), title }]), endStep('z')));
    const [one, other] = [inside('one'), inside('other')];
    expect(one.get('nodes -pass-> z')).toBe(other.get('nodes -pass-> z'));
    expect(one.get('nodes -gone_on-> restart')).not.toBe(other.get('nodes -gone_on-> restart'));
  });
});

describe('edge weights', () => {
  const book = bookOfSteps(
    approveStep('g'),
    runStep('down', { ponr: { lost: 'orders', confirm: 'name' }, required: true }),
    readStep('look', { when: expressionOf('x') }),
    endStep('z'),
  );
  const weights = new Map(edgesOf(book).map(({ id, weight }) => [id, weight]));

  test.each([
    ['@start -pass-> g', 1],
    ['g -pass-> down', 1],
    ['g -denied-> g', 2],
    ['g -timeout-> g', 2],
    ['g -skip-> down', 0],
    ['g -abort-> @abort', 3],
    ['down -pass-> look', 3],
    ['down -fail-> down', 3],
    ['look -fail-> look', 2],
    ['look -unknown-> look', 2],
    ['look -skip-> z', 1],
    ['z -pass-> @rolled_back', 1],
    ['@abort -pass-> @aborted', 3],
  ])('%s weighs %i', (id, weight) => {
    expect(weights.get(id)).toBe(weight);
  });

  test('what leads nowhere is nothing to practise', () => {
    expect(edgesOf(bookOfSteps(readStep('a'))).map(({ to }) => to)).not.toContain('@nowhere');
  });
});

/** The edges of a session in which the given steps go otherwise than well: the happenings of a step in turn. */
function walkOf(
  runbook: Runbook,
  otherwise: Readonly<Record<string, readonly Happening[]>>,
): readonly string[] {
  const { facts, context } = playSession(runbook, (step, _record, time) => {
    const turns = otherwise[step.id] ?? [];
    return turns[time] ?? turns.at(-1) ?? 'pass';
  });
  const walked = walkedEdges(runbook, facts);
  if (context.endedAt !== null) expect(walked.at(-1)?.edge.to).toBe(`@${context.outcome ?? ''}`);
  return walked.map(({ edge }) => edge.id);
}

describe('the edges that a session walked', () => {
  test('a straight session walks the pass of every step, to its outcome', () => {
    const book = bookOfSteps(
      decideStep('q', { go: 'next' }),
      runStep('a', { verify: [checkOf()] }),
      manualStep('m'),
      endStep('z'),
    );
    expect(walkOf(book, {})).toEqual([
      '@start -pass-> q',
      'q -option:go-> a',
      'a -pass-> m',
      'm -pass-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('a failure that asks is walked, and so is what the person did then', () => {
    const book = bookOfSteps(checkStep('a'), endStep('z'));
    expect(walkOf(book, { a: ['fail', 'retry', 'unknown', 'retry', 'timeout', 'skip'] })).toEqual([
      '@start -pass-> a',
      'a -fail-> a',
      'a -unknown-> a',
      'a -timeout-> a',
      'a -skip-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('a verify has the last word over a command that succeeded', () => {
    const book = bookOfSteps(
      runStep('a', { verify: [checkOf()], on: { fail: endAt('not_possible') } }),
      endStep('z'),
    );
    expect(walkOf(book, { a: ['pass', 'fail'] })).toEqual(['@start -pass-> a', 'a -fail-> @not_possible']);
  });

  test('a guard that fails is a failure of its step', () => {
    const book = bookOfSteps(
      runStep('a', { before: [checkOf()], on: { fail: endAt('not_possible') } }),
      endStep('z'),
    );
    expect(walkOf(book, { a: ['guarded'] })).toEqual(['@start -pass-> a', 'a -fail-> @not_possible']);
  });

  test.each([
    [
      ['doubt', 'done'],
      ['a -pass-> z', 'z -pass-> @rolled_back'],
    ],
    [
      ['doubt', 'not_done', 'retry', 'pass'],
      ['a -fail-> a', 'a -pass-> z', 'z -pass-> @rolled_back'],
    ],
    [
      ['doubt', 'run_again', 'pass'],
      ['a -pass-> z', 'z -pass-> @rolled_back'],
    ],
  ] as const)('a step in doubt is left as the person found it: %j', (happenings, expected) => {
    expect(walkOf(bookOfSteps(runStep('a'), endStep('z')), { a: happenings })).toEqual([
      '@start -pass-> a',
      ...expected,
    ]);
  });

  test('routes are walked, back to a step that was walked before too', () => {
    const book = bookOfSteps(
      checkStep('a', { on: { fail: goTo('q') } }),
      endStep('z'),
      decideStep('q', { again: goTo('a'), stop: endAt('mitigated') }),
    );
    expect(walkOf(book, { a: ['fail', 'fail', 'pass'], q: ['option:again'] })).toEqual([
      '@start -pass-> a',
      'a -fail-> q',
      'q -option:again-> a',
      'a -fail-> q',
      'q -option:again-> a',
      'a -pass-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('a step that leads back to itself is walked each time', () => {
    const book = bookOfSteps(checkStep('a', { on: { fail: goTo('a') } }), endStep('z'));
    expect(walkOf(book, { a: ['fail', 'fail', 'pass'] })).toEqual([
      '@start -pass-> a',
      'a -fail-> a',
      'a -fail-> a',
      'a -pass-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('a person who takes one of the routes walks that route', () => {
    const book = bookOfSteps(
      checkStep('a', { on: { unknown: goTo('b') } }),
      endStep('z'),
      endStep('b', 'mitigated'),
    );
    expect(walkOf(book, { a: ['fail', 'route:b'] })).toEqual([
      '@start -pass-> a',
      'a -fail-> a',
      'a -unknown-> b',
      'b -pass-> @mitigated',
    ]);
  });

  test('a denied approval is denied', () => {
    const book = bookOfSteps(approveStep('g', { on: { denied: endAt('not_possible') } }), endStep('z'));
    expect(walkOf(book, { g: ['denied'] })).toEqual(['@start -pass-> g', 'g -denied-> @not_possible']);
  });

  test('what its `when` passed over is skipped', () => {
    const book = bookOfSteps(checkStep('a', { when: expressionOf('x') }), endStep('z'));
    expect(walkOf(book, { a: ['passed_over'] })).toEqual([
      '@start -pass-> a',
      'a -skip-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('an each goes on for every item', () => {
    const book = bookOfSteps(eachStep('e', [readStep('a'), checkStep('b')]), endStep('z'));
    expect(walkOf(book, { e: ['items:2'] })).toEqual([
      '@start -pass-> e',
      'e -gone_on-> a',
      'a -pass-> b',
      'b -pass-> e',
      'e -gone_on-> a',
      'a -pass-> b',
      'b -pass-> e',
      'e -pass-> z',
      'z -pass-> @rolled_back',
    ]);
    expect(walkOf(book, { e: ['items:0'] })).toEqual([
      '@start -pass-> e',
      'e -pass-> z',
      'z -pass-> @rolled_back',
    ]);
  });

  test('an each of one step tells its items apart', () => {
    const book = bookOfSteps(eachStep('e', [readStep('a')]), endStep('z'));
    expect(walkOf(book, { e: ['items:3'] }).filter((id) => id.startsWith('e -'))).toEqual([
      'e -gone_on-> a',
      'e -gone_on-> a',
      'e -gone_on-> a',
      'e -pass-> z',
    ]);
  });

  test('a parallel forks, joins once, and goes on', () => {
    const book = bookOfSteps(parallelStep('p', [readStep('a'), checkStep('b')]), endStep('z'));
    const walked = walkOf(book, { b: ['fail', 'retry', 'pass'] });
    expect(walked.toSorted()).toEqual(
      [
        '@start -pass-> p',
        'p -fork-> a',
        'p -fork-> b',
        'b -fail-> b',
        'a -pass-> @join:p',
        'b -pass-> @join:p',
        '@join:p -pass-> z',
        'z -pass-> @rolled_back',
      ].toSorted(),
    );
    expect(walked.indexOf('@join:p -pass-> z')).toBe(6);
  });

  test('a region that leaves a parallel takes its own way, the other one joins', () => {
    const book = bookOfSteps(
      parallelStep('p', [readStep('a'), checkStep('b', { on: { fail: goTo('z') } })]),
      endStep('z'),
    );
    const walked = walkOf(book, { b: ['fail'] });
    expect(walked).toContain('b -fail-> z');
    expect(walked).toContain('a -pass-> @join:p');
    expect(walked).not.toContain('@join:p -pass-> z');
  });

  test('an abort is walked from the step where it began, and through the way back', () => {
    const book = bookOfSteps(readStep('a'), checkStep('b'), endStep('z'));
    expect(walkOf(book, { b: ['fail', 'abort'] })).toEqual([
      '@start -pass-> a',
      'a -pass-> b',
      'b -fail-> b',
      'b -abort-> @abort',
      '@abort -pass-> @aborted',
    ]);
  });

  test('a session that is not over has walked what it has left behind, and not yet where it stands', () => {
    const book = bookOfSteps(readStep('a'), readStep('b'), endStep('z'));
    const { facts } = playSession(book, () => 'pass');
    const upTo = facts.slice(0, facts.findIndex((fact) => 'place' in fact && fact.place.step === 'b') + 1);
    expect(walkedEdges(book, upTo).map(({ edge }) => edge.id)).toEqual(['@start -pass-> a', 'a -pass-> b']);
  });

  test('facts about a step that this runbook does not have say nothing', () => {
    const book = bookOfSteps(readStep('a'), endStep('z'));
    const { facts } = playSession(book, () => 'pass');
    expect(walkedEdges(bookOfSteps(readStep('other'), endStep('z')), facts)).toEqual([]);
  });

  test('in any session the edges hang together, and name each step that the machine entered', () => {
    const routes = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const route = fc.oneof(
      { weight: 2, arbitrary: fc.constant({ kind: 'ask' } as const) },
      { weight: 2, arbitrary: routes.map(goTo) },
      { weight: 1, arbitrary: fc.constantFrom(endAt('mitigated'), endAt('not_possible')) },
    );
    const on = fc.record({ fail: route, unknown: route, timeout: route });
    const step = (id: string): fc.Arbitrary<Step> =>
      fc.oneof(
        on.map((ways) => checkStep(id, { on: ways })),
        on.map((ways) => readStep(id, { on: ways, when: expressionOf('x') })),
        on.map((ways) => readStep(id, { on: ways, verify: [checkOf()] })),
        fc.tuple(route, route).map(([one, other]) => decideStep(id, { one, other, on: 'next' })),
        on.map((ways) => eachStep(id, [checkStep(`${id}1`, { on: ways }), readStep(`${id}2`)])),
      );
    const happening = fc.constantFrom<Happening>(
      'pass',
      'pass',
      'fail',
      'unknown',
      'timeout',
      'retry',
      'skip',
      'option:one',
      'option:on',
      'items:0',
      'items:2',
      'abort',
    );
    fc.assert(
      fc.property(
        fc.tuple(step('a'), step('b'), step('c'), step('d'), step('e')),
        fc.infiniteStream(happening),
        (steps, stream) => {
          const book = runbookOf({
            phases: [
              { id: 'one', steps: steps.slice(0, 3) },
              { id: 'two', steps: [...steps.slice(3), endStep('z')] },
            ],
          });
          const { facts, context, entered } = playSession(
            book,
            (current, record) => {
              const next = stream.next().value ?? 'pass';
              if (record.status === 'idle') return current.kind === 'each' ? next : 'pass';
              if (current.kind === 'decide') return next.startsWith('option:') ? next : 'option:other';
              return next.startsWith('option:') || next.startsWith('items:') ? 'pass' : next;
            },
            80,
          );
          const walked = walkedEdges(book, facts).map(({ edge }) => edge);
          walked.slice(1).forEach((edge, index) => expect(walked[index]?.to).toBe(edge.from));
          if (context.endedAt !== null) expect(walked.at(-1)?.to).toBe(`@${context.outcome ?? ''}`);
          const steps_ = entered
            .map((key) => key.split('@')[0])
            .filter((id, index, all) => id !== '' && id !== all[index - 1]);
          const visited = walked.map(({ to }) => to).filter((id) => !id.startsWith('@'));
          for (const id of new Set(steps_.slice(0, -1))) expect(visited).toContain(id);
        },
      ),
      { numRuns: 120, seed: 20260101 },
    );
  });
});

describe('coverage (D4)', () => {
  const day = 86_400_000;
  const now = 1000 * day;
  const edge = (id: string, weight: Edge['weight'], hash = id): Edge => ({
    id,
    from: '',
    to: '',
    event: 'pass',
    hash,
    weight,
  });
  const edges = [edge('one', 1), edge('two', 2), edge('three', 3), edge('skip', 0)];
  const walk = (person: string, days: number, ...ids: readonly string[]): Walk => ({
    person,
    atMs: now - days * day,
    edges: ids.map((id) => ({ id, hash: id })),
  });

  test.each([
    [0, 1],
    [45, 0.5],
    [90, 0.25],
    [180, 0.0625],
    [180.001, 0],
    [-1, 1],
  ])('practice %d days old is worth %d', (days, value) => {
    expect(freshness(days * day)).toBeCloseTo(value, 12);
  });

  test('two people come to the figures worked out by hand', () => {
    const { team, byPerson } = coverage(
      edges,
      [walk('ada', 0, 'one', 'two'), walk('ada', 45, 'three'), walk('bob', 90, 'two', 'three')],
      now,
    );
    expect(byPerson['ada']).toBeCloseTo((1 + 2 + 3 * 0.5) / 6, 12);
    expect(byPerson['bob']).toBeCloseTo((2 * 0.25 + 3 * 0.25) / 6, 12);
    expect(team).toBeCloseTo((1 + 2 + 3 * 0.5) / 6, 12);
  });

  test('the newest practice of a person counts, and the best person of the team', () => {
    const { team, edges: rows } = coverage(
      edges,
      [walk('ada', 0, 'one'), walk('ada', 90, 'one'), walk('bob', 45, 'one')],
      now,
    );
    expect(rows[0]?.freshness).toEqual({ ada: 1, bob: 0.5 });
    expect(team).toBeCloseTo(1 / 6, 12);
  });

  test('an edge whose hash has changed was never practised', () => {
    const edited = [edge('one', 1, 'edited'), edge('two', 2)];
    const { team, never } = coverage(edited, [walk('ada', 0, 'one', 'two')], now);
    expect(team).toBeCloseTo(2 / 3, 12);
    expect(never.map(({ id }) => id)).toEqual(['one']);
  });

  test('it tells what nobody, what one person only, and what nobody of late has practised', () => {
    const { never, onlyOne, stale } = coverage(
      edges,
      [
        walk('ada', 10, 'one'),
        walk('bob', 45, 'one'),
        walk('ada', 45, 'two'),
        walk('bob', 46, 'two'),
        walk('bob', 400, 'three'),
      ],
      now,
    );
    expect([never, onlyOne, stale].map((list) => list.map(({ id }) => id))).toEqual([[], ['two'], ['three']]);
  });

  test('an override is nothing that has to be practised', () => {
    expect(coverage(edges, [], now).never.map(({ id }) => id)).toEqual(['one', 'two', 'three']);
    expect(coverage(edges, [walk('ada', 0, 'one', 'two', 'three')], now).team).toBe(1);
  });

  test('nothing to practise is covered, and nobody’s practice covers nothing', () => {
    expect(coverage([], [], now).team).toBe(1);
    expect(coverage(edges, [], now)).toMatchObject({ team: 0, byPerson: {} });
  });

  test('what a path would newly practise is its weight times what is not fresh', () => {
    const known = coverage(edges, [walk('ada', 45, 'two')], now);
    expect(uncoveredWeight(known, 'ada', ['one', 'two', 'two', 'skip'])).toBeCloseTo(1 + 2 * 0.5, 12);
    expect(uncoveredWeight(known, 'bob', ['one', 'two'])).toBeCloseTo(3, 12);
  });

  test('editing one step of a runbook that was walked zeroes exactly its edges', () => {
    const book = (title: string) =>
      bookOfSteps({ ...readStep('a'), title: 'A' }, { ...checkStep('b'), title }, endStep('z'));
    const facts: readonly TimedFact[] = playSession(book('B'), () => 'pass').facts;
    const walked: Walk = {
      person: 'ada',
      atMs: now,
      edges: walkedEdges(book('B'), facts).map(({ edge: one }) => one),
    };
    const fresh = (runbook: Runbook) =>
      coverage(edgesOf(runbook), [walked], now)
        .edges.filter(({ best }) => best === 1)
        .map(({ edge: one }) => one.id);
    expect(fresh(book('B'))).toEqual([
      '@start -pass-> a',
      'a -pass-> b',
      'b -pass-> z',
      'z -pass-> @rolled_back',
    ]);
    expect(fresh(book('B, edited'))).toEqual(['@start -pass-> a', 'z -pass-> @rolled_back']);
  });
});
