import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { ballastBytes, neededBytes } from '../../src/ledger/ballast.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { ended, note } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, openTestLedger, startSession, temporaryFolder } from './temporary-ledger.ts';

const big = 'x'.repeat(200_000);

/** What a call throws, which must be an error for the operator. */
function operatorErrorOf(call: () => unknown): OperatorError {
  try {
    call();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A small disk of its own, where this machine lets us mount one. */
function smallDisk(megabytes: number): string {
  const folder = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'none', folder]);
  if (mounted.status !== 0) throw new Error(mounted.stderr.toString());
  onTestFinished(() => {
    spawnSync('umount', [folder]);
  });
  return folder;
}

function canMountHere(): boolean {
  const folder = '/tmp';
  return (
    spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', folder]).status === 0 &&
    process.geteuid?.() === 0
  );
}
const canMount = canMountHere();

test('says which folder is full and how much it needs, and records on once there is space', () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  const connection = ledger.store.connection();
  connection.pragma(`max_page_count = ${String(connection.pragma('page_count', { simple: true }))}`);

  const error = operatorErrorOf(() => {
    for (;;) append(ledger, log, note(big));
  });
  expect(error.message).toContain('The disk is full');
  expect(error.message).toContain(dirname(ledger.path));
  expect(error.message).toMatch(/needs \d+ bytes/u);
  expect(error.nextSteps[0]).toMatch(/Free at least \d+ bytes/u);
  expect(log.mayPass?.(error)).toBe(true);
  const failed = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
  expect(log.mayPass?.(new OperatorError('The disk failed.', ['Look.'], { cause: failed }))).toBe(false);
  const before = log.facts().length;

  ledger.store.connection().pragma('max_page_count = 1000000');
  append(ledger, log, note('after'));
  expect(log.facts()).toHaveLength(before + 1);
  expect(ledger.verify(log.session)).toMatchObject({ ok: true });
});

test.skipIf(!canMount)('gives up its ballast before it gives up recording on a real full disk', () => {
  const folder = smallDisk(24);
  const ledger = openTestLedger(join(folder, 'ledger.db'));
  const log = startSession(ledger);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(14 * 1_048_576, 1));

  let acknowledged = 1;
  let acknowledgedAtRelease = 0;
  const error = operatorErrorOf(() => {
    for (;;) {
      acknowledged = append(ledger, log, note(`${acknowledged} ${big}`))[0]?.seq ?? 0;
      if (acknowledgedAtRelease === 0 && !existsSync(`${ledger.path}.ballast`))
        acknowledgedAtRelease = acknowledged;
    }
  });

  expect(acknowledgedAtRelease).toBeGreaterThan(1);
  expect(acknowledged).toBeGreaterThan(acknowledgedAtRelease);
  expect(ledger.warnings().join()).toContain('reserve');
  expect(error.message).toContain('The disk is full');
  expect(error.message).toContain(folder);
  expect(log.facts()).toHaveLength(acknowledged);

  rmSync(join(folder, 'filler'));
  append(ledger, log, note('after'));
  const again = openTestLedger(ledger.path);
  expect(openSessionLog(again, log.session).facts()).toHaveLength(acknowledged + 1);
  expect(again.verify(log.session)).toMatchObject({ ok: true });
});

test.skipIf(!canMount)(
  'records how a command ended although its output filled the disk, and says what is missing',
  () => {
    const folder = smallDisk(24);
    const ledger = openTestLedger(join(folder, 'ledger.db'));
    const log = startSession(ledger);
    // Random bytes do not compress.
    for (let part = 0; part < 1_024; part += 1) {
      log.appendOutput('drain#1', crypto.getRandomValues(new Uint8Array(65_536)));
    }
    const sealed = log.sealOutput('drain#1');
    append(ledger, log, ended('drain#1', sealed));

    expect(sealed).toMatchObject({ bytes: 64 * 1_048_576, truncated: true });
    expect(log.facts().at(-1)?.fact).toMatchObject({ type: 'command.ended', exitCode: 0 });
    expect(ledger.verify(log.session)).toMatchObject({ ok: true });
  },
);

test('opens no writer where there is hardly any space, and says how much is missing', () => {
  const path = join(temporaryFolder(), 'ledger.db');
  const statFs = () => ({ type: 0xef53, bsize: 4096, bavail: 100 });

  const error = operatorErrorOf(() => openTestLedger(path, { statFs }));
  expect(error.message).toContain('409600 bytes are free');
  expect(error.nextSteps[0]).toContain(String(neededBytes - 409_600));
});

test('opens with a warning on a full disk where the ballast can still be given up', () => {
  const ledger = freshLedger();
  const statFs = () => ({ type: 0xef53, bsize: 4096, bavail: 100 });
  const again = openTestLedger(ledger.path, { statFs });

  expect(again.warnings().join()).toContain('nearly full');
  expect(ballastBytes).toBeLessThan(neededBytes);
});

test('says who to look for when another program keeps the ledger locked, and writes nothing', () => {
  const ledger = freshLedger({ busyMs: 100 });
  const log = startSession(ledger);
  const other = new Database(ledger.path);
  try {
    other.exec('BEGIN IMMEDIATE');
    const error = operatorErrorOf(() => append(ledger, log, note('waits')));
    expect(error.message).toContain(`Another program keeps ${ledger.path} locked`);
    expect(error.nextSteps[0]).toContain('fuser');
  } finally {
    other.close();
  }
  append(ledger, log, note('goes through'));
  expect(log.facts().map(({ fact }) => fact.type)).toEqual(['session.started', 'note.added']);
});
