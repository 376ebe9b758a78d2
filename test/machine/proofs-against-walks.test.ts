import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stepGraph } from '../../src/machine/graph.ts';
import { prove } from '../../src/machine/proofs.ts';
import type { Route, Step } from '../../src/runbook/model/step.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import {
  approveStep,
  checkOf,
  checkStep,
  confirmStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  opensOf,
  parallelStep,
  releaseStep,
  runStep,
  runbookOf,
} from './runbook-builder.ts';

/**
 * The proofs against an interpreter that knows no graph: it walks the runbook itself, step by step, through every
 * path there is (states that were seen before are not walked twice), and writes down what it saw happen.
 */
interface Seen {
  readonly visited: Set<string>;
  readonly fellOff: Set<string>;
  readonly leftOpen: Set<string>;
  /** Debts that were open at some time when a release named them, as `step debt`. */
  readonly paid: Set<string>;
  readonly releases: Set<string>;
  readonly changedUndecided: Set<string>;
  readonly stuck: Set<string>;
}

interface Now {
  readonly debts: ReadonlySet<string>;
  readonly decided: boolean;
}

type Onward = { readonly to: string; readonly now: Now; readonly isAbort?: true };

const plus = (now: Now, debt: string): Now => ({ ...now, debts: new Set([...now.debts, debt]) });

/** Everything that may come after one step that is not a container, and what is then so. */
function endingsOf(step: Step, now: Now, next: string): readonly Onward[] {
  const after = step.opens === null ? now : plus(now, step.opens.id);
  const by = (route: Route, then: Now, isAbort?: true): readonly Onward[] => {
    const mark = isAbort === undefined ? {} : { isAbort };
    if (route.kind === 'ask')
      return isAbort ? [{ to: 'ended', now: { ...then, debts: new Set() }, isAbort }] : [];
    return [{ to: route.kind === 'end' ? 'ended' : route.target, now: then, ...mark }];
  };
  const skipped =
    step.when === null ? [] : [{ to: next, now: isGate(step) ? { ...now, decided: true } : now }];
  if (step.kind === 'end') return [...skipped, { to: 'ended', now }];
  const troubles = [step.on.fail, step.on.unknown, step.on.timeout, step.on.denied].flatMap((route) =>
    by(route, after),
  );
  const aborts = by(step.on.abort, after, true);
  if (step.kind === 'decide') {
    const chosen = { ...now, decided: true };
    const options = step.options.flatMap((option): readonly Onward[] =>
      option.route === null ? [{ to: next, now: chosen }] : by(option.route, chosen),
    );
    return [...skipped, ...options, ...troubles, ...aborts];
  }
  const passed =
    step.kind === 'release'
      ? { ...after, debts: new Set([...after.debts].filter((debt) => !step.obligations.includes(debt))) }
      : isGate(step)
        ? { ...after, decided: true }
        : after;
  return [...skipped, { to: next, now: passed }, ...troubles, ...aborts];
}

const isGate = ({ kind }: Step): boolean => kind === 'approve' || kind === 'confirm' || kind === 'decide';

function explore(runbook: Runbook): Seen {
  const seen: Seen = {
    visited: new Set(),
    fellOff: new Set(),
    leftOpen: new Set(),
    paid: new Set(),
    releases: new Set(),
    changedUndecided: new Set(),
    stuck: new Set(),
  };
  const following = new Map<string, string>();
  const steps = new Map<string, Step>();
  const onPath = runbook.phases.filter(({ offPath }) => !offPath);
  const lay = (list: readonly Step[], last: string): void =>
    list.forEach((step, index) => {
      steps.set(step.id, step);
      following.set(step.id, list[index + 1]?.id ?? last);
      if (step.kind === 'each') lay(step.steps, `${step.id}:again`);
    });
  for (const phase of runbook.phases) {
    const next = phase.offPath ? undefined : onPath[onPath.indexOf(phase) + 1];
    lay(phase.steps, next?.steps[0]?.id ?? 'off');
  }
  const entry = (target: string): string =>
    runbook.phases.find(({ id }) => id === target)?.steps[0]?.id ?? target;

  /** Where a session may go from a place, one move. */
  const moves = (at: string, now: Now): readonly Onward[] => {
    const again = /^(.*):again$/.exec(at)?.[1];
    const step = steps.get(again ?? at);
    if (step === undefined) throw new Error(`no step ${at}`);
    const next = following.get(step.id) ?? 'off';
    if (step.kind === 'each') {
      const skipped = step.when !== null && again === undefined ? [{ to: next, now }] : [];
      return [...skipped, { to: next, now }, { to: step.steps[0]?.id ?? next, now }];
    }
    seen.visited.add(step.id);
    if (step.kind === 'run' && !step.readOnly && !now.decided) seen.changedUndecided.add(step.id);
    if (step.kind === 'release') {
      for (const debt of step.obligations) {
        seen.releases.add(`${step.id} ${debt}`);
        if (now.debts.has(debt)) seen.paid.add(`${step.id} ${debt}`);
      }
    }
    return step.kind === 'parallel' ? inParallel(step.steps, now, next) : endingsOf(step, now, next);
  };

  /** Regions of one step each, in every order; a region that leaves goes when the others have settled. */
  const inParallel = (regions: readonly Step[], now: Now, next: string): readonly Onward[] => {
    const results: Onward[] = [];
    const go = (rest: readonly Step[], then: Now, gone: string | null): void => {
      if (rest.length === 0) results.push({ to: gone ?? next, now: then });
      for (const region of rest) {
        seen.visited.add(region.id);
        if (region.kind === 'run' && !region.readOnly && !now.decided) seen.changedUndecided.add(region.id);
        if (region.kind === 'release') {
          for (const debt of region.obligations) {
            seen.releases.add(`${region.id} ${debt}`);
            if (then.debts.has(debt)) seen.paid.add(`${region.id} ${debt}`);
          }
        }
        for (const ending of endingsOf(region, then, 'settled')) {
          if (ending.isAbort) results.push(ending);
          else
            go(
              rest.filter((other) => other !== region),
              ending.now,
              ending.to === 'settled' ? gone : (gone ?? ending.to),
            );
        }
      }
    };
    go(regions, now, null);
    return results;
  };

  const keyOf = (at: string, now: Now): string =>
    `${at}|${[...now.debts].toSorted().join(',')}|${String(now.decided)}`;
  const known = new Map<string, { readonly at: string; readonly onward: readonly string[] }>();
  const start = onPath[0]?.steps[0]?.id ?? 'off';
  const waiting: { readonly at: string; readonly now: Now }[] = [
    { at: start, now: { debts: new Set(), decided: false } },
  ];
  const canEnd = new Set<string>();
  for (const { at, now } of waiting) {
    const key = keyOf(at, now);
    if (known.has(key)) continue;
    const onward: string[] = [];
    known.set(key, { at, onward });
    for (const move of moves(at, now)) {
      if (move.to === 'ended') {
        for (const debt of move.now.debts) seen.leftOpen.add(debt);
        if (!move.isAbort) canEnd.add(key);
      } else if (move.to === 'off') {
        seen.fellOff.add(at.replace(':again', ''));
        canEnd.add(key);
      } else {
        const to = entry(move.to);
        if (!move.isAbort) onward.push(keyOf(to, move.now));
        waiting.push({ at: to, now: move.now });
      }
    }
  }
  for (let grown = true; grown;) {
    grown = false;
    for (const [key, { onward }] of known) {
      if (canEnd.has(key) || !onward.some((to) => canEnd.has(to))) continue;
      canEnd.add(key);
      grown = true;
    }
  }
  for (const [key, { at }] of known) if (!canEnd.has(key)) seen.stuck.add(at.replace(':again', ''));
  return seen;
}

const targets = ['a', 'b', 'c', 'd', 'e', 'rescue'] as const;
const route: fc.Arbitrary<Route> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Route>({ kind: 'ask' }) },
  { weight: 3, arbitrary: fc.constantFrom(...targets).map(goTo) },
  { weight: 1, arbitrary: fc.constantFrom(endAt('not_possible'), endAt('mitigated')) },
);
const routes = fc.record({ fail: route, unknown: route, abort: route });
const debt = fc.constantFrom('ci', 'writes');
const when = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant(expressionOf('x')) },
);

/** One step that a region or an each may hold. */
const plainStep = (id: string): fc.Arbitrary<Step> =>
  fc.tuple(routes, debt, when).chain(([on, owed, condition]) =>
    fc.constantFrom<Step>(
      checkStep(id, { on, when: condition }, checkOf(undefined, undefined, { withinMs: 1000 })),
      runStep(id, { on }),
      runStep(id, { on, opens: opensOf(owed) }),
      releaseStep(id, [owed], { on }),
      approveStep(id, { on: { denied: on.fail } }),
      confirmStep(id, { on, when: condition }),
      decideStep(id, {
        one: on.fail.kind === 'ask' ? 'next' : on.fail,
        other: on.unknown.kind === 'ask' ? 'next' : on.unknown,
      }),
      endStep(id, 'not_needed', { when: condition }),
    ),
  );

/** Steps inside a container may only lead out of it: their routes name top-level steps, which `targets` are. */
const step = (id: string): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 6, arbitrary: plainStep(id) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(plainStep(`${id}_1`), plainStep(`${id}_2`))
        .filter((regions) => regions.every(({ kind }) => kind !== 'end'))
        .map((regions) => parallelStep(id, regions)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(plainStep(`${id}_1`), plainStep(`${id}_2`)).map((inside) => eachStep(id, inside)),
    },
  );

const book: fc.Arbitrary<Runbook> = fc
  .tuple(step('a'), step('b'), step('c'), step('d'), step('e'), fc.boolean())
  .map(([a, b, c, d, e, ends]) =>
    runbookOf({
      phases: [
        { id: 'one', steps: [a, b] },
        { id: 'two', steps: [c, ...(ends ? [endStep('z')] : [])] },
        { id: 'rescue', offPath: true, steps: [d, e, ...(ends ? [endStep('y', 'mitigated')] : [])] },
      ],
    }),
  );

/** The ids that the messages of one code name first. */
const named = (runbook: Runbook, code: string): readonly string[] =>
  prove(runbook)
    .filter((problem) => problem.code === code)
    .map(({ message }) => message);

const has = (runbook: Runbook, kind: Step['kind']): boolean =>
  runbook.phases.some(({ steps }) => steps.some((one) => one.kind === kind));

const stepIds = (runbook: Runbook): readonly string[] => {
  const inside = (one: Step): readonly string[] =>
    one.kind === 'parallel' || one.kind === 'each' ? one.steps.flatMap(inside) : [one.id];
  return runbook.phases.flatMap(({ steps }) => steps.flatMap(inside));
};

const trials = { numRuns: 500, seed: 42 } as const;

test('on random runbooks a step is called unreachable exactly where no walk comes to it', () => {
  let found = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const { visited } = explore(runbook);
      const lost = stepIds(runbook).filter((id) => !visited.has(id));
      const problems = named(runbook, 'WB701');
      // one problem stands for a whole stretch: its first step, and how many more
      const counted = problems.reduce(
        (sum, text) => sum + 1 + Number(/nor to (\d+) more/.exec(text)?.[1] ?? 0),
        0,
      );
      const containers = runbook.phases
        .flatMap(({ steps }) => steps)
        .filter((one) => 'steps' in one && one.steps.every(({ id }) => lost.includes(id)));
      expect(counted).toBe(lost.length + containers.length);
      found += Number(lost.length > 0);
    }),
    trials,
  );
  expect(found).toBeGreaterThan(25);
});

test('on random runbooks a path is said to fall off exactly where a walk does', () => {
  let found = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const { fellOff } = explore(runbook);
      const ends = named(runbook, 'WB702').map((text) =>
        /(\w+)(?: \(joined\))? →\S* ?nowhere$|(\w+)(?: \(joined\))? → nowhere$/
          .exec(text)
          ?.slice(1)
          .find(Boolean),
      );
      expect(new Set(ends)).toEqual(new Set(fellOff));
      found += Number(fellOff.size > 0);
    }),
    trials,
  );
  expect(found).toBeGreaterThan(25);
});

test('on random runbooks a circle without a way out is found exactly where a walk is caught', () => {
  let found = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const caught = explore(runbook).stuck.size > 0;
      expect(named(runbook, 'WB703').length > 0).toBe(caught);
      found += Number(caught);
    }),
    { ...trials, numRuns: 1200 }, // it is rare that everything leads back
  );
  expect(found).toBeGreaterThan(3);
});

test('on random runbooks a debt is said to stay open exactly where a walk leaves it open', () => {
  let found = 0;
  let clean = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const { leftOpen } = explore(runbook);
      const said = new Set(named(runbook, 'WB705').map((text) => text.split(' ')[1]));
      for (const id of leftOpen) expect(said).toContain(id);
      // Where regions run side by side the proof may say more than the walk, never less.
      if (!has(runbook, 'parallel')) expect(said).toEqual(leftOpen);
      found += Number(leftOpen.size > 0);
      clean += Number(leftOpen.size === 0);
    }),
    trials,
  );
  expect([found > 50, clean > 50]).toEqual([true, true]);
});

test('on random runbooks a release is said to be for nothing exactly where no walk pays by it', () => {
  let found = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const { paid, releases } = explore(runbook);
      const idle = [...releases].filter((release) => !paid.has(release));
      const said = named(runbook, 'WB706').map((text) =>
        text.split(' ').slice(0, 3).join(' ').replace(' releases', '').replace(',', ''),
      );
      if (has(runbook, 'parallel')) for (const release of said) expect(idle).toContain(release);
      else expect(said.toSorted()).toEqual(idle.toSorted());
      found += Number(idle.length > 0);
    }),
    trials,
  );
  expect(found).toBeGreaterThan(25);
});

test('on random runbooks a change is said to come before any decision exactly where a walk makes it so', () => {
  let found = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const { changedUndecided } = explore(runbook);
      const problems = prove(runbook).filter(({ code }) => code === 'WB707');
      if (problems.some(({ severity }) => severity === 'warning'))
        expect(changedUndecided.size).toBeGreaterThan(0);
      else {
        const said = new Set(problems.map(({ message }) => message.split(' ')[0]));
        for (const id of changedUndecided) expect(said).toContain(id);
        if (!has(runbook, 'parallel')) expect(said).toEqual(changedUndecided);
      }
      found += Number(changedUndecided.size > 0);
    }),
    trials,
  );
  expect(found).toBeGreaterThan(25);
});

/** The edges of a printed path, those beside a `…` left out. */
function printedEdges(runbook: Runbook, message: string): readonly string[] {
  const { nodes } = stepGraph(runbook);
  const path = /\S+ →.*$/.exec(message)?.[0].replace(/ \(and of paths .*$/, '') ?? '';
  const [first, ...rest] = path.split(' →');
  const idOf = (words: string): string => {
    const joined = /^(\w+) \(joined\)$/.exec(words)?.[1];
    return joined === undefined ? (nodes.has(words) ? words : `@${words}`) : `@join:${joined}`;
  };
  let from = idOf(first ?? '');
  return rest.flatMap((part) => {
    const [, event, words] = /^(?:\(([\w:]+)\))? (.*)$/.exec(part) ?? [];
    const edge = `${from} -${event ?? 'pass'}-> ${idOf(words ?? '')}`;
    const known = from !== '@…' && words !== '…';
    from = idOf(words ?? '');
    return known ? [edge] : [];
  });
}

test('every path that is printed is one that the runbook has, edge by edge', () => {
  let edgesSeen = 0;
  fc.assert(
    fc.property(book, (runbook) => {
      const edges = new Set(stepGraph(runbook).edges.map(({ id }) => id));
      for (const { message } of prove(runbook)) {
        for (const edge of printedEdges(runbook, message)) {
          expect(edges).toContain(edge);
          edgesSeen += 1;
        }
      }
    }),
    trials,
  );
  expect(edgesSeen).toBeGreaterThan(600);
});
