import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stage } from '../runbooks/stage.ts';
import { openStage } from '../runbooks/stage.ts';
import { generator } from '../torture-lib/random.ts';
import { tableOf, tamperings, tryBundles } from '../torture-lib/tampered-bundles.ts';

/* SAFETY G3: 4,000 tamperings of bundles, 1,000 honest ones; each asked of our verifier and of the script in docs/. */

const tampered = Number(process.env['TAMPERED'] ?? 4000);
const honest = Number(process.env['HONEST'] ?? 1000);

let stage: Stage;
beforeAll(() => {
  stage = openStage();
});
afterAll(() => stage.clear());

/** The script for people without walkback, kept running: a folder a line, a verdict a line. */
const asking = `
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import verify_bundle as v
for line in sys.stdin:
    folder, seq, head, signers = line.rstrip("\\n").split("\\t")
    try:
        folder = pathlib.Path(folder)
        v.check_sums(folder)
        if signers:
            v.check_signature(folder, signers, "ada")
        v.check_chain(folder, (int(seq), head))
        print("ok", flush=True)
    except (v.Broken, OSError, ValueError) as error:
        print("broken", flush=True)
`;

test(`${String(tampered)} tamperings are all detected, and ${String(honest)} honest bundles are all whole`, async () => {
  const script = spawn('python3', ['-c', asking, resolve(import.meta.dirname, '../../docs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: script.stdout })[Symbol.asyncIterator]();
  const second = async (folder: string, head: string, signers: string | null): Promise<boolean> => {
    script.stdin.write(`${[folder, ...head.trim().split(' '), signers ?? ''].join('\t')}\n`);
    const { value } = await lines.next();
    return value === 'ok';
  };
  const figures = await tryBundles(stage, { honest, tampered, bases: 20, random: generator(4000), second });
  script.stdin.end();
  console.log(tableOf(figures));
  expect(figures.falseAlarms).toEqual([]);
  expect(figures.disagreements).toEqual([]);
  for (const [name, { seenBy }] of Object.entries(tamperings)) {
    const { tried = 0, bundle, head, all } = figures.seen[name] ?? {};
    expect([name, all]).toEqual([name, tried]);
    expect([name, bundle]).toEqual([name, seenBy === 'bundle' ? tried : 0]);
    expect([name, head]).toEqual([name, seenBy === 'signature' ? 0 : tried]);
  }
});
