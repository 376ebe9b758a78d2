import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  checkStep,
  commandOf,
  confirmStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  manualStep,
  notifyStep,
  oneOfEachKind,
  opensOf,
  parallelStep,
  placeFor,
  probeOf,
  readStep,
  releaseStep,
  runStep,
  runbookOf,
  waitStep,
} from '../machine/runbook-builder.ts';

const commander = { id: 'commander', anyone: false, users: ['grace', 'linus'], signers: 'signers' };
const undo = (id: string) => ({ command: commandOf('undo', id), verify: null });
const smoke = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], {
  withinMs: 20_000,
  stable: 2,
});
const words = checkOf(probeOf('looks', 'looks'), [{ kind: 'words', text: 'nothing is red' }]);

/** A decision that is held open for objections. */
function heldOpen(...written: Parameters<typeof decideStep>): Step {
  const step = decideStep(...written);
  return step.kind === 'decide' ? { ...step, objectionsMs: 15_000 } : step;
}

/** Five ways to write a runbook, all kinds and all ways on among them. */
export const fiveRunbooks = (): Readonly<Record<string, Runbook>> => ({
  'one of each kind': {
    ...bookOfSteps(...Object.values(oneOfEachKind()).filter(({ kind }) => kind !== 'end'), endStep('over')),
    roles: [commander],
    scope: { items: ['a', 'b'] },
  },
  'debts and undo': {
    ...bookOfSteps(
      runStep('pause', { opens: opensOf('ci', { proof: smoke }), undo: undo('pause') }),
      eachStep('nodes', [
        runStep('drain', {
          capture: { weight: probeOf('weight', 'weight') },
          opens: opensOf('drained', {
            release: commandOf('weight', placeFor('captured.weight'), placeFor('item')),
          }),
        }),
        runStep('swap', {
          undo: undo('swap'),
          verify: [smoke],
          retry: { times: 1, everyMs: 1000 },
          idempotent: true,
        }),
      ]),
      releaseStep('give_back', ['drained', 'ci']),
      endStep('over'),
    ),
    scope: { items: ['a', 'b', 'c'] },
  },
  'side by side': {
    ...bookOfSteps(
      parallelStep('both', [
        eachStep('nodes', [runStep('swap', { undo: undo('swap'), on: { fail: goTo('repair') } })]),
        parallelStep('inner', [
          checkStep('smoke', { on: { unknown: endAt('mitigated'), fail: goTo('repair') } }, smoke),
          manualStep('look', 'a valve', { undo: undo('look'), on: { abort: goTo('repair') } }),
        ]),
        readStep('threads', { retry: { times: 2, everyMs: 2000 } }),
      ]),
      endStep('over'),
      decideStep('repair', { again: goTo('both'), wait: 'again', stop: endAt('not_possible') }),
    ),
    scope: { items: ['a', 'b'] },
  },
  people: {
    ...bookOfSteps(
      heldOpen('first', { on: 'next', back: goTo('count'), later: 'again', none: endAt('not_needed') }),
      approveStep('gate', { on: { denied: goTo('first'), timeout: endAt('not_possible') } }),
      confirmStep('count'),
      runStep('migrate', {
        verify: [words],
        ponr: { lost: 'orders', confirm: 'name' },
        on: { timeout: goTo('half_way') },
      }),
      notifyStep('tell'),
      waitStep('settle', { kind: 'for', ms: 20_000 }),
      endStep('over'),
      decideStep('half_way', { retry: goTo('migrate'), forward: endAt('rolled_forward') }),
    ),
    roles: [commander],
  },
  phases: runbookOf({
    phases: [
      { id: 'decide', steps: [decideStep('way', { swap: 'next', aside: goTo('aside') })] },
      {
        id: 'swap',
        steps: [
          runStep('freeze', { opens: opensOf('writes', { proof: words, ttlMs: 60_000 }) }),
          runStep('schema', {
            before: [checkOf({ obligation: 'writes', state: 'open' }, [])],
            when: expressionOf('1 < 2'),
            undo: undo('schema'),
          }),
          runStep('not_here', { when: expressionOf('1 > 2') }),
          runStep('not_known', { when: expressionOf('env.nobody_set') }),
        ],
      },
      {
        id: 'aside',
        offPath: true,
        steps: [manualStep('detour'), decideStep('back', { back: goTo('decide') })],
      },
      { id: 'after', steps: [releaseStep('thaw', ['writes']), endStep('over')] },
    ],
  }),
});
