import { expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { allSteps } from '../../src/runbook/model.ts';
import { memoryFiles, runbookOf, runbookText } from './memory-files.ts';

const part = [
  'walkback_fragment: 1\nid: part\ntitle: Part\ninputs: { who: { type: string } }\nprobes: { here: { run: [tool, "${{ inputs.who }}"] } }\nsteps:',
  ...Array.from(
    { length: 20 },
    (_, index) =>
      `  - { id: s${index}, run: [go, "\${{ inputs.who }}"], when: "inputs.who != 'x${index}'", undo: { run: [back] }, verify: { probe: here, expect: { equals: ok } } }`,
  ),
].join('\n');

test('a runbook of 1,000 steps loads', () => {
  const uses = Array.from(
    { length: 50 },
    (_, index) => `- { id: u${index}, use: part.yaml, with: { who: node_${index} } }`,
  ).join('\n');

  const runbook = runbookOf(
    loadRunbook('book.yaml', memoryFiles({ 'book.yaml': runbookText(uses), 'part.yaml': part })),
  );

  expect(allSteps(runbook)).toHaveLength(1_000);
  expect(Object.keys(runbook.probes)).toHaveLength(50);
});
