import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeAll, beforeEach, afterAll, expect, test } from 'vitest';
import { lookingRunbook } from './runbooks.ts';
import { openMachine } from './walkback.ts';
import type { Ended, Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;
let folder: string;
let good: string;

beforeAll(async () => {
  machine = await openMachine();
  folder = dirname(machine.ledger);
  good = `${folder}-good`;
  machine.file('looking.yaml', lookingRunbook);
  expect((await machine.walkback(['run', 'looking.yaml'])).code).toBe(0);
  renameSync(folder, good);
}, 180_000);
/** What waits as long as the program does for a lock begins with the others, on a machine of its own. */
let onLocked: Promise<Ended>;
let locked: { readonly machine: Machine; readonly unlock: () => void };
beforeAll(async () => {
  const own = await openMachine();
  own.file('looking.yaml', lookingRunbook);
  cpSync(good, dirname(own.ledger), { recursive: true });
  const other = new Database(own.ledger);
  other.exec('BEGIN EXCLUSIVE');
  const unlock = (): void => {
    other.exec('ROLLBACK');
    other.close();
  };
  locked = { machine: own, unlock };
  onLocked = own.walkback(['run', 'looking.yaml']);
}, 180_000);
afterAll(() => locked.machine.remove());

beforeEach(() => cpSync(good, folder, { recursive: true }));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => machine.remove());

/** Every file below the data folder, with what is in it. */
function bytes(): Readonly<Record<string, string>> {
  const top = dirname(folder);
  return Object.fromEntries(
    readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // SQLite's shared memory is no content, and a reader that leaves takes both of its own files away
      .filter((file) => !file.endsWith('-shm') && !(file.endsWith('-wal') && readFileSync(file).length === 0))
      .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

function change(work: (database: Database.Database) => void): void {
  const database = new Database(machine.ledger);
  work(database);
  database.close();
}

const troubles: readonly (readonly [string, () => void, RegExp])[] = [
  [
    'newer than the program',
    () =>
      change((database) => {
        const version = database.pragma('user_version', { simple: true }) as number;
        database.pragma(`user_version = ${version + 1}`);
      }),
    /newer/,
  ],
  ['cut in the middle', () => truncateSync(machine.ledger, 8192), /damaged|cannot be believed|is not/],
  ['not a database', () => writeFileSync(machine.ledger, 'a shopping list\n'.repeat(500)), /damaged/],
  [
    'a symbolic link',
    () => {
      renameSync(machine.ledger, `${machine.ledger}.real`);
      symlinkSync(`${machine.ledger}.real`, machine.ledger);
    },
    /is a symbolic link: the ledger is not kept there/,
  ],
  [
    'in a folder that is a symbolic link',
    () => {
      renameSync(folder, `${folder}-elsewhere`);
      symlinkSync(`${folder}-elsewhere`, folder);
    },
    /is a symbolic link: the ledger is not kept there/,
  ],
  ['in a folder that others can write', () => chmodSync(folder, 0o777), /can be written by others/],
  ['a file that others can write', () => chmodSync(machine.ledger, 0o666), /can be written by others/],
  [
    'a folder',
    () => {
      rmSync(machine.ledger);
      mkdirSync(machine.ledger);
    },
    /is not a regular file/,
  ],
];

test.each(troubles)(
  'a ledger that is %s is left as it is: the session does not start, and the reason is said',
  slow,
  async (_what, damage, words) => {
    damage();
    const before = bytes();
    for (const command of [
      ['run', 'looking.yaml'],
      ['sessions'],
      ['export', '--format', 'jsonl'],
      ['obligations'],
    ]) {
      const { stdout, stderr, code } = await machine.walkback(command);
      expect(stderr, command.join(' ')).toMatch(words);
      expect(stderr).toMatch(/ {2}→ /);
      expect(stderr).not.toContain('bug in walkback');
      expect(stdout).toBe('');
      expect([3, 6]).toContain(code);
    }
    const doctor = await machine.walkback(['doctor']);
    expect(doctor.stdout).toMatch(/^bad +ledger/m);
    expect(doctor.code).toBe(3);
    expect(bytes()).toEqual(before);
    expect(machine.processes()).toEqual([]);
    rmSync(`${folder}-elsewhere`, { recursive: true, force: true });
  },
);

test(
  'a ledger of an older version is brought up to date by the first command that reads it, and says so once',
  slow,
  async () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
    const older = new Database(machine.ledger);
    older.pragma(`application_id = ${String(0x574c4b42)}`);
    older.close();
    chmodSync(machine.ledger, 0o600);

    const first = await machine.walkback(['sessions']);
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('older walkback was brought up to date'),
    ]);
    expect(await machine.walkback(['sessions'])).toMatchObject({ code: 0, stderr: '' });
    expect((await machine.walkback(['run', 'looking.yaml'])).code).toBe(0);
  },
);

test('one row that was changed is named by verify, in the ledger and in its export', slow, async () => {
  const [row] = machine.sql('SELECT id FROM session_row') as { id: string }[];
  const session = row?.id ?? '';
  const whole = await machine.walkback(['verify', session]);
  expect(whole.stdout).toMatch(/ledger verified, \d+ events, head [0-9a-f]{16}/);
  expect(whole.code).toBe(0);
  change((database) => {
    const triggers = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).pluck().all();
    for (const name of triggers) database.exec(`DROP TRIGGER "${String(name)}"`);
    database.prepare(`UPDATE event SET actor = 'somebody else' WHERE session = ? AND seq = 3`).run(session);
  });
  const broken = await machine.walkback(['verify', session]);
  expect(broken.stdout).toContain(`${session}: BROKEN at seq 3`);
  expect(broken.code).toBe(3);
  const json = await machine.walkback(['verify', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    verdicts: [{ name: session, verdict: { ok: false, seq: 3 } }],
  });
  expect(json.code).toBe(3);
  const shown = await machine.walkback(['show', session]);
  expect(shown.stderr).toContain('is not as it was recorded (edit at event 3');
  expect(shown.code).toBe(3);

  const believed = await machine.walkback(['export', session, '--format', 'jsonl']);
  expect(believed.stderr).toContain('BROKEN at seq 3');
  expect(believed.code).toBe(3);
  machine.file('believed.jsonl', believed.stdout);
  const two = await machine.walkback(['verify', '--file', 'believed.jsonl']);
  expect(two.stdout).toContain('ledger verified, 2 events');
});

test('an exported file verifies anywhere, and an edit, a cut and a swap in it are named', slow, async () => {
  const { stdout: exported } = await machine.walkback(['export', '--format', 'jsonl']);
  const lines = exported.trimEnd().split('\n');
  const [first = '', second = '', third = '', ...rest] = lines;
  const tried: readonly (readonly [readonly string[], RegExp, number])[] = [
    [lines, /ledger verified/, 0],
    [[], /BROKEN at seq 1 \(empty\)/, 3],
    [[first, second, third.replace(/"actor":"[^"]*"/, '"actor":"nobody"'), ...rest], /BROKEN at seq 3/, 3],
    [[first, third, ...rest], /BROKEN at seq [23]/, 3],
    [[first, third, second, ...rest], /BROKEN at seq [23]/, 3],
  ];
  for (const [text, words, wanted] of tried) {
    machine.file('session.jsonl', `${text.join('\n')}\n`);
    const { stdout, code } = await machine.walkback(['verify', '--file', 'session.jsonl']);
    expect(stdout).toMatch(words);
    expect(code).toBe(wanted);
  }
  for (const text of ['not json\n', '{"schema":"other"}\n', '[]\n', `${first}\n\u0000\n`]) {
    machine.file('session.jsonl', text);
    const { stderr, code } = await machine.walkback(['verify', '--file', 'session.jsonl']);
    expect(stderr).toMatch(/^walkback: (?!this is a bug)/);
    expect(code).toBe(2);
  }
});

// the last one: it has waited beside all others
test(
  'a ledger that another program keeps locked is waited for, then named; nothing is started',
  slow,
  async () => {
    const { stdout, stderr, code } = await onLocked;
    expect(stderr).toMatch(/keeps .*ledger\.db locked/);
    expect(stdout).toBe('');
    expect(code).toBe(3);
    locked.unlock();
    expect((await locked.machine.walkback(['run', 'looking.yaml'])).code).toBe(0);
  },
);
