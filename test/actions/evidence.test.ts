import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openEvidenceKeeper, type EvidenceOptions } from '../../src/actions/evidence.ts';
import { redactor } from '../../src/actions/redact.ts';
import type { ReadyCommand } from '../../src/session/ports.ts';
import { fill, probe, template, testMeasurer } from './measure/probe-kit.ts';

function keeperIn(more: Partial<EvidenceOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-evidence-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const keeper = openEvidenceKeeper({
    folder,
    clock: systemClock(),
    redactor: redactor([{ name: 'token', value: 'hunter2-hunter2' }]),
    env: { PATH: process.env['PATH'] ?? '' },
    fromHere: (command) => command,
    rows: testMeasurer({ connections, cwd: folder }).rows,
    ...more,
  });
  const captureRows = (query: string, id = 'sample_rows') =>
    keeper.captureRows(
      id,
      probe({ kind: 'sql', connection: 'shop', query: template(query) }),
      fill,
      20_000,
      new AbortController().signal,
    );
  const capture = (argv: readonly string[], limitMs = 20_000, id = 'threads') =>
    keeper.capture(id, commandOf(folder, argv), limitMs, new AbortController().signal);
  return { folder, capture, captureRows };
}

const connections = { shop: { kind: 'sqlite', path: template('shop.db') } } as const;

/** A shop whose notes hold what may not be kept, and what may not reach a terminal. */
function shopIn(folder: string): void {
  const database = new Database(join(folder, 'shop.db'));
  database.exec(`create table orders (id integer primary key, note text);
    insert into orders values (1, 'paid'), (2, 'token hunter2-hunter2'), (3, char(27) || ']52;c;aGk=' || char(7));`);
  database.close();
}

const commandOf = (cwd: string, argv: readonly string[]): ReadyCommand => ({
  argv,
  env: {},
  cwd,
  timeoutMs: 60_000,
  readOnly: true,
});

test('R3.5: what a command prints is kept in a file of its own that only this person can read, with its hash', async () => {
  const { folder, capture } = keeperIn();

  const captured = await capture(['sh', '-c', 'echo one; echo two >&2']);

  const bytes = readFileSync(join(folder, captured.file));
  expect(bytes.toString().split('\n').toSorted()).toEqual(['', 'one', 'two']);
  expect(captured).toEqual({
    file: 'evidence/threads.txt',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    partial: false,
    detail: '',
  });
  expect(statSync(join(folder, captured.file)).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'evidence')).mode & 0o777).toBe(0o700);
});

test('R3.5: secrets are masked in it, and nothing in it drives a terminal', async () => {
  const { folder, capture } = keeperIn();

  const { file } = await capture(['printf', 'token=hunter2-hunter2 \\033]52;c;aGk=\\007 \\033[2J']);

  const text = readFileSync(join(folder, file), 'utf8');
  expect(text).not.toContain('hunter2-hunter2');
  expect(text).not.toContain('\u001B]');
  expect(text).not.toContain('\u001B[2J');
});

test('R3.5: a capture that takes two minutes dies with its children at its limit, and what it printed is kept in part', async () => {
  const { folder, capture } = keeperIn();
  const clock = systemClock();
  const mark = `3${String(process.pid)}.5`;
  const startedAt = clock.mono();

  const captured = await capture(['sh', '-c', `echo begun; sleep ${mark} & sleep 120`], 2_000);

  const tookMs = clock.mono() - startedAt;
  expect(tookMs).toBeGreaterThan(1_000);
  expect(tookMs).toBeLessThan(3_000);
  expect(captured).toMatchObject({ partial: true, detail: 'killed after 2 s' });
  expect(readFileSync(join(folder, captured.file), 'utf8')).toBe('begun\n');
  await vi.waitFor(async () => {
    const { stdout } = await execa('ps', ['-eo', 'args']);
    expect(stdout.split('\n').filter((line) => line === `sleep ${mark}`)).toEqual([]);
  }, 10_000);
});

test('R3.5: a capture whose command leaves a daemon behind is whole, and is not held up until the daemon ends', async () => {
  const { folder, capture } = keeperIn();

  const captured = await capture(['sh', '-c', 'setsid sleep 60 & echo $!']);

  const pid = Number(readFileSync(join(folder, captured.file), 'utf8'));
  expect(process.kill(pid, 0)).toBe(true); // it is alive, and nobody waits for it
  process.kill(pid);
  expect(captured).toMatchObject({ partial: false, detail: '' });
});

test.each([
  ['a command that fails', ['sh', '-c', 'echo half; exit 3'], 'exit 3'],
  ['more than is kept', ['sh', '-c', 'yes'], 'cut after 1000 bytes'],
] as const)('R3.5: %s is kept, and marked as partial', async (_, argv, detail) => {
  const { capture } = keeperIn({ mostBytes: 1_000 });

  expect(await capture(argv)).toMatchObject({ partial: true, detail, file: 'evidence/threads.txt' });
});

test('R3.5: a command that is not there is on record as evidence that is missing', async () => {
  const { capture } = keeperIn();

  expect(await capture(['no-such-command-here'])).toMatchObject({ partial: true });
});

test('R3.5: evidence that is taken again stands beside what was there', async () => {
  const { folder, capture } = keeperIn();
  await capture(['echo', 'one']);
  const second = await capture(['echo', 'two']);

  expect(second.file).toBe('evidence/threads-2.txt');
  expect(readFileSync(join(folder, 'evidence/threads.txt'), 'utf8')).toBe('one\n');
});

test('R3.5: rows of a database are kept as a file of JSON lines with its hash, masked like everything else', async () => {
  const { folder, captureRows } = keeperIn();
  shopIn(folder);

  const captured = await captureRows('select id, note, id from orders order by id');

  const bytes = readFileSync(join(folder, captured.file));
  const lines = bytes.toString().trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual([
    '{"id":1,"note":"paid","id_2":1}',
    expect.not.stringContaining('hunter2-hunter2'),
  ]);
  expect(bytes.toString()).not.toContain('\u001B');
  expect(captured).toEqual({
    file: 'evidence/sample_rows.jsonl',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    partial: false,
    detail: '3 rows',
  });
  expect(statSync(join(folder, captured.file)).mode & 0o777).toBe(0o600);
});

test('R3.5: of a table that is larger than what is kept its beginning is kept, and marked as partial', async () => {
  const { folder, captureRows } = keeperIn();
  shopIn(folder);

  const captured = await captureRows(
    'with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000) select x from n',
  );

  expect(captured).toMatchObject({
    partial: true,
    detail: '10000 rows: The query has more than 10000 rows.',
  });
  expect(readFileSync(join(folder, captured.file), 'utf8').split('\n')).toHaveLength(10_001);
});

test('R3.5: a query that writes is refused by the database, and its evidence is missing', async () => {
  const { folder, captureRows } = keeperIn();
  shopIn(folder);

  expect(await captureRows("update orders set note = 'gone'")).toMatchObject({
    partial: true,
    bytes: 0,
    detail: expect.stringMatching(/^writes: attempt to write a readonly database/) as string,
  });
  const database = new Database(join(folder, 'shop.db'), { readonly: true });
  expect(database.prepare("select count(*) n from orders where note = 'gone'").get()).toEqual({ n: 0 });
  database.close();
});
