import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { scriptedOperator } from '../../src/drill/operator.ts';
import { acceptedPolicy, firstOf, type Policy } from '../../src/drill/policy.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Trigger } from '../../src/runbook/model/criteria.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { eventsOf } from '../../src/report/story.ts';
import {
  checkOf,
  checkStep,
  commandOf,
  confirmStep,
  decideStep,
  endStep,
  endAt,
  expressionOf,
  goTo,
  manualStep,
  opensOf,
  parallelStep,
  probeOf,
  readStep,
  releaseStep,
  runbookOf,
  runStep,
  textOf,
  waitStep,
  type PhaseWords,
} from '../machine/runbook-builder.ts';
import { openRealSession } from './real-session.ts';

const script = (id: string, source: string, more: Parameters<typeof runStep>[1] = {}): Step => {
  const step = runStep(id, more);
  return step.kind === 'run' ? { ...step, command: commandOf('sh', '-c', source) } : step;
};

const book = (phases: readonly PhaseWords[], more: Partial<Runbook> = {}): Runbook =>
  runbookOf({ phases, ...more });

const paused = (folder: string) => ({
  release: commandOf('rm', path.join(folder, 'paused')),
  proof: checkOf(probeOf(null, 'test', '!', '-e', path.join(folder, 'paused'))),
});

test('walks a whole rollback to its end: decides, runs, confirms, reports and gives back', async () => {
  const real = await openRealSession((folder) =>
    book([
      {
        id: 'decide',
        steps: [
          {
            ...(decideStep('way', {
              wait: 'again',
              back: goTo('act'),
              nothing: endAt('not_needed'),
            }) as Extract<Step, { kind: 'decide' }>),
            recommend: expressionOf("'back'"),
          },
        ],
      },
      {
        id: 'act',
        steps: [
          script('hold', `touch '${folder}/paused'; echo held`, { opens: opensOf('ci', paused(folder)) }),
          script('down', `echo v1 > '${folder}/version'`, {
            ponr: { lost: 'orders', confirm: 'name' },
            title: 'Go down',
          }),
          checkStep('is_down', {}, checkOf(probeOf(null, 'grep', 'v1', path.join(folder, 'version')))),
          parallelStep('both', [readStepOf('left'), readStepOf('right')]),
          manualStep('look', null, { evidence: { text: 'required', link: 'required' } }),
          waitStep('settle', { kind: 'for', ms: 20 }),
          releaseStep('give_back', ['ci']),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end).toMatchObject({ why: 'closed' });
  expect(end.sent.filter(({ answer }) => !answer.ok)).toEqual([]);
  expect(real.client.view()).toMatchObject({ status: 'closed', outcome: 'rolled_back' });
  expect(readFileSync(path.join(real.folder, 'version'), 'utf8')).toBe('v1\n');
  expect(existsSync(path.join(real.folder, 'paused'))).toBe(false);
  expect(eventsOf(real.facts(), 'decision.made').map(({ fact }) => [fact.option, fact.reason])).toEqual([
    ['back', expect.stringMatching(/^recommended\b/)],
  ]);
});

function readStepOf(id: string): Step {
  const step = readStep(id);
  return step.kind === 'run' ? { ...step, command: commandOf('echo', id) } : step;
}

test('takes the way on that the author gave for a step that failed', async () => {
  const real = await openRealSession(() =>
    book([
      { id: 'act', steps: [script('down', 'exit 4', { on: { fail: goTo('forward') } }), endStep('never')] },
      { id: 'forward', offPath: true, steps: [endStep('onward', 'rolled_forward')] },
    ]),
  );

  expect(await scriptedOperator({ client: real.client }).ended).toMatchObject({ why: 'closed' });
  expect(real.client.view().outcome).toBe('rolled_forward');
});

test('tries a failed step once more, and goes on when that works', async () => {
  const real = await openRealSession((folder) =>
    book([
      {
        id: 'act',
        steps: [
          script('flaky', `test -e '${folder}/once' || { touch '${folder}/once'; exit 1; }`),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.sent.map(({ intent }) => intent.type)).toEqual(['run', 'retry', 'run']);
  expect(real.client.view().outcome).toBe('rolled_back');
});

test('aborts through the undo path where a step fails twice and nobody said how to go on', async () => {
  const real = await openRealSession((folder) =>
    book([
      {
        id: 'act',
        steps: [
          script('first', `touch '${folder}/done'`, {
            undo: { command: commandOf('rm', path.join(folder, 'done')), verify: null },
          }),
          script('broken', 'exit 1'),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.why).toBe('closed');
  expect(end.sent.map(({ intent }) => intent.type)).toEqual(['run', 'run', 'retry', 'run', 'abort', 'run']);
  expect(real.client.view().outcome).toBe('aborted');
  expect(existsSync(path.join(real.folder, 'done'))).toBe(false);
});

/** What the schema says; the step is good when it says 41. */
const schema = (folder: string) => probeOf('schema', 'cat', path.join(folder, 'schema'));
const isAt41 = (folder: string) => checkOf(schema(folder), [{ kind: 'equals', value: textOf('41') }]);

test.each([
  ['the effect is there', 'with an expectation', 'done', 1],
  ['the effect is not there', 'with an expectation', 'not_done', 2],
  ['the effect is there', 'with a value to compare', 'done', 1],
  ['the effect is not there', 'with a value to compare', 'not_done', 2],
] as const)('believes the probe about a step in doubt: %s, %s', async (what, how, as, runs) => {
  const takesEffect = what === 'the effect is there' ? '41' : '42';
  const real = await openRealSession((folder) =>
    book([
      {
        id: 'act',
        steps: [
          script(
            'down',
            `cd '${folder}'; echo run >> runs; if test "$(wc -l < runs)" -gt 1; then printf 41 > schema; exit 0; fi; printf ${takesEffect} > schema; kill -9 $$`,
            {
              verify: [isAt41(folder)],
              probeAfterCrash: how === 'with an expectation' ? null : schema(folder),
            },
          ),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.sent.find(({ intent }) => intent.type === 'resolve_doubt')?.intent).toMatchObject({ as });
  expect(end).toMatchObject({ why: 'closed' });
  expect(readFileSync(path.join(real.folder, 'runs'), 'utf8').trim().split('\n')).toHaveLength(runs);
  expect(real.client.view().outcome).toBe('rolled_back');
});

test('aborts and undoes a step of which nobody can tell whether it took effect', async () => {
  const real = await openRealSession((folder) =>
    book([
      {
        id: 'act',
        steps: [
          script('down', `touch '${folder}/effect'; kill -9 $$`, {
            undo: { command: commandOf('rm', path.join(folder, 'effect')), verify: null },
          }),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.why).toBe('closed');
  expect(end.sent.map(({ intent }) => intent.type)).toEqual([
    'run',
    'check_again',
    'abort',
    'resolve_doubt',
    'run',
  ]);
  expect(real.client.view().outcome).toBe('aborted');
  expect(existsSync(path.join(real.folder, 'effect'))).toBe(false);
});

test('a trap goes in front of the accepted way, and only where it answers', async () => {
  const trap: Policy = (situation) => {
    if (situation.at !== 'step' || situation.step.question === null) return null;
    const { place, attempt } = situation.step;
    return {
      type: 'choose',
      place,
      attempt,
      option: 'back',
      reason: 'it must be the release',
      fields: {},
      objection: null,
    };
  };
  const real = await openRealSession(() =>
    book([
      {
        id: 'decide',
        steps: [
          {
            ...(decideStep('way', { nothing: endAt('not_needed'), back: 'next' }) as Extract<
              Step,
              { kind: 'decide' }
            >),
            recommend: expressionOf("'nothing'"),
          },
          script('down', 'true'),
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client, policy: firstOf(trap, acceptedPolicy) }).ended;

  expect(end.sent.map(({ intent }) => intent.type)).toEqual(['choose', 'run']);
  expect(real.client.view().outcome).toBe('rolled_back');
});

test('a policy that goes in a circle is stopped and named', async () => {
  const circle: Policy = (situation) =>
    situation.at === 'step'
      ? { type: 'run', place: situation.step.place, attempt: situation.step.attempt, typed: 'the wrong name' }
      : null;
  const real = await openRealSession(() =>
    book([
      {
        id: 'act',
        steps: [script('down', 'true', { ponr: { lost: 'all', confirm: 'name' } }), endStep('done')],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client, policy: circle, mostTries: 3 }).ended;

  expect(end).toMatchObject({
    why: 'stuck',
    detail: expect.stringMatching(/^run at down was sent 3 times; the last answer was E_NAME/) as string,
  });
  expect(end.sent).toHaveLength(3);
});

test('finds the value to be typed on the screen, or passes over the step with a reason', async () => {
  const real = await openRealSession(() =>
    book([{ id: 'act', steps: [confirmStep('nowhere_to_be_read'), endStep('done')] }]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.why).toBe('closed');
  expect(end.sent.at(-1)?.intent).toMatchObject({ type: 'skip', reason: 'the value is nowhere to be read' });
});

test('types the release that it saw last, where a release is asked for', async () => {
  const served = confirmStep('served') as Extract<Step, { kind: 'confirm' }>;
  const saw = runStep('deploy') as Extract<Step, { kind: 'run' }>;
  const real = await openRealSession(() =>
    book([
      {
        id: 'act',
        steps: [
          { ...saw, id: 'first', command: commandOf('echo', 'node1', '2.0.0') },
          { ...saw, id: 'second', command: commandOf('echo', 'node1', '1.9.3') },
          { ...served, question: textOf('Type the release that is served.'), value: textOf('1.9.3') },
          endStep('done'),
        ],
      },
    ]),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.why).toBe('closed');
  expect(end.sent.flatMap(({ intent }) => (intent.type === 'type_value' ? [intent.value] : []))).toEqual([
    '1.9.3',
  ]);
});

test('waits for one more fact where nothing can be recommended yet, and then takes the recommendation', async () => {
  const real = await openRealSession((folder) =>
    book(
      [
        {
          id: 'decide',
          steps: [
            {
              ...(decideStep('way', {
                back: endAt('rolled_back'),
                wait: { again: true, needs: ['what', 'until'] },
                nothing: endAt('not_needed'),
              }) as Extract<Step, { kind: 'decide' }>),
              recommend: { ...expressionOf('probes.fact'), probes: ['fact'] },
            },
          ],
        },
      ],
      { probes: { fact: probeOf('fact', 'cat', path.join(folder, 'fact')) } },
    ),
  );
  const factComes: Policy = ({ view }) => {
    if (view.decisions.length > 0) writeFileSync(path.join(real.folder, 'fact'), 'nothing');
    return null;
  };

  const end = await scriptedOperator({ client: real.client, policy: firstOf(factComes, acceptedPolicy) })
    .ended;

  expect(end.sent.map(({ intent }) => (intent.type === 'choose' ? intent.option : intent.type))).toEqual([
    'wait',
    'nothing',
  ]);
  expect(real.client.view().outcome).toBe('not_needed');
});

test('stops sending when it is told to', async () => {
  const real = await openRealSession(() =>
    book([{ id: 'act', steps: [script('down', 'true'), endStep('done')] }]),
  );
  const operator = scriptedOperator({ client: real.client, policy: () => null });

  operator.stop();

  expect(await operator.ended).toMatchObject({ why: 'stopped', sent: [] });
  expect(real.client.view().status).toBe('running');
});

const quiet: Trigger = {
  id: 'err',
  probe: 'errors',
  breach: { op: '>', value: 0.02 },
  clear: { op: '<', value: 0.016 },
  forMs: 60_000,
  intervalMs: 1_000,
  minEvents: null,
  events: null,
  advise: 'rollback',
  at: { file: 'book.yaml', line: 1, column: 1 },
};

/** Goes back although nothing has fired. */
const againstNumbers = (folder: string, more: Partial<Runbook> = {}): Runbook =>
  book([{ id: 'act', steps: [script('swap', `touch '${folder}/swapped'`), endStep('done')] }], {
    probes: { errors: probeOf('errors', 'echo', '0.001') },
    triggers: [quiet],
    decide: { kind: 'any', k: 1, triggers: ['err'] },
    roles: [{ id: 'operator', anyone: true, users: [], signers: null }],
    override: { roles: ['operator'], evidence: 1, secondPerson: false, retroApprovalMs: 60_000 },
    ...more,
  });

test('starts against the numbers by override, and carries its approval to somebody else', async () => {
  const real = await openRealSession((folder) => againstNumbers(folder));

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end).toMatchObject({ why: 'closed' });
  expect(end.sent.map(({ intent, answer }) => [intent.type, answer.ok])).toEqual([
    ['run', false],
    ['override', true],
    ['run', true],
    ['carry', true],
  ]);
  expect(existsSync(path.join(real.folder, 'swapped'))).toBe(true);
  expect(real.client.view().obligations).toMatchObject([{ key: 'override-1', state: 'carried' }]);
});

test('takes no right that it does not have: it calls one who may, and gives up where nobody lets it in', async () => {
  const real = await openRealSession((folder) =>
    againstNumbers(folder, {
      roles: [{ id: 'commander', anyone: false, users: ['grace'], signers: null }],
      authority: [{ when: null, start: ['commander'] }],
      override: null,
    }),
  );

  const end = await scriptedOperator({ client: real.client }).ended;

  expect(end.sent.map(({ intent }) => intent.type)).toEqual(['run', 'escalate', 'abort']);
  expect(real.client.view()).toMatchObject({ status: 'closed', outcome: 'aborted' });
  expect(existsSync(path.join(real.folder, 'swapped'))).toBe(false);
});
