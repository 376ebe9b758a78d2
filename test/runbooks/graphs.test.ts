import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadOrRefuse } from '../../src/cli/load.ts';
import { svg } from '../../src/machine/drawing/svg.ts';
import { mermaid } from '../../src/machine/mermaid.ts';
import { repository, shipped } from './stage.ts';

const folder = path.join(repository, 'docs', 'graphs');
const drawn = readdirSync(folder).filter((name) => /\.(?:mmd|svg)$/.test(name));

test.each(drawn)('docs/graphs/%s is what the runbook compiles to: walkback graph writes it', (name) => {
  const { name: runbook, ext } = path.parse(name);
  const { runbook: loaded } = loadOrRefuse(shipped(`${runbook}.yaml`));

  expect(readFileSync(path.join(folder, name), 'utf8')).toBe((ext === '.svg' ? svg : mermaid)(loaded));
});
