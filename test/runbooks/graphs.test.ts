import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadOrRefuse } from '../../src/cli/load.ts';
import { svg } from '../../src/machine/drawing/svg.ts';
import { mermaid } from '../../src/machine/mermaid.ts';
import { repository, shipped } from './stage.ts';

const folder = path.join(repository, 'docs', 'graphs');
const runbooks = readdirSync(shipped())
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.basename(name, '.yaml'));

test('docs/graphs has each runbook that ships, and nothing else', () => {
  expect(readdirSync(folder).toSorted()).toEqual(
    runbooks.flatMap((name) => [`${name}.mmd`, `${name}.svg`]).toSorted(),
  );
});

test.each(runbooks)('the graphs of %s are what it compiles to: walkback graph writes them', (name) => {
  const { runbook } = loadOrRefuse(shipped(`${name}.yaml`));

  expect(readFileSync(path.join(folder, `${name}.mmd`), 'utf8')).toBe(mermaid(runbook));
  expect(readFileSync(path.join(folder, `${name}.svg`), 'utf8')).toBe(svg(runbook));
});
