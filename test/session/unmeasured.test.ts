import { expect, test } from 'vitest';
import { loaded } from '../runbook/memory-files.ts';
import { bookOfSteps, endStep, readStep } from '../machine/runbook-builder.ts';
import { openWorld, taken } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const bookWith = (query: string) =>
  loaded(
    `- { id: schema_down, run: [migrate, down], stateful: true, undo: { run: [migrate, up] }, outputs: { rows: { pattern: 'moved (\\d+)' } } }
- { id: switch_app, run: [deploy, old], undo: { run: [deploy, new] } }
- { id: done, end: rolled_back }`,
    `connections: { shop: { postgres: "postgres://127.0.0.1/shop" } }
invariants: [{ id: orphans, sql: shop, query: "${query}", expect: { equals: 0 } }]`,
  );

test('an invariant whose query reads what is not there is not known: it is told, and nothing hangs', async () => {
  const world = openWorld();
  const { measure } = world.measurer;
  const { say, context, session } = await openTestSession({
    runbook: bookWith("select '${{ steps.schema_down.outputs.rows }}'"),
    world: {
      ...world,
      measurer: {
        ...world.measurer,
        // every place is filled before anything is asked, as the real one does
        measure: async (probe, fill, signal) => {
          if (probe.source.kind === 'sql') fill(probe.source.query);
          return measure(probe, fill, signal);
        },
      },
    },
  });
  await say('run');
  expect(world.ran).toEqual([]);
  expect(session.view().data?.blocks).toMatchObject([
    { id: 'invariant orphans', code: 'not_measured', detail: expect.stringContaining('outputs') },
  ]);

  world.prints['schema_down'] = 'moved 7\n';
  world.readings['sql'] = 0;
  await say('accept_data', { reason: 'it is there after the step' });
  expect(world.ran).toEqual(['schema_down#1']);
  expect(context().data.due).toBeNull();
  expect(session.view().data?.blocks).toEqual([]);
});

test('a fault of ours at a step is not known, asks a person, and ends no process, now or when it is taken up again', async () => {
  // as no loader would hand it on: reading it throws
  const when = { source: undefined, probes: [] } as never;
  const first = await openTestSession({
    runbook: bookOfSteps(readStep('look', { when }), endStep('over')),
  });
  expect(first.at()).toMatchObject({ status: 'unknown', problem: { code: 'internal' } });

  const second = await first.dies('resumed');
  expect(second.at()).toMatchObject({ status: 'unknown', problem: { code: 'internal' } });
});

test('what a fault of ours says is masked before it is recorded', async () => {
  const world = openWorld();
  const { say, facts } = await openTestSession({
    runbook: bookWith('select 0'),
    secrets: ['hunter22'],
    world: {
      ...world,
      runner: { ...world.runner, run: () => Promise.reject(new Error('no JSON: {"key":"hunter22"}')) },
    },
  });
  world.readings['sql'] = 0;
  await say('run');

  expect(facts('command.ended')).toMatchObject([{ ending: 'lost', tail: 'no JSON: {"key":"•••"}' }]);
});

test('data that cannot be measured because of a fault of ours is not known, and nothing hangs', async () => {
  const world = openWorld();
  const { measure } = world.measurer;
  let faulty = false;
  const { say, context, session } = await openTestSession({
    runbook: bookWith('select 0'),
    world: {
      ...world,
      measurer: {
        ...world.measurer,
        measure: (...asked) => (faulty ? Promise.reject(new Error('no such pool')) : measure(...asked)),
      },
    },
  });
  world.readings['sql'] = 0;
  world.endings['schema_down'] = ['stays'];
  await say('run');
  faulty = true;
  world.end('schema_down#1', 0);
  await say('note');

  expect(context().data.due).toBeNull();
  expect(session.view().data?.blocks).toMatchObject([
    { id: 'invariant orphans', code: 'not_measured', detail: expect.stringContaining('no such pool') },
  ]);
});

test.each([
  [
    'a condition',
    '- { id: change, when: "probes.state != \'\'", run: [x], undo: { run: [y] } }',
    '`probes.state` is not set',
  ],
  [
    'what is kept for the way back',
    '- { id: change, capture: { before: state }, run: [x], undo: { run: [y] } }',
    'the command exited 128 and printed nothing',
  ],
])(
  'a command that failed and printed nothing is no empty value: %s is not known',
  async (_what, step, told) => {
    const world = openWorld();
    world.readings['state'] = { ...taken(''), exit: 128 };
    const runbook = loaded(
      `${step}\n- { id: done, end: rolled_back }`,
      'probes: { state: { run: [git, diff] } }',
    );
    const { session, at, say } = await openTestSession({ runbook, world });
    if (at().status === 'ready') await say('run');
    expect([world.ran, session.view().outcome, at().status]).toEqual([[], null, 'unknown']);
    expect(JSON.stringify(at())).toContain(told);
  },
);
