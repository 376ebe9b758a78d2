import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUpLedger } from '../../src/ledger/backup.ts';
import { examineLedger } from '../../src/ledger/examine.ts';
import { note } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, openTestLedger, startSession, temporaryFolder } from './temporary-ledger.ts';

test('copies the whole ledger into one file that opens by itself', async () => {
  const ledger = freshLedger();
  const log = startSession(ledger);
  append(ledger, log, note('still in the log'));
  const folder = temporaryFolder();
  const target = join(folder, 'copy.db');
  await backUpLedger(ledger, target);

  expect(readdirSync(folder)).toEqual(['copy.db']);
  expect((statSync(target).mode & 0o777).toString(8)).toBe('600');
  const copy = openTestLedger(target);
  expect([...copy.events(log.session)]).toEqual([...ledger.events(log.session)]);
  expect(examineLedger(copy)).toEqual([]);
});

test('does not touch a file that exists', async () => {
  const ledger = freshLedger();
  const target = join(temporaryFolder(), 'mine.db');
  writeFileSync(target, 'mine');
  await expect(backUpLedger(ledger, target)).rejects.toThrow(/exists already/u);
  expect(readFileSync(target, 'utf8')).toBe('mine');
});
