import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/runbook/model/values.ts';
import { measure, path, probe, template, testFolder } from './probe-kit.ts';

const file = (name: string, more: Partial<Probe> = {}) => probe({ kind: 'file', path: template(name) }, more);

describe('A file', () => {
  test('Is its text, from a relative or a whole path, by path and pattern', async () => {
    const cwd = testFolder();
    writeFileSync(join(cwd, 'state'), '{"leader":"db1"}\n');
    expect(await measure(file('state'), { cwd })).toMatchObject({
      ok: true,
      value: '{"leader":"db1"}',
      text: '{"leader":"db1"}\n',
    });
    expect(await measure(file(join(cwd, 'state'), { json: '$.leader' }))).toMatchObject({ value: 'db1' });
    expect(await measure(file('state', { pattern: 'db(\\d)' }), { cwd })).toMatchObject({ value: '1' });
  });

  test('Is found under the home of the person, where its path begins with it', async () => {
    const home = testFolder();
    writeFileSync(join(home, 'token'), 'secret\n');
    const env = { PATH: path(), HOME: home };

    expect(await measure(file('~/token'), { env })).toMatchObject({ ok: true, value: 'secret' });
    expect(await measure(file('./~/token'), { env })).toMatchObject({ ok: true, value: null });
  });

  test('Is empty or absent, which are not the same', async () => {
    const cwd = testFolder();
    writeFileSync(join(cwd, 'empty'), '');
    expect(await measure(file('empty'), { cwd })).toMatchObject({ ok: true, value: '' });
    expect(await measure(file('gone'), { cwd })).toMatchObject({ ok: true, value: null });
    expect(await measure(file('empty/below'), { cwd })).toMatchObject({ ok: true, value: null });
    expect(await measure(file('gone', { json: '$.a' }), { cwd })).toMatchObject({ ok: true, value: null });
  });

  test('Is never a link, a folder, a pipe or a device', async () => {
    const cwd = testFolder();
    writeFileSync(join(cwd, 'real'), 'x');
    symlinkSync(join(cwd, 'real'), join(cwd, 'link'));
    mkdirSync(join(cwd, 'folder'));
    execaSync('mkfifo', [join(cwd, 'pipe')], { env: { PATH: path() } });
    for (const name of ['link', 'folder', 'pipe', '/dev/zero']) {
      expect(await measure(file(name), { cwd }), name).toMatchObject({ ok: false, code: 'not_regular' });
    }
  });

  test('Is not read where it is too large', async () => {
    const cwd = testFolder();
    writeFileSync(join(cwd, 'large'), 'x'.repeat(1_000_001));
    writeFileSync(join(cwd, 'fits'), 'x'.repeat(1_000_000));
    expect(await measure(file('large'), { cwd })).toMatchObject({ ok: false, code: 'too_large' });
    expect(await measure(file('fits'), { cwd })).toMatchObject({ ok: true });
  });

  test('Without a size of its own is read to its end', async () => {
    expect(await measure(file('/proc/self/status', { pattern: 'Pid:\\s+(\\d+)' }))).toMatchObject({
      ok: true,
      value: expect.stringMatching(/^\d+$/),
    });
  });

  test('That must not be read says so', async () => {
    const cwd = testFolder();
    writeFileSync(join(cwd, 'shut'), 'x');
    chmodSync(join(cwd, 'shut'), 0o000);
    const answer = await measure(file('shut'), { cwd });
    // The superuser may read it all the same.
    if (!answer.ok) expect(answer.code).toBe('denied');
    expect(await measure(file('a\0b'), { cwd })).toMatchObject({ ok: false, code: 'denied' });
  });
});
