import { describe, expect, test } from 'vitest';
import { proofRules } from '../../src/machine/proof/rules.ts';
import { rules } from '../../src/runbook/rules.ts';
import { prove } from '../../src/machine/proofs.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import {
  approveStep,
  compareStep,
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
  opensOf,
  parallelStep,
  placeFor,
  probeOf,
  readStep,
  releaseStep,
  runStep,
  runbookOf,
  waitStep,
} from './runbook-builder.ts';
import { costRatio } from '../fixtures/cpu-time.ts';

const said = (book: Runbook): readonly string[] =>
  prove(book).map(({ code, message }) => `${code} ${message}`);
const codes = (book: Runbook): readonly string[] => prove(book).map(({ code }) => code);

/** A decision that goes on, so that what follows may mutate. */
const decided = (more: Parameters<typeof decideStep>[1] = {}): Step =>
  decideStep('decide', { go: 'next', stop: endAt('not_needed'), ...more });

test('a runbook that decides, contains, changes, gives back and ends is proved, over its failure routes too', () => {
  const book = runbookOf({
    phases: [
      { id: 'decide', steps: [decided({ flag: goTo('flag_off') })] },
      {
        id: 'contain',
        steps: [runStep('hold', { opens: opensOf('ci') }), runStep('freeze', { opens: opensOf('writes') })],
      },
      {
        id: 'execute',
        steps: [
          approveStep('permit', { on: { denied: goTo('give_up') } }),
          runStep('down', {
            ponr: { lost: 'orders', confirm: 'name' },
            before: [checkOf()],
            on: { fail: goTo('half') },
          }),
          eachStep('nodes', [runStep('restart'), checkStep('healthy')]),
        ],
      },
      {
        id: 'validate',
        steps: [
          parallelStep('looks', [checkStep('smoke'), manualStep('dashboards')]),
          releaseStep('give_back', ['ci', 'writes']),
          endStep('done'),
        ],
      },
      {
        id: 'half',
        offPath: true,
        steps: [decideStep('choose', { again: goTo('down'), forward: goTo('give_up') })],
      },
      {
        id: 'give_up',
        offPath: true,
        steps: [releaseStep('back', ['ci', 'writes']), endStep('forward', 'rolled_forward')],
      },
      { id: 'flag_off', offPath: true, steps: [runStep('kill_flag'), endStep('calm', 'mitigated')] },
    ],
  });
  expect(said(book)).toEqual([]);
});

describe('WB701: every step can be reached', () => {
  test('a phase off the path that nothing leads to is reported once, at its first step', () => {
    const book = runbookOf({
      phases: [
        { id: 'main', steps: [decided(), endStep('done')] },
        { id: 'lost', offPath: true, steps: [readStep('a'), readStep('b'), endStep('c')] },
      ],
    });
    expect(said(book)).toEqual(['WB701 no path leads to step a (nor to 2 more that only it leads to)']);
    expect(prove(book)[0]?.at).toEqual(book.phases[1]?.steps[0]?.at);
  });

  test('skipping by hand is no path: what only an override comes to is not reached', () => {
    expect(codes(bookOfSteps(decideStep('q', { stop: endAt('not_needed') }), endStep('done')))).toEqual([
      'WB701',
    ]);
    expect(
      codes(
        bookOfSteps(
          decideStep('q', { stop: endAt('not_needed') }, { when: expressionOf('x') }),
          endStep('done'),
        ),
      ),
    ).toEqual([]);
  });

  test('two steps that only lead to each other are not reached', () => {
    const book = runbookOf({
      phases: [
        { id: 'main', steps: [decided(), endStep('done')] },
        {
          id: 'ring',
          offPath: true,
          steps: [decideStep('one', { on: goTo('two') }), decideStep('two', { on: goTo('one') })],
        },
      ],
    });
    expect(said(book)).toEqual(['WB701 no path leads to step one (nor to 1 more that only it leads to)']);
  });

  test('what follows a parallel is reached only where each of its regions can settle', () => {
    const book = (options: Parameters<typeof decideStep>[1]) =>
      bookOfSteps(
        parallelStep('both', [checkStep('look'), decideStep('ask', options)]),
        endStep('done'),
        endStep('over', 'mitigated'),
      );
    expect(said(book({ leave: goTo('over') }))).toEqual(['WB701 no path leads to step done']);
    expect(said(book({ leave: goTo('over'), stay: 'next' }))).toEqual([]);
  });

  test('what only a failure route leads to is reached', () => {
    const book = runbookOf({
      phases: [
        { id: 'main', steps: [checkStep('a', { on: { unknown: goTo('rescue') } }), endStep('done')] },
        { id: 'rescue', offPath: true, steps: [endStep('over', 'not_possible')] },
      ],
    });
    expect(said(book)).toEqual([]);
  });
});

describe('WB702: every path ends in a named outcome', () => {
  test('the last phase may not end without an end', () => {
    expect(said(bookOfSteps(checkStep('a'), checkStep('b')))).toEqual([
      'WB702 this path ends in no named outcome: a → b → nowhere',
    ]);
  });

  test('neither may a phase off the path, and the way there is printed with its failure', () => {
    const book = runbookOf({
      phases: [
        {
          id: 'main',
          steps: [checkStep('a'), checkStep('b', { on: { fail: goTo('aside') } }), endStep('done')],
        },
        { id: 'aside', offPath: true, steps: [checkStep('c')] },
      ],
    });
    expect(said(book)).toEqual(['WB702 this path ends in no named outcome: a → b →(fail) c → nowhere']);
  });

  test('an end that its `when` may skip is no end', () => {
    expect(said(bookOfSteps(endStep('z', 'rolled_back', { when: expressionOf('x') })))).toEqual([
      'WB702 this path ends in no named outcome: z →(skip) nowhere',
    ]);
  });

  test('a runbook without a step on the path leads nowhere', () => {
    expect(codes(runbookOf({ phases: [] }))).toEqual(['WB702']);
  });

  test('a long path is shortened between its ends', () => {
    const steps = Array.from({ length: 9 }, (_, index) => checkStep(`s${index}`));
    expect(said(bookOfSteps(...steps))).toEqual([
      'WB702 this path ends in no named outcome: s0 → s1 → … → s8 → nowhere',
    ]);
  });
});

describe('WB703: no circle without a way out', () => {
  test('two decisions that only lead to each other are caught, and the way round is printed', () => {
    const book = bookOfSteps(
      decideStep('q', { go: goTo('left'), stop: endAt('not_needed') }),
      decideStep('left', { over: goTo('right') }),
      decideStep('right', { back: goTo('left') }),
    );
    expect(said(book)).toEqual([
      'WB703 nothing leads from here to an outcome: q →(option:go) left →(option:over) right →(option:back) left',
    ]);
  });

  test('asking the same question for ever is a circle, and giving up is no way out of it', () => {
    expect(said(bookOfSteps(decideStep('q', { wait: 'again' })))).toEqual([
      'WB703 nothing leads from here to an outcome: q →(option:wait) q',
    ]);
  });

  test('a circle that one failure leads out of is allowed', () => {
    const book = bookOfSteps(
      decideStep('q', { go: 'next' }),
      checkStep('a', { on: { fail: endAt('not_possible') } }),
      decideStep('r', { back: goTo('q') }),
    );
    expect(said(book)).toEqual([]);
  });

  test('a region that never settles holds its whole parallel', () => {
    const book = bookOfSteps(
      parallelStep('both', [checkStep('look'), decideStep('ask', { wait: 'again' })]),
      endStep('done'),
    );
    expect(
      prove(book)
        .filter(({ code }) => code === 'WB703')
        .map(({ at }) => at),
    ).toEqual([book.phases[0]?.steps[0]?.at]);
  });

  test('a region that always leaves lets the other ones out with it', () => {
    const book = bookOfSteps(
      parallelStep('both', [checkStep('look'), decideStep('ask', { leave: endAt('mitigated') })]),
    );
    expect(said(book)).toEqual([]);
  });

  test('what only an abort route leads to may be caught too', () => {
    const book = runbookOf({
      phases: [
        { id: 'main', steps: [checkStep('a', { on: { abort: goTo('ring') } }), endStep('done')] },
        { id: 'ring', offPath: true, steps: [decideStep('q', { wait: 'again' })] },
      ],
    });
    expect(said(book)).toEqual([
      'WB703 nothing leads from here to an outcome: a →(abort) q →(option:wait) q',
    ]);
  });

  test('a decision without options leads nowhere', () => {
    expect(codes(bookOfSteps(decideStep('q', {})))).toEqual(['WB703']);
  });
});

describe('WB704: every route leads somewhere', () => {
  test.each(['fail', 'unknown', 'timeout', 'denied', 'abort'] as const)(
    'a missing target of `on.%s` is named',
    (event) => {
      expect(said(bookOfSteps(checkStep('a', { on: { [event]: goTo('gone') } }), endStep('done')))).toEqual([
        `WB704 a →(${event}) gone: there is no step, phase or use with that id`,
      ]);
    },
  );

  test('a route into an each is refused and told where to go instead', () => {
    const book = bookOfSteps(
      checkStep('a', { on: { fail: goTo('b') } }),
      eachStep('e', [checkStep('b')]),
      endStep('done'),
    );
    expect(prove(book)).toMatchObject([
      {
        code: 'WB704',
        message: expect.stringContaining('a →(fail) b: it lies inside'),
        fix: 'go to the step that holds it instead',
      },
    ]);
  });
});

describe('WB705: what is opened on a path is released on it', () => {
  test('a straight path that forgets the debt is printed', () => {
    const book = bookOfSteps(decided(), runStep('hold', { opens: opensOf('ci') }), endStep('done'));
    expect(said(book)).toEqual([
      'WB705 obligation ci is still open at the end of this path: decide →(option:go) hold → done → rolled_back',
    ]);
    expect(prove(book)[0]?.at).toEqual(book.phases[0]?.steps[1]?.opens?.at);
  });

  test('a failure route that goes round the release is printed', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      checkStep('smoke', { on: { fail: goTo('done') } }),
      releaseStep('give_back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB705 obligation ci is still open at the end of this path: decide →(option:go) hold → smoke →(fail) done → rolled_back',
    ]);
  });

  test.each(['fail', 'unknown', 'timeout', 'abort'] as const)(
    'the step that opens it counts as having opened it when it ends by %s',
    (event) => {
      const book = bookOfSteps(
        decided(),
        runStep('hold', { opens: opensOf('ci'), on: { [event]: endAt('not_possible') } }),
        releaseStep('give_back', ['ci']),
        endStep('done'),
      );
      expect(said(book)).toEqual([
        `WB705 obligation ci is still open at the end of this path: decide →(option:go) hold →(${event}) not_possible`,
      ]);
    },
  );

  test('the general way back of an abort pays by construction', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      releaseStep('give_back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });

  test('a release that failed has not paid', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      releaseStep('give_back', ['ci'], { on: { unknown: goTo('done') } }),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB705 obligation ci is still open at the end of this path: decide →(option:go) hold → give_back →(unknown) done → rolled_back',
    ]);
  });

  test('a release that its `when` passes over has not paid, unless the debt was opened under the same words', () => {
    const book = (when: string) =>
      bookOfSteps(
        decided(),
        runStep('hold', { opens: opensOf('ci'), when: expressionOf('inputs.pause') }),
        releaseStep('give_back', ['ci'], { when: expressionOf(when) }),
        endStep('done'),
      );
    expect(said(book('inputs.pause'))).toEqual([]);
    expect(said(book('inputs.other'))).toEqual([
      'WB705 obligation ci is still open at the end of this path: decide →(option:go) hold → give_back →(skip) done → rolled_back',
    ]);
  });

  test('passing over the step that opens it opens nothing', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci'), when: expressionOf('x'), on: { fail: goTo('back') } }),
      decideStep('more', { yes: goTo('back'), back: goTo('back') }),
      releaseStep('back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });

  test('each debt is followed for itself, beyond the thirty-second too', () => {
    const ids = Array.from({ length: 40 }, (_, index) => `debt_${index}`);
    const book = bookOfSteps(
      decided(),
      ...ids.map((id) => runStep(`open_${id}`, { opens: opensOf(id) })),
      releaseStep(
        'back',
        ids.filter((id) => id !== 'debt_3' && id !== 'debt_35'),
      ),
      endStep('done'),
    );
    expect(prove(book).map(({ message }) => message.split(' ')[1])).toEqual(['debt_3', 'debt_35']);
  });

  test('the id of a use stands for every debt opened inside it', () => {
    const book = (names: readonly string[]) =>
      runbookOf({
        phases: [
          {
            id: 'main',
            steps: [
              decided(),
              runStep('freeze_db', { opens: opensOf('freeze_acl') }),
              runStep('freeze_proxy', { opens: opensOf('freeze_rule') }),
              releaseStep('thaw', names),
              endStep('done'),
            ],
          },
        ],
        groups: { freeze: ['freeze_db', 'freeze_proxy'] },
      });
    expect(codes(book(['freeze']))).toEqual([]);
    expect(codes(book(['freeze_acl']))).toEqual(['WB705']);
  });

  test('a release in one region pays what was open before the parallel', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      parallelStep('both', [releaseStep('back', ['ci']), checkStep('look')]),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });

  test('a debt opened in one region and released in another may stay open', () => {
    const book = bookOfSteps(
      decided(),
      runStep('first', { opens: opensOf('ci') }),
      parallelStep('both', [runStep('again', { opens: opensOf('ci') }), releaseStep('back', ['ci'])]),
      endStep('done'),
    );
    expect(codes(book)).toEqual(['WB705']);
  });

  test('leaving a parallel waits for its other regions, and takes the debts they opened along', () => {
    const book = bookOfSteps(
      decided(),
      parallelStep('both', [
        runStep('hold', { opens: opensOf('ci') }),
        checkStep('look', { on: { fail: goTo('done') } }),
      ]),
      releaseStep('back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB705 obligation ci is still open at the end of this path: decide →(option:go) both →(fork) look →(fail) done → rolled_back',
    ]);
  });

  test('a release inside an each is not certain: there may be no items', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      eachStep('nodes', [releaseStep('back', ['ci'])]),
      endStep('done'),
    );
    expect(codes(book)).toEqual(['WB705']);
  });

  test('paths to further outcomes are counted', () => {
    const book = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci'), on: { fail: endAt('not_possible') } }),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      expect.stringMatching(/hold →\(fail\) not_possible \(and of paths to 1 more outcome\)$/),
    ]);
  });
});

describe('WB706: nothing is given back that cannot be open', () => {
  test('a release before the step that opens the debt', () => {
    const book = bookOfSteps(
      decided(),
      releaseStep('early', ['ci']),
      runStep('hold', { opens: opensOf('ci') }),
      releaseStep('back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual(['WB706 early releases ci, which no path to it leaves open']);
  });

  test('a release of a debt that nobody opens, and a second release of one that was paid', () => {
    expect(codes(bookOfSteps(releaseStep('back', ['ci']), endStep('done')))).toEqual(['WB706']);
    const twice = bookOfSteps(
      decided(),
      runStep('hold', { opens: opensOf('ci') }),
      releaseStep('back', ['ci']),
      releaseStep('back_again', ['ci']),
      endStep('done'),
    );
    expect(said(twice)).toEqual(['WB706 back_again releases ci, which no path to it leaves open']);
  });

  test('a guard that wants a debt open which is never open there', () => {
    const guard = checkOf({ obligation: 'ci', state: 'open' });
    const book = (first: Step, second: Step) =>
      bookOfSteps(decided(), first, second, releaseStep('back', ['ci']), endStep('done'));
    const hold = runStep('hold', { opens: opensOf('ci') });
    const change = runStep('change', { before: [guard] });
    expect(said(book(hold, change))).toEqual([]);
    expect(said(book(change, hold))).toEqual([
      'WB706 change can never start: it wants ci open, and no path to it leaves that open',
    ]);
    expect(codes(book(checkStep('look', {}, guard), hold))).toEqual(['WB706']);
  });

  test('what another region of the same parallel opens may be released beside it', () => {
    const book = bookOfSteps(
      decided(),
      parallelStep('both', [runStep('hold', { opens: opensOf('ci') }), releaseStep('back', ['ci'])]),
      releaseStep('surely', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });

  test('what is open on one of several paths may be released where they meet', () => {
    const book = bookOfSteps(
      decided({ light: goTo('back') }),
      runStep('hold', { opens: opensOf('ci') }),
      releaseStep('back', ['ci']),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });
});

describe('WB707: nothing mutates before anything was decided', () => {
  test.each([
    ['a command', runStep('change')],
    ['a change by hand', manualStep('change', 'the router')],
  ])('%s before the decision is printed', (_what, change) => {
    expect(said(bookOfSteps(checkStep('look'), change, decided(), endStep('done')))).toEqual([
      'WB707 change changes something before anything was decided: look → change',
    ]);
  });

  test.each([
    ['a command that reads', readStep('look')],
    ['a message', notifyStep('look')],
    ['a change by hand that changes nothing', manualStep('look')],
    ['a check', checkStep('look')],
  ])('%s may come first', (_what, look) => {
    expect(said(bookOfSteps(look, decided(), endStep('done')))).toEqual([]);
  });

  test.each([
    ['approve', approveStep('gate')],
    ['confirm', confirmStep('gate')],
    ['decide', decideStep('gate', { yes: 'next' })],
  ])('%s is a gate', (_kind, gate) => {
    expect(said(bookOfSteps(gate, runStep('change'), endStep('done')))).toEqual([]);
  });

  test('a refused approval is not a passed gate', () => {
    const book = bookOfSteps(
      approveStep('gate', { on: { denied: goTo('change') } }),
      runStep('change'),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB707 change changes something before anything was decided: gate →(denied) change',
      'WB708 change can be reached without passing gate, which guards it: gate →(denied) change',
    ]);
  });

  test('a failure route round the only decision is printed', () => {
    const book = bookOfSteps(
      checkStep('look', { on: { fail: goTo('change') } }),
      decided(),
      runStep('change'),
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB707 change changes something before anything was decided: look →(fail) change',
    ]);
  });

  test('without any gate in the runbook it is a warning, once', () => {
    const problems = prove(bookOfSteps(runStep('one'), runStep('two'), endStep('done')));
    expect(problems).toMatchObject([{ code: 'WB707', severity: 'warning' }]);
  });

  test('a gate in one region of a parallel is passed where it joins, and not in the other region', () => {
    const both = (other: Step) => parallelStep('both', [approveStep('gate'), other]);
    expect(said(bookOfSteps(both(checkStep('look')), runStep('change'), endStep('done')))).toEqual([]);
    expect(codes(bookOfSteps(both(runStep('change')), endStep('done')))).toEqual(['WB707', 'WB708']);
  });

  test('a gate inside an each is not certain: there may be no items', () => {
    const book = bookOfSteps(eachStep('nodes', [confirmStep('gate')]), runStep('change'), endStep('done'));
    expect(codes(book)).toContain('WB707');
  });
});

describe('WB708: no path leads round a gate', () => {
  const guarded = (more: Parameters<typeof decideStep>[1]) =>
    runbookOf({
      phases: [
        { id: 'first', steps: [decided(more)] },
        { id: 'execute', steps: [approveStep('permit'), runStep('one'), runStep('two'), endStep('done')] },
      ],
    });

  test('a jump behind the approval of a phase is printed', () => {
    expect(said(guarded({ quick: goTo('two') }))).toEqual([
      'WB708 two can be reached without passing permit, which guards it: decide →(option:quick) two',
    ]);
  });

  test('a jump to the first step of the phase passes the gate', () => {
    expect(said(guarded({ quick: goTo('execute') }))).toEqual([]);
  });

  test('an approval that its `when` says is not needed is passed', () => {
    const book = bookOfSteps(
      decided(),
      approveStep('permit', { when: expressionOf('production') }),
      runStep('one'),
      endStep('done'),
    );
    expect(said(book)).toEqual([]);
  });

  test('a gate before the door of a phase guards all of the phase', () => {
    const book = (target: string) =>
      runbookOf({
        phases: [
          { id: 'first', steps: [decided({ quick: goTo(target) })] },
          { id: 'gate', steps: [approveStep('permit')] },
          { id: 'execute', steps: [runStep('one'), runStep('two'), endStep('done')] },
        ],
      });
    expect(said(book('two'))).toEqual([
      'WB708 two can be reached without passing permit, which guards it: decide →(option:quick) two',
    ]);
    // The author opened the door of the phase to another path: it is not guarded by that gate.
    expect(said(book('execute'))).toEqual([]);
  });

  test('coming back from a failure has passed the gate already', () => {
    const book = runbookOf({
      phases: [
        { id: 'first', steps: [decided()] },
        {
          id: 'execute',
          steps: [approveStep('permit'), runStep('one', { on: { fail: goTo('aside') } }), endStep('done')],
        },
        {
          id: 'aside',
          offPath: true,
          steps: [decideStep('choose', { again: goTo('one'), stop: endAt('not_possible') })],
        },
      ],
    });
    expect(said(book)).toEqual([]);
  });
});

describe('WB709 and WB710: the point of no return', () => {
  const line = { lost: 'orders', confirm: 'name' } as const;

  test.each([
    ['a guard', { before: [checkOf()] }, []],
    ['only a verify', { verify: [checkOf()] }, ['warning']],
    ['neither', {}, ['error']],
  ] as const)('with %s', (_what, more, expected) => {
    const book = bookOfSteps(decided(), runStep('down', { ponr: line, ...more }), endStep('done'));
    expect(prove(book).map(({ severity }) => severity)).toEqual(expected);
  });

  test('it may not be come to again without a gate', () => {
    const book = (back: Step) =>
      bookOfSteps(
        decided(),
        runStep('down', { ponr: line, before: [checkOf()] }),
        checkStep('look', { on: { fail: goTo('back') } }),
        endStep('done'),
        back,
        decideStep('after', { again: goTo('down'), stop: endAt('not_possible') }),
      );
    expect(said(book(readStep('back')))).toEqual([]);
    expect(said(book(checkStep('back', { on: { fail: goTo('down') } })))).toEqual([
      'WB710 the point of no return down is come to again without a gate in between: down → look →(fail) back →(fail) down',
    ]);
  });

  test('a failure that leads back to itself is a way to cross it twice', () => {
    const book = bookOfSteps(
      decided(),
      runStep('down', { ponr: line, before: [checkOf()], on: { fail: goTo('down') } }),
      endStep('done'),
    );
    expect(codes(book)).toEqual(['WB710']);
  });

  test('the items of an each are no circle, a route round the each is', () => {
    const book = (on: { readonly fail?: ReturnType<typeof goTo> }) =>
      bookOfSteps(
        decided(),
        eachStep('tables', [eachStep('parts', [runStep('drop', { ponr: line, before: [checkOf()] })])]),
        checkStep('look', { on }),
        endStep('done'),
      );
    expect(said(book({}))).toEqual([]);
    expect(codes(book({ fail: goTo('tables') }))).toEqual(['WB710']);
  });
});

describe('WB711: an undo uses what was captured', () => {
  const undoWith = (source: string, capture = {}) =>
    bookOfSteps(
      decided(),
      runStep('change', { capture, undo: { command: commandOf('set', placeFor(source)), verify: null } }),
      endStep('done'),
    );

  test('a value that its step captures is there, and text that looks like one does not matter', () => {
    expect(said(undoWith('captured.old', { old: probeOf(null) }))).toEqual([]);
    expect(said(undoWith('"captured.old"'))).toEqual([]);
    expect(said(undoWith('inputs.captured.old'))).toEqual([]);
  });

  test.each(['captured.older', 'captured["older"]', 'captured.old + captured.older'])(
    '%s was never captured',
    (source) => {
      expect(said(undoWith(source, { old: probeOf(null) }))).toEqual([
        'WB711 the way back of change needs captured.older, which change never captures',
      ]);
    },
  );

  test('the way back of a debt reads them too', () => {
    const held = (source: string, capture = {}) =>
      bookOfSteps(
        decided(),
        runStep('change', {
          capture,
          opens: opensOf('held', { release: commandOf('set', placeFor(source)) }),
        }),
        releaseStep('back', ['held']),
        endStep('done'),
      );

    expect(said(held('captured.old', { old: probeOf(null) }))).toEqual([]);
    expect(said(held('captured.older', { old: probeOf(null) }))).toEqual([
      'WB711 the way back of change needs captured.older, which change never captures',
    ]);
  });

  test('captured values are not there on the way forward', () => {
    const book = bookOfSteps(
      decided(),
      { ...runStep('change', { capture: { old: probeOf(null) } }), when: expressionOf('captured.old == 1') },
      endStep('done'),
    );
    expect(said(book)).toEqual([
      'WB711 change reads captured.old outside its way back, where it is never set',
    ]);
  });
});

describe('WB712: no circle that nobody is asked about', () => {
  const around = (middle: Step) =>
    bookOfSteps(checkStep('look', { on: { fail: goTo('middle') } }), endStep('done'), middle);

  test('a check that leads back to itself runs as fast as it can', () => {
    const problems = prove(
      bookOfSteps(checkStep('look', { on: { unknown: goTo('look') } }), endStep('done')),
    );
    expect(problems).toMatchObject([
      { code: 'WB712', severity: 'warning', message: expect.stringContaining('look →(unknown) look') },
    ]);
    expect(codes(around(readStep('middle', { on: { fail: goTo('look') } })))).toContain('WB712');
    expect(codes(around(compareStep('middle', { on: { fail: goTo('look') } })))).toContain('WB712');
  });

  test.each([
    ['a wait', waitStep('middle', undefined, { on: { fail: goTo('look') } })],
    ['a decision', decideStep('middle', { back: goTo('look'), stop: endAt('not_possible') })],
    ['a change, which is confirmed', manualStep('middle', null, { on: { fail: goTo('look') } })],
  ])('%s in the circle is enough', (_what, middle) => {
    expect(codes(around(middle))).not.toContain('WB712');
  });

  test('a check that polls takes its time', () => {
    const polled = checkStep(
      'look',
      { on: { fail: goTo('look') } },
      checkOf(probeOf(null), undefined, { withinMs: 60_000 }),
    );
    expect(said(bookOfSteps(polled, endStep('done')))).toEqual([]);
  });
});

test('every proof rule has a code of its own kind, and words for `lint --explain`', () => {
  for (const [code, { title, fix, why }] of Object.entries(proofRules)) {
    expect(code).toMatch(/^WB7\d\d$/);
    expect([title, fix, why].every((text) => text.length > 10)).toBe(true);
  }
});

/** So many phases of eight steps with a debt, a gate and a failure route each. */
function phasesOf(count: number): Runbook {
  const phases = Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    steps: [
      approveStep(`gate${index}`, { on: { denied: goTo('give_up') } }),
      runStep(`hold${index}`, { opens: opensOf(`debt${index}`), on: { fail: goTo('give_up') } }),
      parallelStep(`both${index}`, [
        checkStep(`a${index}`, { on: { unknown: goTo('give_up') } }),
        checkStep(`b${index}`),
      ]),
      eachStep(`nodes${index}`, [
        runStep(`restart${index}`, { on: { timeout: goTo('give_up') } }),
        checkStep(`ok${index}`),
      ]),
    ],
  }));
  const debts = phases.map((_phase, index) => `debt${index}`);
  return runbookOf({
    phases: [
      ...phases,
      { id: 'close', steps: [releaseStep('back', debts), endStep('done')] },
      {
        id: 'give_up',
        offPath: true,
        steps: [releaseStep('back_too', debts), endStep('over', 'not_possible')],
      },
    ],
  });
}

test('what the proofs cost grows with the steps, not with their square: two thousand are proved as well', () => {
  const large = phasesOf(250);
  expect(said(large)).toEqual([]);
  const small = phasesOf(50);
  // five times the steps; their square would cost twenty-five times as much
  expect(
    costRatio(
      () => said(small),
      () => said(large),
    ),
  ).toBeLessThan(15);
});

test('no proof has the code of a rule of lint: a code means one thing for good', () => {
  expect(Object.keys(proofRules).filter((code) => code in rules)).toEqual([]);
});
