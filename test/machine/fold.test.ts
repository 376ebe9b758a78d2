import { describe, expect, test } from 'vitest';
import { transition } from 'xstate';
import { compileRunbook } from '../../src/machine/compile.ts';
import { takenEverywhere } from '../../src/machine/compile/taken-everywhere.ts';
import { newestOf } from '../../src/machine/places.ts';
import { describeFact } from '../../src/machine/describe.ts';
import type { Fact, FactOf, FactType, TimedFact } from '../../src/machine/facts.ts';
import { factSchema } from '../../src/machine/facts.ts';
import { accepts, applyFact, contextOf, startSnapshot } from '../../src/machine/replay.ts';
import { oneOfEachFact } from './one-of-each-fact.ts';
import { bookOfSteps, commandOf, endStep, opensOf, runStep } from './runbook-builder.ts';

const compiled = compileRunbook(
  bookOfSteps(
    runStep('swap', { opens: opensOf('ci'), undo: { command: commandOf('undo'), verify: null } }),
    endStep('over'),
  ),
);
const timed = (fact: Fact, second = 0): TimedFact => ({
  ...fact,
  at: `2026-03-01T10:00:${String(second).padStart(2, '0')}.000Z`,
});
const facts = oneOfEachFact();
const begun = applyFact(compiled, startSnapshot(compiled, 'session'), timed(facts['session.started']));

describe.each(Object.values(facts))('the fact $type', (fact) => {
  test('is the same after it was written and read', () => {
    expect(factSchema.parse(JSON.parse(JSON.stringify(fact)))).toEqual(fact);
  });

  test('with a field missing is not read at all', () => {
    const [last] = Object.keys(fact).toReversed();
    const { [last as keyof typeof fact]: _gone, ...rest } = fact;

    expect(factSchema.safeParse(rest).success).toBe(false);
  });

  test('is described in words that a person can say, or in none', () => {
    const words = describeFact(fact);

    expect(words === null || (words.length > 3 && !/undefined|null|\[object/.test(words))).toBe(true);
  });

  test('is taken or leaves the session as it was, at every place of a session', () => {
    for (const snapshot of everyPlace()) {
      const next = applyFact(compiled, snapshot, timed(fact, 30));

      if (!accepts(snapshot, timed(fact, 30))) expect(contextOf(next)).toEqual(contextOf(snapshot));
      else expect(contextOf(next)).not.toBe(contextOf(snapshot));
    }
  });
});

test.each([...takenEverywhere].map((type) => facts[type]))(
  'the fact $type is folded as the statechart would fold it, and moves no step',
  (fact) => {
    for (const snapshot of everyPlace()) {
      const [expected] = transition(compiled.machine, snapshot, timed(fact, 30));
      const folded = applyFact(compiled, snapshot, timed(fact, 30));

      expect(contextOf(folded)).toEqual(contextOf(expected));
      expect(folded.value).toEqual(expected.value);
      expect(contextOf(folded).cursor).toEqual(contextOf(snapshot).cursor);
    }
  },
);

test.each([
  'person.reported',
  'decision.made',
  'value.typed',
  'wait.over',
  'message.sent',
  'approval.given',
] as const)('the fact %s does not end a step whose work is a command', (type) => {
  const fact = timed(facts[type]);
  const performing = everyPlace().find(
    (snapshot) => newestOf(contextOf(snapshot), 'swap')?.status === 'performing',
  );

  expect(performing !== undefined && accepts(performing, fact)).toBe(false);
});

test.each<[string, Partial<FactOf<'command.ended'>>]>([
  ['another place', { place: { step: 'other', item: '' } }],
  ['another item', { place: { step: 'swap', item: '0' } }],
  ['another attempt', { attempt: 'swap#2' }],
])('a fact about %s than the one at hand moves nothing', (_what, change) => {
  const performing = everyPlace().find(
    (snapshot) => newestOf(contextOf(snapshot), 'swap')?.status === 'performing',
  );
  const late = timed({ ...facts['command.ended'], ...change });

  expect(performing).toBeDefined();
  expect(performing !== undefined && accepts(performing, late)).toBe(false);
});

/** Snapshots along a session, from before its start to after its close. */
function everyPlace() {
  const walked: readonly FactType[] = [
    'step.readied',
    'operator.ran',
    'step.intent',
    'command.ended',
    'session.ended',
    'obligation.discharged',
    'session.closed',
  ];
  return walked.reduce(
    (snapshots, type, index) => [
      ...snapshots,
      applyFact(compiled, snapshots.at(-1) ?? begun, timed(facts[type], index)),
    ],
    [startSnapshot(compiled, 'session'), begun],
  );
}
