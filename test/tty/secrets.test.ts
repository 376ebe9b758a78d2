import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { bytesOf, filesBelow, fromEnvironment, fromFile, hits, leak, leaking } from '../cli/leaking.ts';
import { until } from '../cli/walkback.ts';
import { personAt } from '../tty-lib/person.ts';
import { killAll, openDesk, type Desk } from '../tty-lib/program.ts';
import { keys } from '../tty-lib/terminal.ts';

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

const asking = `walkback: 1
id: asking
title: Ask before it starts
service: shop
objective: 10m
inputs:
  release: { type: version, ask: Which release fails?, example: 2.0.0 }
  token: { type: secret, ask: The token of the pipeline }
phases:
  - id: work
    title: Work
    steps:
      - id: use
        run: [sh, -c, 'printf "%s" "$TOKEN" | sha256sum']
        env: { TOKEN: '\${{ inputs.token }}' }
        undo: { run: ['true'] }
      - { id: done, end: rolled_back }
`;

test('G5: an input that is asked for is asked again after a slip, a secret is never shown while it is typed, and a resume asks for it anew', async () => {
  desk.file('asking.yaml', asking);
  const first = desk.screen(['run', 'asking.yaml'], { cols: 100, rows: 30 });
  await first.waitFor('Which release fails? (for example 2.0.0)');
  first.press('the newest\r');
  await first.waitFor(/a version like 1\.9\.3, and this is "the newest"[\s\S]*Which release fails\?/);
  first.press('2.0.0\r');
  await first.waitFor('The token of the pipeline (not shown)');
  first.press('\r');
  await first.waitFor(/token has to be set[\s\S]*The token of the pipeline/);
  first.press(`${fromEnvironment}\r`);
  await first.waitFor('Waits for you: r');
  await killAll(desk.processes);

  const second = desk.screen(['resume'], { cols: 100, rows: 30 });
  await second.waitFor('The token of the pipeline (not shown)');
  second.press(`${fromEnvironment}\r`);
  const person = personAt(second);
  await person.press('q leave', 'r');
  await person.sayYes();
  await second.waitFor('ROLLED BACK');
  await second.waitFor(createHash('sha256').update(fromEnvironment).digest('hex').slice(0, 40));
  await person.press('q leave', 'q');
  expect(await second.exited).toBe(0);
  await until(() => desk.processes().length === 0, 'every process of the session to end');
  for (const terminal of [first, second])
    expect(hits(Buffer.from(terminal.raw()), 'the terminal')).toEqual([]);

  const third = desk.screen(['run', 'asking.yaml'], { cols: 100, rows: 30 });
  await third.waitFor('Which release fails?');
  third.press(keys.ctrl('d'));
  await third.waitFor('No answer for release, so nothing was started.');
  expect(await third.exited).toBe(2);
});
