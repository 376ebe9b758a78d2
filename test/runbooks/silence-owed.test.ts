import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openTestSession } from '../session/open-test-session.ts';

const fragment = path.join(import.meta.dirname, '../../runbooks/steps/silence_alertmanager.yaml');

test('R6.3: killed before the silence is given back it is still owed, and run out early it is an alarm, not quiet', async () => {
  const loaded = loadRunbook(
    'book.yaml',
    memoryFiles({
      'silence.yaml': readFileSync(fragment, 'utf8'),
      'book.yaml': `walkback: 1
id: book
title: Silence and give back
service: shop
objective: 10m
phases:
  - id: main
    title: Main
    steps:
      - { id: hush, use: silence.yaml, with: { url: "http://127.0.0.1:9", match: service=shop, for: 45m } }
      - { id: go_on, manual: Roll back., changes: the release, undo: { run: [undo] } }
      - { id: back, release: [hush] }
      - { id: done, end: rolled_back }
`,
    }),
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const session = await openTestSession({ runbook: loaded.runbook });
  const [{ id: step } = { id: '' }] = session.session.view().phases[0]?.steps ?? [];
  session.world.endings[step] = ['stays'];
  await session.say('run', {}, step);

  const next = await session.dies('resumed');
  const owed = () => next.session.view().obligations[0];
  expect(owed()).toMatchObject({ state: 'open', overdue: false, ttlMs: 45 * 60_000 });
  expect(owed()?.release.slice(0, 3)).toEqual(['walkback', 'silence', 'expire']);

  const last = await openTestSession({
    runbook: loaded.runbook,
    rows: next.log.facts(),
    world: next.world,
    clock: next.clock,
    how: 'resumed',
    monitored: true,
  });
  await last.clock.advance(46 * 60_000);
  expect(last.facts('obligation.overdue')).toMatchObject([{ key: owed()?.key }]);
  expect(last.session.view().obligations[0]).toMatchObject({ state: 'open', overdue: true });
});
