import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionVariable } from '../../src/actions/attempts/process-table.ts';
import { until } from '../fixtures/runner/open-test-runner.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { tellStory } from '../torture-lib/story.ts';
import type { Story } from '../torture-lib/story.ts';
import { killProcess } from '../torture-lib/kill-process.ts';

let programs: SessionPrograms;
beforeAll(async () => {
  programs = await bundleSessionPrograms(true);
}, 120_000);
afterAll(() => programs.remove());

const limit = { timeout: 240_000 };

/** A file system of its own, small enough to be filled; null where this user may not mount one. */
function mountSmall(): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'wbfull-'));
  const mounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', folder]).status === 0;
  if (!mounted) rmSync(folder, { recursive: true });
  return mounted ? folder : null;
}

const probe = mountSmall();
const mountable = probe !== null;
function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true });
}
if (probe !== null) unmount(probe);

/** Takes all the room that is left, byte by byte in the end. */
function fill(folder: string, name: string): void {
  for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path.join(folder, name), Buffer.alloc(size), { flag: 'a' });
    } catch {
      // What is left is smaller than this piece.
    }
  }
}

// each story has a bench of its own, and waits more than it computes: they are told at the same time
test
  .skipIf(!mountable)
  .concurrent(
    'a disk that fills while a step runs: nothing new starts, the outcome is safe, and the ledger has it once there is room',
    limit,
    async () => {
      const disk = mountSmall();
      if (disk === null) throw new Error('it could be mounted a moment ago');
      try {
        const env = { WALKBACK_LEDGER: path.join(disk, 'ledger.db') };
        const tell = async (story: Story): Promise<void> => {
          await tellOfFullDisk(story, disk);
          const verified = story.readLedger((ledger) => ledger.verify(story.bench.session));
          expect(verified).toMatchObject({ ok: true });
        };
        await tellStory(programs, tell, { env });
      } finally {
        unmount(disk);
      }
    },
  );

async function tellOfFullDisk(story: Story, disk: string): Promise<void> {
  const { bench } = story;
  await story.begin();
  fill(disk, 'filler');
  story.letGo();
  await until('the command has ended', () => story.lines('journal').includes('end'), 60_000);
  // The reserve that the ledger keeps is given up for the first ending: fill that too, until nothing can be recorded.
  await until(
    'nothing is recorded any more',
    () => {
      fill(disk, 'filler');
      bench.send({ type: 'note', text: 'x'.repeat(4_000) });
      return bench.refusals.some(({ code }) => code === 'E_NOT_RECORDING');
    },
    120_000,
  );
  expect(statfsSync(disk).bavail).toBeLessThan(64);
  expect(story.lines('effects')).toEqual(['change']);
  rmSync(path.join(disk, 'filler'));
  // With its last screen gone the agent that cannot record makes room for one that can.
  killProcess(bench.pids().screen, 'SIGKILL');
  await until('the agent has ended', () => bench.isGone('host') && bench.isGone('screen'), 60_000);
  bench.repair();
  await until('the ending is known', () => bench.view()?.current[0]?.status === 'failed', 60_000);
  const ended = story.facts().filter(({ type }) => type === 'command.ended');
  expect(ended).toMatchObject([{ ending: 'exited', exitCode: 7 }]);
  expect(story.lines('journal')).toEqual(['begin', 'end']);
}

/** `walkback resume` in a pipe, while no agent runs: what it says and how it ends. */
async function resume({ bench }: Story) {
  const { exitCode, all } = await execa(
    process.execPath,
    [programs.walkback, 'resume', bench.session, '--plain'],
    {
      cwd: bench.root,
      env: { ...bench.around.env, [sessionVariable]: bench.session },
      stdin: 'ignore',
      all: true,
      reject: false,
      timeout: 120_000,
    },
  );
  return { status: exitCode, said: all };
}

async function stopAgent({ bench }: Story): Promise<void> {
  killProcess(bench.pids().host, 'SIGTERM');
  await until('the agent has ended', () => bench.isGone('host'), 60_000);
}

test.concurrent(
  'a ledger that another program keeps locked: resume says so and starts nothing',
  limit,
  async () =>
    tellStory(programs, async (story) => {
      await until('the session stands', () => story.bench.view() !== null, 60_000);
      await stopAgent(story);
      const other = new Database(story.bench.around.ledgerPath);
      other.exec('BEGIN IMMEDIATE');
      const { status, said } = await resume(story);
      other.exec('ROLLBACK');
      other.close();
      expect(said).toMatch(/locked/);
      expect(said).not.toMatch(/^\s+at /m);
      expect(status).toBe(3);
      expect(story.lines('journal')).toEqual([]);
    }),
);

test.concurrent.each([
  {
    what: 'damaged',
    harm: (file: string) => {
      const bytes = readFileSync(file);
      for (let at = 4_096; at < bytes.length; at += 4_096) bytes.fill(0x5a, at, at + 512);
      writeFileSync(file, bytes);
    },
    says: /damaged|corrupt|malformed|copy/i,
  },
  {
    what: 'written by a newer walkback',
    harm: (file: string) => {
      const database = new Database(file);
      database.pragma('user_version = 9999');
      database.close();
    },
    says: /newer/i,
  },
])(
  'a ledger that is $what: resume says so, starts nothing and leaves its bytes alone',
  limit,
  async ({ harm, says }) =>
    tellStory(programs, async (story) => {
      const { ledgerPath } = story.bench.around;
      await until('the session stands', () => story.bench.view() !== null, 60_000);
      await stopAgent(story);
      const kept = `${ledgerPath}.kept`;
      copyFileSync(ledgerPath, kept);
      harm(ledgerPath);
      const before = readFileSync(ledgerPath);
      const { status, said } = await resume(story);
      expect(said).toMatch(says);
      expect(said).not.toMatch(/^\s+at /m);
      expect([2, 3, 6]).toContain(status);
      expect(readFileSync(ledgerPath).equals(before)).toBe(true);
      expect(story.lines('journal')).toEqual([]);
    }),
);
