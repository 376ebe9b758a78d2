import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { missed, openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

function book(): Runbook {
  const text = `
walkback: 1
id: told
title: Roll the shop back
service: shop
objective: 10m
inputs: { ticket: { type: string, value: INC-7 } }
channels: { desk: { http: 'http://127.0.0.1:9/' } }
probes: { incident_state: { run: [desk, show] } }
incident:
  id: '\${{ inputs.ticket }}'
  severity: SEV2
  state: incident_state
  update: { to: desk, restored: 'Restored after \${{ session.elapsed }}' }
phases:
  - id: decide
    title: Decide
    steps:
      - { id: way, decide: Back?, options: [{ id: back, title: Roll back }, { id: no, title: 'No', end: not_needed }] }
  - id: execute
    title: Execute
    steps:
      - { id: swap, run: [deploy, old], undo: { run: [deploy, new] } }
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('told.yaml', memoryFiles({ 'told.yaml': text }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
}

const opened = (world = openWorld()) =>
  openTestSession({ runbook: book(), world, inputs: { ticket: 'INC-7' } });

test('the incident is read again at each phase, and shown as it was told last', async () => {
  const world = openWorld();
  world.readings['incident_state'] = { state: 'investigating', commander: 'eva' };
  const { say, session, facts } = await opened(world);

  expect(session.view().incident).toMatchObject({
    id: 'INC-7',
    severity: 'SEV2',
    commander: 'eva',
    state: 'investigating',
    result: 'pass',
  });
  world.readings['incident_state'] = { status: 'mitigating', severity: 'SEV1' };
  await say('choose', { option: 'back' });
  expect(session.view().incident).toMatchObject({ state: 'mitigating', severity: 'SEV1' });
  expect(facts('incident.read').map(({ phase }) => phase)).toEqual(['decide', 'execute']);
});

test('deciding, executing and restored are written back to its channel', async () => {
  const world = openWorld();
  const { say, session } = await opened(world);
  await say('choose', { option: 'back' });
  await say('run');

  expect(session.view().status).toBe('closed');
  expect(world.sent).toEqual([
    { channel: 'desk', text: 'incident INC-7: deciding whether to roll back' },
    { channel: 'desk', text: 'incident INC-7: rolling back' },
    { channel: 'desk', text: 'Restored after 0s' },
  ]);
});

test('an incident that is resolved before the verdict is a finding, once', async () => {
  const world = openWorld();
  world.readings['incident_state'] = 'Resolved';
  const { say, facts, session } = await opened(world);
  await say('choose', { option: 'back' });

  expect(facts('drift.added')).toMatchObject([
    { by: 'walkback', target: 'incident INC-7', what: expect.stringContaining('Resolved already') },
  ]);
  expect(session.view().drift).toHaveLength(1);
});

test('a state that cannot be read is unknown, and what was known before is said to be old', async () => {
  const world = openWorld();
  world.readings['incident_state'] = 'investigating';
  const { say, session, at } = await opened(world);
  world.readings['incident_state'] = missed('timeout');
  await say('choose', { option: 'back' });

  expect(session.view().incident).toMatchObject({ state: 'investigating', result: 'unknown' });
  expect(at().place.step).toBe('swap');
});
