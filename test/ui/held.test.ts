import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const held = (options: { readonly copyFolder?: string } = {}) =>
  openTestScreen({
    options,
    view: viewAt(
      {},
      {
        phases: freshPhases,
        status: 'held',
        held: 'watch neighbour: 40 % is not < 5 %',
        takesBack: ['Switch the second', 'Switch the first'],
      },
    ),
  });

test('a held session offers to take back what was done, and says what that is', async () => {
  const screen = held();
  expect(screen.text()).toContain('watch neighbour: 40 % is not < 5 %');
  expect(screen.text()).toContain('p: go on, or take it back');
  screen.calmly('p');
  const text = screen.text();
  for (const words of [
    'undo  Switch the second',
    'undo  Switch the first',
    'take it back: abort through undo',
    'undoes 2 changes',
    'go on all the same',
  ])
    expect(text).toContain(words);
  await screen.settle();
  expect(screen.client.sent).toEqual([]);
});

test('taking it back asks why, and sends an abort', async () => {
  const screen = held();
  screen.calmly('p');
  screen.calmly('down', 'enter');
  screen.type('it is worse than before');
  screen.calmly('enter');
  screen.calmly('y');
  await screen.settle();
  expect(screen.client.sent).toEqual([{ type: 'abort', reason: 'it is worse than before' }]);
});

test('a held session says how a mended runbook is taken over, with the id of this session, and copies the command', async () => {
  const copyFolder = mkdtempSync(join(tmpdir(), 'walkback-held-'));
  onTestFinished(() => rmSync(copyFolder, { recursive: true }));
  const screen = held({ copyFolder });
  screen.calmly('p');
  expect(screen.text()).toContain('the runbook is wrong: take a mended one over');
  screen.calmly('down', 'down', 'down', 'enter');
  await expect.poll(() => screen.text()).toMatch(/walkback rebase \S+ --reason "…" sent to the terminal's/);
  const id = screen.client.view().session.id;
  expect(readFileSync(join(copyFolder, 'rebase.txt'), 'utf8')).toBe(`walkback rebase ${id} --reason "…"\n`);
  expect(screen.client.sent).toEqual([]);
});
