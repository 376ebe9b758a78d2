import { appendFileSync, cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { expectEnd, openStage, runThrough, shipped } from './stage.ts';

const book = (log: string): string => `walkback: 1
id: shop
title: Prove the shop
service: shop
objective: 5m
phases:
  - id: validate
    title: Validate
    steps:
      - { id: first, decide: Prove it?, options: [{ id: on, title: On, reversible: seconds }, { id: off, title: Off, end: not_needed }], recommend: "'on'" }
      - { id: errors, use: steps/errors.yaml, with: { log: ${log}, released: "2026-03-01T10:00:00Z", quiet: 1500ms, within: 60s, every: 200ms } }
      - { id: done, end: rolled_back }
`;

test('a session waits until the errors of the failed release are over, also while its log is rotated', async () => {
  const stage = openStage();
  onTestFinished(stage.clear);
  const folder = path.join(stage.folder, 'books');
  mkdirSync(path.join(folder, 'steps'), { recursive: true });
  cpSync(shipped('steps/errors.yaml'), path.join(folder, 'steps/errors.yaml'));
  const log = path.join(folder, 'app.log');
  const say = (at: string, file = log): void => appendFileSync(file, `${at} ERROR coupon 7 cannot be read\n`);
  say('2026-03-01T10:05:00Z');
  writeFileSync(path.join(folder, 'book.yaml'), book(log));
  let lastMs = 0;
  const goesOn: Policy = ({ at, view }) => {
    // once, while the check is under way: it goes on in the file that has another name by then
    if (at === 'work' && lastMs === 0 && view.current[0]?.place.step === 'errors_quiet') {
      renameSync(log, `${log}.1`);
      writeFileSync(log, '');
      lastMs = Math.ceil(Date.now() / 1000) * 1000 + 500;
      say(new Date(lastMs).toISOString(), `${log}.1`);
    }
    return null;
  };

  const run = await runThrough(stage, { file: path.join(folder, 'book.yaml'), mode: 'LIVE', policy: goesOn });

  expectEnd(stage, run, 'rolled_back');
  expect(lastMs).toBeGreaterThan(0);
  const judged = eventsOf(run.facts, 'check.judged').at(-1);
  expect(judged?.fact.result).toBe('pass');
  expect(Date.parse(judged?.at ?? '')).toBeGreaterThanOrEqual(lastMs + 1_500);
}, 60_000);
