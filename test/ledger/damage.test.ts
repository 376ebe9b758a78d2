import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { examineLedger, setAside } from '../../src/ledger/examine.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { ended, intent, judged, note } from '../fixtures/ledger/example-facts.ts';
import {
  append,
  freshLedger,
  openTestLedger,
  startSession,
  temporaryFolder,
  tickingClock,
} from './temporary-ledger.ts';

/** Two sessions with output, some of it in the write-ahead log only. */
function example(): { ledger: Ledger; session: string } {
  const ledger = freshLedger();
  const logs = [startSession(ledger), startSession(ledger)];
  for (let round = 1; round <= 24; round += 1) {
    for (const log of logs) {
      const attempt = `drain#${round}`;
      log.appendOutput(attempt, Buffer.from(`round ${round}\n`.repeat(300)));
      append(ledger, log, intent(attempt, round % 5 === 0 ? `freeze${round}` : null));
      append(
        ledger,
        log,
        ended(attempt, log.sealOutput(attempt)),
        judged(attempt),
        note(`round ${round} done`),
      );
    }
    if (round === 21) ledger.store.emptyLog();
  }
  const [first] = logs;
  if (first === undefined) throw new Error('no session');
  return { ledger, session: first.session };
}

/** A copy of the ledger as it stands on disk now, as after a crash. */
function copyOf(ledger: Ledger): string {
  const folder = temporaryFolder();
  const path = join(folder, 'ledger.db');
  for (const end of ['', '-wal']) copyFileSync(`${ledger.path}${end}`, `${path}${end}`);
  cpSync(`${ledger.path}.heads`, `${path}.heads`, { recursive: true });
  return path;
}

const open = (path: string, readOnly = false): Ledger =>
  openLedger({ path, readOnly, boot: 'b', ...tickingClock() });

/** Everything that counts as evidence, or null where it cannot be read. */
function contents(path: string): readonly string[] | null {
  const database = new Database(path, { readonly: true });
  try {
    const tables = [
      'session',
      'event',
      'opening',
      'purge',
      'blob',
      'output',
      'output_seal',
      'session_row',
      'obligation_row',
      'step_time',
    ];
    return tables.flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`)
        .all()
        .map((row) => `${table} ${JSON.stringify(row)}`),
    );
  } catch {
    return null;
  } finally {
    database.close();
  }
}

/** What is found, by opening and by examining. Only an error for the operator counts. */
function findingsIn(path: string): readonly string[] {
  let ledger: Ledger;
  try {
    ledger = open(path);
  } catch (error) {
    if (error instanceof OperatorError) return [error.message];
    throw error;
  }
  try {
    return examineLedger(ledger).map(({ detail }) => detail);
  } finally {
    ledger.close();
  }
}

/** The same numbers each run. */
function* numbersFrom(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

test('finds nothing wrong with an honest ledger, nor with its copy after a crash', () => {
  const { ledger } = example();
  expect(examineLedger(ledger)).toEqual([]);
  expect(findingsIn(copyOf(ledger))).toEqual([]);
});

test('lets no damaged page or log pass: three hundred random ones', () => {
  const { ledger } = example();
  const base = copyOf(ledger);
  const whole = contents(base) ?? [];
  const originals = ['', '-wal'].map((end) => readFileSync(`${base}${end}`));
  const random = numbersFrom(20_260_503);
  const next = (below: number): number => Math.floor((random.next().value ?? 0) * below);
  let found = 0;
  let harmless = 0;
  for (let trial = 0; trial < 300; trial += 1) {
    for (const [index, bytes] of originals.entries())
      writeFileSync(`${base}${index === 0 ? '' : '-wal'}`, bytes, { mode: 0o600 });
    rmSync(`${base}-shm`, { force: true });
    const target = `${base}${trial % 3 === 0 ? '-wal' : ''}`;
    const bytes = Buffer.from(readFileSync(target));
    const length = trial % 2 === 0 ? 1 : 200;
    const from = next(bytes.length - length);
    for (let offset = 0; offset < length; offset += 1)
      bytes.writeUInt8(bytes.readUInt8(from + offset) ^ (1 + next(255)), from + offset);
    writeFileSync(target, bytes);
    if (findingsIn(base).length > 0) {
      found += 1;
      continue;
    }
    // Bytes that hold nothing may change without harm; what the ledger says may not.
    const left = new Set(whole);
    expect(contents(base)?.filter((line) => !left.has(line))).toEqual([]);
    expect(contents(base)).toHaveLength(whole.length);
    harmless += 1;
  }
  expect(found).toBeGreaterThan(150);
  expect(found + harmless).toBe(300);
}, 120_000);

test('finds a deleted write-ahead log by the head kept beside the ledger, and starts nothing on it', () => {
  const { ledger, session } = example();
  const path = copyOf(ledger);
  rmSync(`${path}-wal`);
  const damaged = open(path);
  try {
    expect(() => openSessionLog(damaged, session)).toThrow(/has lost events of session/u);
    expect(damaged.verify(session)).toMatchObject({ ok: false, why: 'truncation' });
    expect(examineLedger(damaged).map(({ session: of }) => of)).toContain(session);
    expect(damaged.soundRows(session).length).toBeGreaterThan(10);
  } finally {
    damaged.close();
  }
});

test('finds a ledger that was cut short, and leaves it as it is', () => {
  const { ledger } = example();
  ledger.store.emptyLog();
  const path = copyOf(ledger);
  truncateSync(path, Math.floor(statSync(path).size / 2));
  const before = readFileSync(path);
  expect(findingsIn(path).length).toBeGreaterThan(0);
  expect(readFileSync(path)).toEqual(before);
});

test('finds an older copy put in the place of the ledger', () => {
  const { ledger, session } = example();
  const older = copyOf(ledger);
  const log = openSessionLog(ledger, session);
  append(ledger, log, note('one more'));
  cpSync(`${ledger.path}.heads`, `${older}.heads`, { recursive: true });

  const restored = open(older);
  try {
    expect(() => openSessionLog(restored, session)).toThrow(/older copy/u);
  } finally {
    restored.close();
  }
});

test('gives the events before a forged one, and refuses to replay them', () => {
  const { ledger, session } = example();
  const path = copyOf(ledger);
  const forger = new Database(path);
  forger.exec('DROP TRIGGER event_no_update');
  forger.prepare(`UPDATE event SET actor = 'eve' WHERE session = ? AND seq = 12`).run(session);
  forger.close();

  const forged = openTestLedger(path);
  expect(forged.verify(session)).toMatchObject({ ok: false, seq: 12, why: 'edit' });
  expect(forged.soundRows(session).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 11 }, (_, index) => index + 1),
  );
  expect(() => openSessionLog(forged, session).facts()).toThrow(
    /is not as it was recorded \(edit at event 12/u,
  );
});

test('finds printed output that was changed, taken away or said to be purged', () => {
  const forgeries = [
    `UPDATE output SET blob = (SELECT blob FROM output WHERE attempt = 'drain#2' LIMIT 1) WHERE attempt = 'drain#1'`,
    `DELETE FROM output_seal WHERE attempt = 'drain#1'`,
    `UPDATE output_seal SET purged = 1 WHERE attempt = 'drain#1'`,
    `UPDATE output_seal SET truncated = 1 WHERE attempt = 'drain#1'; DELETE FROM output WHERE attempt = 'drain#1'`,
  ];
  const { ledger, session } = example();
  for (const forgery of forgeries) {
    const path = copyOf(ledger);
    const forger = new Database(path);
    forger.exec(forgery);
    forger.close();
    expect(openTestLedger(path).verify(session)).toMatchObject({ ok: false, seq: 3, why: 'output' });
  }
});

test('copies a damaged ledger aside with everything beside it', () => {
  const { ledger } = example();
  const path = copyOf(ledger);
  const folder = setAside(path, '2026-05-03T09-00');

  expect(readdirSync(folder).toSorted()).toEqual(['ledger.db', 'ledger.db-wal', 'ledger.db.heads']);
  expect(readFileSync(join(folder, 'ledger.db'))).toEqual(readFileSync(path));
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(existsSync(path)).toBe(true);
  mkdirSync(`${path}.damaged-taken`);
  expect(() => setAside(path, 'taken')).toThrow('EEXIST');
});
