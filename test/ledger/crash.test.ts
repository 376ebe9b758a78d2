import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readFacts } from '../../src/ledger/parse-facts.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { startRecorder } from './run-recorder.ts';
import { newSessionId, openTestLedger, temporaryFolder } from './temporary-ledger.ts';

const slow = 180_000;
const numbers = (lines: readonly string[]): readonly number[] =>
  lines.filter((line) => line !== 'refused').map(Number);

function expectWhole(ledger: Ledger, session: string): number {
  const facts = readFacts(ledger, session);
  expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_fact, index) => index + 1));
  const notes = facts.flatMap(({ fact }) => (fact.type === 'note.added' ? [fact.text] : []));
  expect(new Set(notes).size).toBe(notes.length);
  expect(ledger.verify(session)).toMatchObject({ ok: true, rows: facts.length });
  return facts.length;
}

test(
  'loses no acknowledged event when its process is killed, thirty times',
  async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const sessions = [newSessionId(), newSessionId(), newSessionId()];
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(
        sessions.map(async (session, index) => {
          const recorder = startRecorder([path, session, 1_000_000]);
          await recorder.printed(1 + ((round * 7 + index * 13) % 40));
          recorder.child.kill('SIGKILL');
          await recorder.ended;
          expect(recorder.errors()).toBe('');
          const ledger = openTestLedger(path);
          expect(expectWhole(ledger, session)).toBeGreaterThanOrEqual(Math.max(...numbers(recorder.lines)));
        }),
      );
    }
  },
  slow,
);

test(
  'lets six processes record at once, each without a gap and none told that the ledger is busy',
  async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const sessions = Array.from({ length: 6 }, newSessionId);
    const recorders = sessions.map((session) => startRecorder([path, session, 400]));
    expect(await Promise.all(recorders.map(({ ended }) => ended))).toEqual([0, 0, 0, 0, 0, 0]);

    const ledger = openTestLedger(path);
    for (const [index, session] of sessions.entries()) {
      expect(recorders[index]?.errors()).toBe('');
      expect(recorders[index]?.lines).toEqual(Array.from({ length: 400 }, (_, seq) => String(seq + 1)));
      expect(expectWhole(ledger, session)).toBe(400);
    }
  },
  slow,
);

test(
  'lets one of two processes drive when both start the same session',
  async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const session = newSessionId();
    const recorders = [startRecorder([path, session, 200]), startRecorder([path, session, 200])];
    const codes = await Promise.all(recorders.map(({ ended }) => ended));
    const ledger = openTestLedger(path);
    const acknowledged = recorders.flatMap(({ lines }) => numbers(lines));

    // One may have finished before the other began: then both wrote, one after the other.
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(expectWhole(ledger, session)).toBe(acknowledged.length);
    expect(codes).toContain(0);
    for (const [index, code] of codes.entries()) {
      if (code !== 0) expect(recorders[index]?.errors()).toContain('Another process drives this session');
    }
  },
  slow,
);

const canTrace = spawnSync('strace', ['-f', '-qq', '-e', 'trace=fdatasync', 'true']).status === 0;

test.skipIf(!canTrace).each([4, 7, 10, 13, 16, 21])(
  'neither loses nor doubles an event when sync number %i fails once',
  async (when) => {
    const path = join(temporaryFolder(), 'ledger.db');
    const session = newSessionId();
    // The file is made first, so that the failing sync is one of an append.
    await startRecorder([path, newSessionId(), 1]).ended;
    const fault = `inject=fsync,fdatasync:error=EIO:when=${when}`;
    const recorder = startRecorder(
      [path, session, 40],
      ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', fault],
    );
    expect(await recorder.ended).toBe(0);

    const ledger = openTestLedger(path);
    expect(expectWhole(ledger, session)).toBe(40);
    expect(new Set(numbers(recorder.lines)).size).toBe(40);
  },
  slow,
);

test.each(['000', '077', '027'])(
  'makes everything for the owner only under umask %s',
  async (mask) => {
    const path = join(temporaryFolder(), 'new', 'ledger.db');
    const session = newSessionId();
    const recorder = startRecorder(
      [path, session, 1_000_000],
      ['sh', '-c', `umask ${mask}; exec "$@"`, 'sh'],
    );
    await recorder.printed(3);
    const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

    expect(recorder.errors()).toBe('');
    expect(modeOf(join(path, '..'))).toBe('700');
    expect(modeOf(`${path}.heads`)).toBe('700');
    for (const file of [
      path,
      `${path}-wal`,
      `${path}-shm`,
      `${path}.ballast`,
      join(`${path}.heads`, session),
    ]) {
      expect([file, modeOf(file)]).toEqual([file, '600']);
    }
    recorder.child.kill('SIGKILL');
    await recorder.ended;
  },
  slow,
);
