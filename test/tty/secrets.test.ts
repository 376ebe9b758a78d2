import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { bytesOf, filesBelow, fromEnvironment, fromFile, hits, leak, leaking } from '../cli/leaking.ts';
import { until } from '../cli/walkback.ts';
import { personAt } from '../tty-lib/person.ts';
import { openDesk, type Desk } from '../tty-lib/program.ts';

let desk: Desk;

beforeAll(async () => {
  await builtProgram();
  desk = await openDesk();
  desk.file('token', `${fromFile}\n`);
  chmodSync(desk.file('leak', leak), 0o755);
  desk.file('leaking.yaml', leaking);
}, 120_000);
afterAll(() => desk.remove());

test('G5: what a careless command prints of its secrets is masked on the full screen, in every byte that the terminal gets', async () => {
  const terminal = desk.screen(['run', 'leaking.yaml'], {
    cols: 100,
    rows: 30,
    env: { FIRST_SECRET: fromEnvironment },
  });
  const person = personAt(terminal);
  await person.run('./leak');
  await terminal.waitFor('ROLLED BACK');
  // the whole output, page by page
  await person.press('q leave', '3');
  await terminal.waitFor('halves «second»');
  await person.press('q leave', 'g');
  await terminal.waitFor('base64 «first»');
  await person.press('q leave', 'q');
  expect(await terminal.exited).toBe(0);
  await until(() => desk.processes().length === 0, 'every process of the session to end');

  expect(hits(Buffer.from(terminal.raw()), 'the terminal')).toEqual([]);
  const bundle = join(desk.folder, 'bundle');
  expect(await desk.walkback(['export', '--bundle', bundle, '--names'])).toMatchObject({ code: 0 });
  const files = [...filesBelow(desk.env['XDG_DATA_HOME'] ?? ''), ...filesBelow(bundle)];
  expect(files.map((file) => file.slice(bundle.length + 1))).toContain('session.jsonl');
  expect(files.flatMap((file) => hits(bytesOf(file), file))).toEqual([]);
});
