import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const steps = path.resolve(import.meta.dirname, '../../runbooks/steps');
const text = `walkback: 1
id: canary
title: Try it
service: shop
objective: 5m
phases:
  - id: try
    title: Try
    steps:
      - id: tenth
        use: steps/canary_haproxy.yaml
        with: { proxy: [--haproxy, admin.sock], census: [--url, "http://127.0.0.1:1"] }
      - { id: back, release: [tenth] }
      - { id: done, end: not_needed }
`;

test('killed in the middle of a shift: the restart shows the debt, reads the real weights, and restores those of before', async () => {
  const fragment = readFileSync(path.join(steps, 'canary_haproxy.yaml'), 'utf8');
  const loaded = loadRunbook(
    'canary.yaml',
    memoryFiles({ 'canary.yaml': text, 'steps/canary_haproxy.yaml': fragment }),
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const world = openWorld();
  const good = { ok: true, value: '', exit: 0, status: null, headers: {}, text: '' } as const;
  world.readings['tenth_ready'] = good;
  world.readings['tenth_agrees'] = good;
  world.readings['tenth_weights'] = 'blue1=0 green1=1';
  world.endings['tenth_split'] = ['stays'];
  const first = await openTestSession({ runbook: loaded.runbook, world });
  await first.clock.advance(5_000);
  await first.say('run', {}, 'tenth_split');
  expect(first.status('tenth_split')).toBe('performing');

  // the machine takes everything with it: nobody can say how far the shift came
  world.finds['tenth_split#1'] = { verdict: 'in_doubt', doubt: 'no_outcome', detail: 'it left no outcome' };
  world.readings['tenth_weights'] = 'blue1=1 green1=9';
  const next = await first.dies('resumed');
  expect(next.at('tenth_split')).toMatchObject({
    status: 'in_doubt',
    probe: { subject: 'tenth_weights', value: '"blue1=1 green1=9"' },
  });
  expect(next.session.view().obligations).toMatchObject([{ key: 'tenth_weights', state: 'open' }]);

  await next.say('abort', { reason: 'put it back first' });
  await next.say('resolve_doubt', { as: 'not_done' }, 'tenth_split');
  expect(next.at().shown?.argv).toEqual([
    'walkback', 'traffic', 'restore', '--haproxy', 'admin.sock', '--weights', 'blue1=0 green1=1',
  ]); // prettier-ignore
  await next.say('run');
  await next.clock.advance(5_000);
  expect(next.session.view()).toMatchObject({ outcome: 'aborted', obligations: [{ state: 'proved' }] });
  expect(world.ran.filter((attempt) => attempt.startsWith('tenth_split'))).toEqual(['tenth_split#1']);
});
