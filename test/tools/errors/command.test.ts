import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { walkback } from '../cli.ts';

const spans = ['--released', '2026-03-01T10:00:00Z', '--since', '2026-03-01T10:40:00Z'];
const escape = String.fromCodePoint(27);

function logOf(...lines: readonly string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-errors-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'app.log');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

test('count and last line of each fingerprint are printed, and nothing in them can act on a terminal', async () => {
  const soon = new Date().toISOString();
  const log = logOf(
    '2026-03-01T09:30:00Z ERROR cache miss 1',
    '2026-03-01T10:10:00Z ERROR coupon 1 cannot be read',
    `${soon} ERROR coupon 2${escape}]0;owned${escape}\\ cannot be read`,
  );
  const said = await walkback({}, 'errors', '--log', log, ...spans);
  expect(said.code).toBe(3);
  expect(said.out).toMatch(
    /^fail: .*1 novel errors go on; quiet for \S+ \w+, 10 min 0 s are needed\n {2}novel: once since then, last /,
  );
  expect(said.out).toContain('ERROR coupon 2');
  expect(said.out).toContain('2 more were not seen since then');
  expect(said.out).not.toContain(escape);

  const json = await walkback({}, 'errors', '--log', log, ...spans, '--json');
  expect(json.code).toBe(3);
  expect(json.json()).toMatchObject({
    verdict: 'fail',
    errors: [{ class: 'novel', after: 1, counts: true }, {}, {}],
  });
  expect(json.out).not.toMatch(/[^ -~\n…·—“”’]/);
});

test('quiet is 0, what cannot be told is 30, and a wrong call is 2', async () => {
  const log = logOf(
    '2026-03-01T10:10:00Z ERROR coupon 1 cannot be read',
    '2026-03-01T10:41:00Z ERROR coupon 1 cannot be read',
  );
  expect(await walkback({}, 'errors', '--log', log, ...spans)).toMatchObject({
    code: 0,
    out: expect.stringContaining('residual, over: once'),
  });
  expect((await walkback({}, 'errors', '--log', `${log}.none`, ...spans)).code).toBe(30);
  expect((await walkback({}, 'errors', ...spans)).code).toBe(2);
  expect(
    (await walkback({}, 'errors', '--log', log, '--released', 'yesterday', '--since', spans[3] ?? '')).warned,
  ).toContain('--released is no time');
  expect((await walkback({}, 'errors', '--log', log, ...spans, '--match', '(')).warned).toContain(
    'is not a pattern',
  );
  expect((await walkback({}, 'errors', '--log', log, ...spans, '--normalise', 'names')).warned).toContain(
    'Choose of: ids, hex, numbers, quoted',
  );
});
