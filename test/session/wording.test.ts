import { expect, test } from 'vitest';
import { loaded } from '../runbook/memory-files.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const blocks = `inputs:
  flag: { type: string, ask: Which flag? }
  token: { type: string, ask: Which token? }
scope:
  nodes: [web-1, web-2]`;

const steps = `- id: read
  title: 'Read \${{ inputs.flag }}'
  run: [flags, get, '\${{ inputs.flag }}']
  opens: { id: held, title: 'The flag \${{ inputs.flag }} is held', release: { run: [flags, free] }, proof: { run: [flags, held], expect: { exit: 0 } } }
  outputs: { was: { pattern: 'was (\\w+)' } }
- id: put
  title: 'Put \${{ inputs.flag }} to \${{ steps.read.outputs.was }} with \${{ inputs.token }}'
  why: 'It was \${{ steps.read.outputs.was }} before.'
  warn: '\${{ inputs.flag }} is read by everybody.'
  run: [flags, set]
  undo: { run: [flags, back, '\${{ captured.before }}'] }
  capture: { before: { run: [flags, get] } }
  ponr: { lost: 'what \${{ inputs.flag }} was' }
- id: nodes
  each: { in: '\${{ scope.nodes }}', as: node }
  steps:
    - { id: visit, title: 'Reload \${{ node }}', run: [reload], undo: { run: [reload] } }
- { id: free, release: [held] }
- { id: over, end: rolled_back }`;

const runbook = loaded(steps, blocks);
const inputs = { flag: 'coupons', token: 's3cret' };

const open = (printed = 'was off') => {
  const world = openWorld();
  world.prints['read'] = printed;
  return openTestSession({
    runbook,
    world,
    inputs,
    secrets: ['s3cret'],
    known: { inputs: { flag: 'coupons' }, env: {} },
  });
};

const titles = ({ session }: Awaited<ReturnType<typeof open>>) =>
  session.view().phases.flatMap((phase) => phase.steps.map(({ title }) => title));

test('the plan says what is known from the start, and after which step the rest will be', async () => {
  const opened = await open();
  expect(titles(opened)).toEqual([
    'Read coupons',
    'Put coupons to <known after “Read coupons”> with <token>',
    'For each node',
    'Reload <node>',
    'Give back held',
    'End: rolled back',
  ]);
});

test('what a step did not tell is said to be missing, and not to come yet', async () => {
  const opened = await open('was nowhere to be seen?');
  await opened.say('run');
  expect(titles(opened)[1]).toBe('Put coupons to nowhere with •••');
  const silent = await open('');
  await silent.say('run');
  expect(titles(silent)[1]).toBe('Put coupons to <not told by “Read coupons”> with •••');
});

test('a value is in the title as soon as there is one, and a secret never is', async () => {
  const opened = await open();
  await opened.say('run');
  expect(opened.at().title).toBe('Put coupons to off with •••');
  expect(opened.at().shown).toMatchObject({
    title: 'Put coupons to off with •••',
    why: 'It was off before.',
    warn: 'coupons is read by everybody.',
    ponr: { lost: 'what coupons was' },
    undo: 'flags back <before>',
  });
  expect(titles(opened)[1]).toBe('Put coupons to off with •••');
  expect(opened.session.view().obligations[0]?.title).toBe('The flag coupons is held');
  await opened.say('run');
  expect(opened.at().title).toBe('Reload web-1');
  expect(titles(opened)[3]).toBe('Reload web-1');
});
