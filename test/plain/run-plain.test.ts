import { describe, expect, test } from 'vitest';
import { scriptedOperator } from '../../src/drill/operator.ts';
import { exitCode } from '../../src/errors.ts';
import type { SessionView } from '../../src/machine/view.ts';
import { runPlain } from '../../src/plain/run-plain.ts';
import type { SessionClient } from '../../src/session/client.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { eventsOf } from '../../src/report/story.ts';
import { openRealSession } from '../drill/real-session.ts';
import {
  checkOf,
  commandOf,
  decideStep,
  endAt,
  endStep,
  expressionOf,
  manualStep,
  opensOf,
  probeOf,
  releaseStep,
  runbookOf,
  runStep,
} from '../machine/runbook-builder.ts';
import { at, reading, shown } from '../report/events.ts';
import { hostileTexts, unsafe } from '../report/hostile.ts';
import { sitDown } from './person.ts';
import { openStage, stepOf, stepOffering, viewOf } from './stage.ts';

const debt: SessionView['obligations'][number] = {
  key: 'ci',
  id: 'ci',
  title: 'Pipeline is paused',
  ttlMs: 7_200_000,
  release: ['shopctl', 'ci', 'resume'],
  openedAt: at(5),
  by: 'ada',
  state: 'open',
  overdue: false,
  owner: null,
  due: null,
};

/** Resolves when the view fits. */
function viewThat(client: SessionClient, fits: (view: SessionView) => boolean): Promise<SessionView> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits(client.view())) return;
      stop();
      resolve(client.view());
    };
    const stop = client.subscribe(look);
    look();
  });
}

const script = (id: string, source: string, more: Parameters<typeof runStep>[1] = {}): Step => {
  const step = runStep(id, more);
  return step.kind === 'run' ? { ...step, command: commandOf('sh', '-c', source) } : step;
};

/** A rollback with a decision, a debt, a command that prints, and a look by a person. */
const shopBook = (folder: string) =>
  runbookOf({
    title: 'Roll the shop back',
    phases: [
      {
        id: 'decide',
        title: 'Decide',
        steps: [
          {
            ...(decideStep('way', { back: 'next', nothing: endAt('not_needed') }) as Extract<
              Step,
              { kind: 'decide' }
            >),
            recommend: expressionOf("'back'"),
          },
        ],
      },
      {
        id: 'act',
        title: 'Act',
        steps: [
          script('hold', `touch '${folder}/paused'; echo pipeline held`, {
            opens: opensOf('ci', {
              release: commandOf('rm', `${folder}/paused`),
              proof: checkOf(probeOf(null, 'test', '!', '-e', `${folder}/paused`)),
            }),
          }),
          script('down', 'echo reverting; echo reverted', { ponr: { lost: 'orders', confirm: 'name' } }),
          manualStep('look', null, { evidence: { text: 'required' } }),
          releaseStep('give_back', ['ci']),
          endStep('done'),
        ],
      },
    ],
  });

describe('on a real session', () => {
  test('a person walks from the decision to the end with typed words alone', async () => {
    const real = await openRealSession(shopBook);
    const { client } = real;
    /** Types when this step waits. */
    const when = (step: string, text: string) => async () => {
      await viewThat(client, ({ current }) =>
        current.some(({ place, offers }) => place.step === step && offers.length > 0),
      );
      return text;
    };
    const person = sitDown({ client, deadMs: 0 }, [
      when('way', 'back the errors stay'),
      '',
      '',
      when('hold', 'run'),
      'yes',
      when('down', 'run'),
      'shop@staging',
      async () => {
        await viewThat(
          client,
          ({ current }) => current[0]?.place.step === 'look' && person.text().includes('reverted\n'),
        );
        return 'report pass checkout is green';
      },
      when('give_back', 'run'),
      'yes',
      async () => {
        await viewThat(client, ({ status }) => status === 'closed');
        return null;
      },
    ]);

    const end = await person.ended;

    expect(end, person.text()).toEqual({ why: 'ended', exitCode: exitCode.done });
    expect(client.view()).toMatchObject({ status: 'closed', outcome: 'rolled_back' });
    const order = [
      'option back:',
      'decided way: back (back), because the errors stay',
      'phase Decide is over',
      'phase Act begins',
      'command: sh -c',
      'debt ci open: ci is bent',
      'step down done',
      'debt ci proved',
      'session closed, outcome rolled_back',
    ].map((text) => person.text().indexOf(text));
    expect(order, person.text()).toEqual(order.toSorted((left, right) => left - right));
    expect(order).not.toContain(-1);
    expect(person.text()).toContain('output down#1: reverted');
  });

  test('without a terminal and with a scripted operator it writes the whole transcript and asks nothing', async () => {
    const real = await openRealSession(shopBook);
    const person = sitDown({ client: real.client, interactive: false, driven: true });
    scriptedOperator({ client: real.client });

    expect(await person.ended).toEqual({ why: 'ended', exitCode: exitCode.done });
    expect(person.questions).toEqual([]);
    expect(person.text()).toContain('session closed, outcome rolled_back');
  });

  test('without a terminal and with nobody to answer it ends with 2 and names what is missing', async () => {
    const real = await openRealSession(shopBook);
    const person = sitDown({ client: real.client, interactive: false });

    expect(await person.ended).toEqual({ why: 'unanswered', exitCode: exitCode.usage });
    expect(person.text()).toMatch(
      /missing: way \(.*\) is performing and waits for a person; you can type: answer back REASON/,
    );
    expect(person.text()).toContain('resume with: walkback resume ');
    expect(person.questions).toEqual([]);
    expect(eventsOf(real.facts(), 'decision.made')).toEqual([]);
  });

  test('when nobody reads any more it goes silent, and the session goes on to its end', async () => {
    const real = await openRealSession(shopBook);
    const watcher = await real.attach('watcher');
    let writes = 0;
    const end = runPlain({
      client: watcher,
      write: () => {
        writes += 1;
        if (writes > 3) throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
      },
      interactive: false,
      driven: true,
      now: () => ({ ms: 0, iso: at(0) }),
    });

    expect((await end).why).toBe('silent');
    const seen = writes;
    expect((await scriptedOperator({ client: real.client }).ended).why).toBe('closed');
    expect(writes).toBe(seen);
    expect(real.client.view().outcome).toBe('rolled_back');
  });
});

test('every line carries the time, and no line is a glyph alone', async () => {
  const stage = openStage(viewOf({ current: [stepOffering.choose], obligations: [debt] }));
  const person = sitDown({ client: stage.client }, ['status', 'show', 'plan', 'owed', 'help']);

  await person.ended;

  for (const line of person.lines()) {
    expect(line).toMatch(/^\d\d:\d\d:\d\d .*[a-z]{2}/i);
  }
});

test('the header stands before every question: where, live or drill, the clock, the window and the debts', async () => {
  const view = viewOf({
    current: [stepOf()],
    obligations: [debt],
    window: {
      state: 'open',
      until: at(9000),
      reason: 'released',
      leftMs: null,
      asOf: at(0),
      event: null,
      rung: null,
    },
  });
  const person = sitDown({ client: openStage(view).client });

  await person.ended;

  expect(person.lines().at(-3)).not.toContain('you can type');
  const before = person.lines()[person.lines().findIndex((line) => line.includes('you can type')) - 1];
  expect(before).toBe(
    '14:02:20 shop: Roll the shop back to its previous release | production PRODUCTION LIVE | 20 s of 10 min 0 s | window OPEN until 16:32:00 | owed 1',
  );
});

test('shows all of a step before it can be run', async () => {
  const step = stepOf({
    shown: shown('Take the schema back', ['sqitch', 'revert', '--to', 'two words'], {
      why: 'the enum breaks 1.9',
      warn: 'takes a lock',
      env: { PGHOST: 'db1' },
      good: '“41” from schema_version',
      leads: 'the schema is half way',
      undo: 'sqitch deploy',
      ponr: { lost: '37 orders' },
      body: 'first line\nsecond line',
    }),
  });
  const stage = openStage(viewOf({ current: [step] }));
  stage.live({
    usual: { p50Ms: 12_000, p80Ms: 20_000, count: 8 },
    preview: { attempt: 'schema_down#1', result: 'pass', at: at(18), detail: '' },
  });
  const person = sitDown({ client: stage.client });

  await person.ended;

  for (const part of [
    'step 7 of 14 in Execute: Take the schema back to 41 (schema_down, attempt 1) is ready',
    'why: the enum breaks 1.9',
    'WARNING: takes a lock',
    'text: first line',
    "command: sqitch revert --to 'two words'",
    'with: PGHOST=db1',
    'where: workstation, at most 1 min 0 s',
    'target: shop@db1',
    'good: “41” from schema_version',
    'if it does not pass: the schema is half way',
    'undo: sqitch deploy',
    'NO WAY BACK after this. Lost: 37 orders',
    'usual: 12 s (p50), 20 s (p80), from 8 runs',
    'guard: pass at 14:02:18; it is read again before the command',
    'you can type: run | note TEXT | help',
  ])
    expect(person.text()).toContain(part);
});

test('tells each change once, in words', async () => {
  const stage = openStage(viewOf());
  const person = sitDown({ client: stage.client, interactive: false, driven: true });
  const trigger: SessionView['triggers'][number] = {
    id: 'err',
    state: 'FIRED',
    value: 0.08,
    detail: 'errors 0.08 > 0.02',
    since: at(21),
    samples: [],
  };
  const overdue = { ...debt, overdue: true };
  const last: SessionView[] = [
    viewOf({ triggers: [trigger] }),
    viewOf({ triggers: [trigger], obligations: [debt] }),
    viewOf({ triggers: [trigger], obligations: [overdue] }),
    viewOf({
      triggers: [trigger],
      obligations: [overdue],
      status: 'held',
      held: 'the watch version was breached',
      watches: [{ id: 'version', breached: true, reading: reading('version', 'fail', '"2.0.0"') }],
    }),
    viewOf({
      triggers: [trigger],
      obligations: [overdue],
      watches: [{ id: 'version', breached: false, reading: reading('version', 'pass', '"1.9.3"') }],
    }),
    viewOf({
      triggers: [trigger],
      obligations: [{ ...overdue, state: 'proved' }],
      notes: [{ at: at(22), by: 'grace', text: 'the report job is done' }],
    }),
    viewOf({
      triggers: [trigger],
      obligations: [{ ...overdue, state: 'proved' }],
      notes: [{ at: at(22), by: 'grace', text: 'the report job is done' }],
      last: { at: at(23), text: 'message to chat not delivered' },
    }),
  ];
  for (const view of last) {
    stage.show(view);
    stage.show(view);
  }
  stage.live({ recording: { ok: false, detail: 'disk full' } });
  stage.show(viewOf({ status: 'closed', outcome: 'rolled_back' }));
  await person.ended;

  for (const text of [
    'trigger err: FIRED, errors 0.08 > 0.02',
    'debt ci open: Pipeline is paused, at most 2 h 0 min, way back: shopctl ci resume',
    'debt ci is OVERDUE: Pipeline is paused, way back: shopctl ci resume',
    'watch version: BREACHED',
    'session HELD: the watch version was breached; type unhold to go on, or abort REASON to take it back',
    'watch version: good again',
    'session goes on',
    'debt ci proved: Pipeline is paused',
    'note by grace: the report job is done',
    'message to chat not delivered',
    'NOT RECORDING: disk full; nothing new starts',
    'session closed, outcome rolled_back',
    'post-mortem: walkback postmortem k7 (asks what only people know)',
    'export: walkback export k7 --format html',
  ])
    expect([text, person.text().split(text).length - 1]).toEqual([text, 1]);
});

test('passes on what a step prints, and says how long it has run', async () => {
  const running = stepOf({
    status: 'performing',
    startedAt: at(10),
    offers: [{ intent: 'stop_command', confirm: 'yes', name: null }],
  });
  const stage = openStage(viewOf({ current: [running] }));
  const person = sitDown({ client: stage.client, interactive: false, driven: true });

  stage.print('schema_down#1', 'first', 'second');
  stage.print('schema_down#1', 'third');
  person.wait(30_000);
  person.tick();
  stage.print('schema_down#1', ...Array.from({ length: 5000 }, (_, index) => `flood ${String(index)}`));
  stage.show(viewOf({ status: 'closed', outcome: 'rolled_back' }));
  await person.ended;

  expect(person.text().match(/output schema_down#1: (first|second|third)\n/g)).toHaveLength(3);
  expect(person.text()).toContain('still performing: schema_down for 40 s, at most 1 min 0 s');
  expect(person.text()).toContain('output schema_down#1: 4800 lines not shown here');
  expect(person.text()).toContain('output schema_down#1: flood 4999');
});

test('a yes that was typed before the question could be read is not taken', async () => {
  const stage = openStage(viewOf({ current: [stepOf()] }));
  const person = sitDown({ client: stage.client }, ['', 'run', 'yes', 'yes', 'yes'], 150);
  person.wait(1000);

  await person.ended;

  expect(stage.sent).toEqual([]);
  expect(person.text()).toContain('not taken: it was typed before the question could be read');
});

test('a word for a step that has moved on meanwhile is not taken', async () => {
  const stage = openStage(viewOf({ current: [stepOf()] }));
  const person = sitDown(
    { client: stage.client },
    [
      () => {
        stage.show(
          viewOf({ current: [stepOf({ attempt: 'switch#1', place: { step: 'switch', item: '' } })] }),
        );
        return 'run';
      },
      'note still here',
    ],
    150,
  );

  await person.ended;

  expect(person.text()).toContain('not taken: the step changed while you typed; look, then type run again');
  expect(stage.sent).toEqual([{ type: 'note', text: 'still here' }]);
});

test('leaving lists what is owed with the command that gives it back, and how to resume', async () => {
  const stage = openStage(viewOf({ current: [stepOf()], obligations: [debt] }));
  const person = sitDown({ client: stage.client }, ['leave', 'run']);

  expect(await person.ended).toEqual({ why: 'left', exitCode: exitCode.stopped });
  expect(person.text()).toContain(
    'owed ci: Pipeline is paused, open for 16 s of 2 h 0 min, way back: shopctl ci resume',
  );
  expect(person.lines().at(-1)).toMatch(/resume with: walkback resume k7$/);
  expect(stage.detached()).toBe(true);
});

test('a host that is lost is said, with how to resume', async () => {
  const stage = openStage(viewOf({ current: [stepOf()] }));
  const person = sitDown({ client: stage.client, interactive: false, driven: true });
  stage.lose();

  expect(await person.ended).toEqual({ why: 'lost', exitCode: exitCode.stopped });
  expect(person.text()).toContain('the session cannot be reached any more');
});

test('a reader that goes without a write finding out ends it too', async () => {
  const stage = openStage(viewOf({ current: [stepOf()] }));
  const closed = new AbortController();
  const person = sitDown({ client: stage.client, interactive: false, driven: true, closed: closed.signal });
  closed.abort();

  expect((await person.ended).why).toBe('silent');
  expect(stage.detached()).toBe(true);
});

test.each([
  ['rolled_back', [], exitCode.done],
  ['not_needed', [], exitCode.done],
  ['aborted', [], exitCode.failed],
  ['not_possible', [], exitCode.failed],
  ['rolled_back', [debt], exitCode.openObligations],
] as const)(
  'a session that ended as %s with %j open leads to its exit code',
  async (outcome, obligations, code) => {
    const stage = openStage(viewOf({ status: 'ended', outcome, endedAt: at(19), obligations }));

    expect(await sitDown({ client: stage.client, interactive: false }).ended).toEqual({
      why: 'ended',
      exitCode: code,
    });
  },
);

test.each(hostileTexts)(
  '%j from the runbook, the output or the hub cannot drive the terminal',
  async (text) => {
    const step = {
      ...stepOffering.choose,
      title: text,
      phase: { id: 'x', title: text },
      shown: shown(text, [text], { body: text, warn: text }),
    };
    const stage = openStage(
      viewOf({ current: [step], notes: [{ at: at(1), by: text, text }], last: { at: at(2), text } }),
    );
    stage.print('schema_down#1', text);
    const person = sitDown({ client: stage.client }, ['show', `note ${text.replaceAll('\n', ' ')}`]);

    await person.ended;

    expect(person.text()).not.toMatch(unsafe);
    for (const line of person.lines()) expect(line).toMatch(/^\d\d:\d\d:\d\d( |$)/);
  },
);
