import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectEnd, openStage, runThrough, shipped, stepsOf, type Run, type Stage } from './stage.ts';

const slow = { timeout: 60_000 };

let stage: Stage;
let folder: string;
beforeEach(() => {
  stage = openStage();
  folder = path.join(stage.folder, 'rings');
  mkdirSync(path.join(folder, 'steps'), { recursive: true });
  cpSync(shipped('steps/hold_promotion.yaml'), path.join(folder, 'steps/hold_promotion.yaml'));
});
afterEach(() => stage.clear(), 60_000);

/** A promotion from ring to ring as files: what runs where, and what is on its way. */
const rings = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
case "$1" in
  under-way) if [ -e promoting ]; then exit 3; fi ;;
  cancel) rm -f promoting ;;
  list) printf '{"eu/shop": "%s", "us/shop": "%s"}\\n' "$(cat eu)" "$(cat us)" ;;
  reverse) for ring in eu us; do if [ "$(cat $ring)" = 2.0.0 ]; then echo 1.9.3 > $ring; fi; done; echo reverse >> log ;;
esac
`;

function run(eu: string, us: string): Promise<Run> {
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('rings'), rings, { mode: 0o755 });
  writeFileSync(at('eu'), eu);
  writeFileSync(at('us'), us);
  writeFileSync(at('promoting'), '');
  writeFileSync(at('log'), '');
  const command = (word: string): string => `['${at('rings')}', ${word}]`;
  writeFileSync(
    at('book.yaml'),
    `walkback: 1
id: rings
title: Rings
service: shop
objective: 10m
maturity: production
phases:
  - id: main
    title: Main
    steps:
      - { id: go, decide: Stop it?, options: [{ id: stop, title: Stop it }, { id: no, title: Leave it, end: not_needed }], recommend: "'stop'" }
      - id: promotion
        use: steps/hold_promotion.yaml
        with: { bad: 2.0.0, under_way: ${command('under-way')}, cancel: ${command('cancel')}, rings: ${command('list')}, reverse: ${command('reverse')}, within: 5s }
      - { id: done, end: mitigated }
`,
  );
  return runThrough(stage, { file: at('book.yaml'), mode: 'LIVE' });
}

test(
  'R4.5: a promotion under way is cancelled, and a census shows that it has arrived nowhere',
  slow,
  async () => {
    const ran = await run('1.9.3', '1.9.3');

    expectEnd(stage, ran, 'mitigated');
    expect(stepsOf(ran)).not.toContain('promotion_reverse');
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('');
  },
);

test('R4.5: a ring that has the bad release already is taken back, and counted again', slow, async () => {
  const ran = await run('2.0.0', '1.9.3');

  expectEnd(stage, ran, 'mitigated');
  expect(stepsOf(ran)).toEqual(expect.arrayContaining(['promotion_reverse', 'promotion_counted']));
  expect(readFileSync(path.join(folder, 'eu'), 'utf8').trim()).toBe('1.9.3');
});
