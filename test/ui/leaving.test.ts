import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clipboardSequence } from '../../src/ui/clipboard.ts';
import { readSignature, writePieces, writePrivate } from '../../src/ui/private-file.ts';
import { transcriptOf } from '../../src/ui/transcript.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, nowIso, nowMs, viewAt, viewOf } from './fake-client.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'walkback-ui-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the transcript', () => {
  test('of a detached session says that it goes on, what is owed, and how to come back', () => {
    expect(transcriptOf(viewOf(), 'detached', nowMs)).toBe(
      [
        'shop: roll back to 1.9.3 (production LIVE): the session goes on without this screen, 06:12 so far',
        'last: transform rows: done, 37 of 37',
        'owed: 3',
        '  - writes frozen (for 03:12)',
        '    give back: shopctl writes thaw',
        '  - alerts silenced (for 05:42)',
        '    give back: amtool silence expire b7c1',
        '  - pipeline paused (for 05:12)',
        '    give back: shopctl ci resume',
        'resume: walkback resume s-0301-1800',
        'export: walkback export s-0301-1800',
        '',
      ].join('\n'),
    );
  });

  test('of a closed session says how it came out and does not offer to resume', () => {
    const text = transcriptOf(
      viewOf({ status: 'closed', outcome: 'rolled_back', obligations: [], endedAt: nowIso }),
      'ended',
      nowMs,
    );
    expect(text).toContain('ROLLED BACK after 06:12');
    expect(text).toContain('owed: nothing');
    expect(text).not.toContain('resume:');
  });

  test('cannot be made to draw anything else', () => {
    const view = viewOf({ last: { at: nowIso, text: 'evil\u001b[2J\nline' } });
    // eslint-disable-next-line no-control-regex
    expect(transcriptOf(view, 'detached', nowMs)).not.toMatch(/\u001b/);
  });
});

describe('files', () => {
  test('are for their owner only', async () => {
    const path = await writePrivate(join(folder, 'new'), 'a.txt', 'text');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
    expect(await readFile(path, 'utf8')).toBe('text');
  });

  test('are written in pieces', async () => {
    const path = await writePieces(folder, 'b.txt', ['one\n', 'two\n']);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });

  test('a signature is read from its file, or put together again after a paste', async () => {
    const signature = '-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\nAAAAAQ==\n-----END SSH SIGNATURE-----\n';
    const path = join(folder, 'request.txt.sig');
    await writeFile(path, signature);
    expect(await readSignature(path)).toBe(signature);
    expect(await readSignature(signature.trim().replaceAll('\n', ' '))).toBe(signature);
    await expect(readSignature(join(folder, 'no such file'))).rejects.toThrow(/ENOENT/);
  });
});

test('the clipboard takes a text by OSC 52, and no text that is too long for it', () => {
  expect(clipboardSequence('sqitch revert')).toBe(
    `\u001b]52;c;${Buffer.from('sqitch revert').toString('base64')}\u0007`,
  );
  expect(clipboardSequence('x'.repeat(80_000))).toBeNull();
});

test('a copied command reaches the terminal and a file, and the screen says where', async () => {
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases }),
    options: { copyFolder: folder },
  });
  let written = '';
  screen.store.attachTerminal({
    write: (bytes) => void (written += bytes),
    suspend: (meanwhile) => meanwhile(),
  });
  screen.press('c');
  await vi.waitFor(() => expect(screen.text()).toContain("sent to the terminal's clipboard"));
  expect(written).toContain('\u001b]52;c;');
  expect(await readFile(join(folder, 'command-schema_down_1.txt'), 'utf8')).toBe(
    'sqitch revert --to @v1.9.3 db:pg:shop\n',
  );
});

test('an approval request is written word for word, to be signed anywhere', async () => {
  const request = 'session s-1\nRoll back\n';
  const view = viewAt(
    {
      offers: [{ intent: 'sign' }],
      approval: {
        type: 'approval.requested',
        place: { step: 'ok', item: '' },
        attempt: 'schema_down#1',
        request,
        digest: 'sha256:feedfacecafe0000',
        expiresAt: null,
        given: [],
        needed: 1,
        role: 'commander',
      },
    },
    { phases: freshPhases },
  );
  openTestScreen({ view, options: { copyFolder: folder } });
  await vi.waitFor(async () =>
    expect(await readFile(join(folder, 'approval-feedfacecafe.txt'), 'utf8')).toBe(request),
  );
});

test('what was written in the editor comes back into the field', async () => {
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases }),
    options: { openEditor: (text) => Promise.resolve(`${text} and more\n`) },
  });
  screen.press('n');
  screen.type('some');
  screen.press('ctrl+e');
  await vi.waitFor(() => expect(screen.text()).toContain('some and more'));
  screen.press('enter');
  expect(screen.client.sent).toEqual([{ type: 'note', text: 'some and more' }]);
});

test('a signature in a file that is not there is told, and nothing is sent', async () => {
  const view = viewAt(
    {
      offers: [{ intent: 'sign' }],
      approval: {
        type: 'approval.requested',
        place: { step: 'ok', item: '' },
        attempt: 'schema_down#1',
        request: 'r',
        digest: 'sha256:00',
        expiresAt: null,
        given: [],
        needed: 1,
        role: 'commander',
      },
    },
    { phases: freshPhases },
  );
  const screen = openTestScreen({ view, options: { copyFolder: folder } });
  screen.calmly('a', 'enter');
  screen.wait(500);
  screen.type(`eva@shop.example\r${join(folder, 'missing.sig')}\r`);
  screen.calmly('y');
  await vi.waitFor(() => expect(screen.text()).toContain('ENOENT'));
  expect(screen.client.sent).toEqual([]);
});
