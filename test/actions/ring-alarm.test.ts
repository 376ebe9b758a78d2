import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ringAlarm } from '../../src/actions/ring-alarm.ts';

let folder: string;
const path = process.env['PATH'] ?? '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wb-alarm-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the alarm gets the text as one argument, whatever stands in it', async () => {
  const file = join(folder, 'heard');
  const text = `Freeze "it" $(touch ${join(folder, 'injected')}); it's waiting`;
  await ringAlarm({ PATH: path, HEARD: file }, `printf '%s' > "$HEARD" urgent:`, text);
  expect(readFileSync(file, 'utf8')).toBe(`urgent:${text}`);
  expect(() => readFileSync(join(folder, 'injected'))).toThrow('ENOENT');
});

test('an alarm that does not exist or fails changes nothing', async () => {
  await expect(ringAlarm({ PATH: path }, 'no-such-alarm', 'text')).resolves.toBeUndefined();
  await expect(ringAlarm({ PATH: path }, 'false', 'text')).resolves.toBeUndefined();
});
