import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyBundle } from '../../src/cli/records/verify-bundle.ts';
import type { Stage } from '../runbooks/stage.ts';
import { openStage } from '../runbooks/stage.ts';
import { generator } from '../torture-lib/random.ts';
import type { Figures } from '../torture-lib/tampered-bundles.ts';
import { tamperings, tryBundles } from '../torture-lib/tampered-bundles.ts';

/* The short form of the trial of `npm run torture`: SAFETY G3 on bundles. */

let stage: Stage;
let figures: Figures;

beforeAll(async () => {
  stage = openStage();
  const random = generator(11);
  figures = await tryBundles(stage, { honest: 12, tampered: 108, bases: 2, random, second: null });
}, 120_000);
afterAll(() => stage.clear());

test.each(Object.entries(tamperings))(
  'G3: %s is detected by whoever has what it takes',
  (name, { seenBy }) => {
    const { tried = 0, bundle, head, signature, all } = figures.seen[name] ?? {};
    expect(tried).toBeGreaterThanOrEqual(6);
    // with an export, the signers and a head that left the machine everything is seen
    expect([signature, all]).toEqual([tried, tried]);
    // and what it takes is needed: a chain alone sees neither a cut end nor a story that is told anew
    expect([bundle, head]).toEqual([seenBy === 'bundle' ? tried : 0, seenBy === 'signature' ? 0 : tried]);
  },
);

test('G3: no honest bundle is called broken, signed or not, redacted or whole', () => {
  expect(figures.falseAlarms).toEqual([]);
  expect(figures.honest).toBe(12);
});

test('a bundle with a pipe in it is refused at once, and what is no folder is no bundle', async () => {
  const folder = join(stage.folder, 'strange');
  mkdirSync(folder);
  execFileSync('mkfifo', [join(folder, 'SHA256SUMS')]);
  const known = { head: null, signer: null };
  expect(await verifyBundle(stage.around, folder, known)).toEqual({
    ok: false,
    problem: 'SHA256SUMS is neither a file nor a folder',
  });
  await expect(verifyBundle(stage.around, join(folder, 'SHA256SUMS'), known)).rejects.toThrow(
    /is no folder, so it is no bundle/,
  );
});
