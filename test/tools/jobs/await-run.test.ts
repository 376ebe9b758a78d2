import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { awaitRun } from '../../../src/tools/jobs/await-run.ts';

/** A file that a job writes when it ends well, and a clock that moves when it is waited on. */
function job(onPause: (file: string, pauses: number) => void) {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-job-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'last-run');
  let now = 0;
  let pauses = 0;
  return {
    file,
    run: (lastRun: readonly string[] = ['cat', file]) =>
      awaitRun({
        lastRun,
        withinMs: 10_000,
        everyMs: 1_000,
        env: { PATH: process.env['PATH'] ?? '' },
        cwd: folder,
        mono: () => now,
        pause: async (ms) => {
          now += ms;
          onPause(file, (pauses += 1));
        },
      }),
  };
}

test('a run that ends while it is waited for is seen', async () => {
  const { file, run } = job((written, pauses) => {
    if (pauses === 3) writeFileSync(written, '2026-11-23T03:05:00Z\n');
  });
  writeFileSync(file, '2026-11-23T03:00:00Z\n');

  expect(await run()).toEqual({ seen: true, before: '2026-11-23T03:00:00Z', after: '2026-11-23T03:05:00Z' });
});

test('a run that ended before does not count', async () => {
  const { file, run } = job(() => undefined);
  writeFileSync(file, '2026-11-23T03:00:00Z\n');

  expect(await run()).toEqual({ seen: false, last: '2026-11-23T03:00:00Z', why: 'no run was seen' });
});

test('what cannot be asked is never a run that was seen', async () => {
  const { run } = job(() => undefined);

  expect(await run()).toMatchObject({
    seen: false,
    last: null,
    why: expect.stringContaining('No such file'),
  });
  expect(await run(['true'])).toMatchObject({ seen: false, why: 'true prints nothing' });
  expect(await run(['/nonexistent/program'])).toMatchObject({ seen: false, last: null });
});

test('a first run after none could be read is not seen: it may have been there all along', async () => {
  const { run } = job((written, pauses) => {
    if (pauses === 2) writeFileSync(written, '1\n');
    if (pauses === 5) writeFileSync(written, '2\n');
  });

  expect(await run()).toEqual({ seen: true, before: '1', after: '2' });
});

test('R6.5: a batch run that was killed half way is no run that was seen; the one that does the rest is', async () => {
  const batch = (file: string, rows: number): readonly string[] => [
    '-c',
    `for row in 1 2 3 4; do echo $row >> "${file}.rows"; [ $row = ${rows} ] && exec sleep 60; done; date +%s%N > "${file}"`,
  ];
  const { file, run } = job((written, pauses) => {
    if (pauses === 1) {
      const half = spawnSync('sh', batch(written, 2), { timeout: 300, killSignal: 'SIGKILL' });
      expect(half.signal).toBe('SIGKILL');
      expect(readFileSync(`${written}.rows`, 'utf8')).toBe('1\n2\n');
    }
    if (pauses === 12) spawnSync('sh', batch(written, 0));
  });
  writeFileSync(file, 'the night before\n');

  expect(await run()).toMatchObject({ seen: false, last: 'the night before' });
  expect(await run()).toMatchObject({ seen: true, before: 'the night before' });
});
