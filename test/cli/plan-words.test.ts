import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plan } from '../../src/cli/commands/plan.ts';
import { runbookText } from '../runbook/memory-files.ts';
import { closedSession } from './closed-session.ts';

const steps = `- { id: read, title: 'Read \${{ inputs.flag }} on \${{ env.host }}', run: [flags, get], read_only: true, outputs: { was: { pattern: 'was (\\\\w+)' } } }
- { id: put, title: 'Put it to \${{ steps.read.outputs.was }} for \${{ inputs.who }}', run: [flags, set, '\${{ steps.read.outputs.was }}'], undo: { run: [flags, back] } }
- { id: over, end: rolled_back }`;
const blocks = `inputs:
  flag: { type: string, value: coupons }
  who: { type: string, ask: Who? }
environments: { staging: { values: { host: db1 } } }`;

test('the plan says the values it knows, and a plain word for those that only the session will know', async () => {
  const { around, printed } = closedSession();
  const file = join(around.cwd, 'book.yaml');
  writeFileSync(file, runbookText(steps, blocks));
  await plan(around, file, { env: 'staging', input: {} });
  const text = printed();
  expect(text).toContain('read · run · Read coupons on db1');
  expect(text).toContain('put · run · Put it to <known after “Read coupons on db1”> for <who>');
  expect(text).toContain('$ flags set <known after “Read coupons on db1”>');
  expect(text).not.toMatch(/\$\{\{|steps\.|inputs\./);
  await plan(around, file, { env: 'staging', input: { who: 'grace' } });
  expect(printed()).toContain('for grace');
});
