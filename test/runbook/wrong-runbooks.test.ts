import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { rules } from '../../src/runbook/rules.ts';

const folder = fileURLToPath(new URL('../wrong-runbooks/', import.meta.url));
const files = runbookFiles(folder);
const wrong = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** The first line of each file says what is wrong with it and where: `# expect WB101 9:7`. */
function expected(file: string): { readonly code: string; readonly at: string } {
  const [first = ''] = readFileSync(`${folder}/${file}`, 'utf8').split('\n');
  const [, code = '', place = ''] = /^# expect (WB\d{3}) (\S+)$/.exec(first) ?? [];
  return { code, at: place.split(':').length === 3 ? place : `${file}:${place}` };
}

test.each(wrong)('%s is refused with the right code at the right place', (file) => {
  const loaded = loadRunbook(file, files);

  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  const found = problems.map(({ code, at }) => ({ code, at: `${at.file}:${at.line}:${at.column}` }));
  expect(found).toEqual([expected(file)]);
});

test.each(wrong)('%s is refused with a message and a fix', (file) => {
  const loaded = loadRunbook(file, files);

  const problems = loaded.ok ? loaded.warnings : loaded.problems;
  for (const { message, fix } of problems) {
    expect(message).toMatch(/[.?]$/);
    expect(fix).not.toBe('');
  }
});

/** Rules whose inputs are bytes that no text file can hold; `hostile-files.test.ts` shows them. WB609 and WB633 need today's date: `agreement.test.ts`, `calendar.test.ts`. */
/** `WB731` needs an overlay: `cli/overlay.test.ts`. */
/** Without triggers the rule over them is wrong too: `templates.test.ts` shows WB725. */
/** `WB861` and `WB862` need a ledger with a past; `reused-flags.test.ts` and `faster-way.test.ts` show them. */
const shownElsewhere = new Set([
  'WB725',
  'WB731',
  'WB861',
  'WB862',
  'WB001',
  'WB002',
  'WB003',
  'WB005',
  'WB207',
  'WB609',
  'WB633',
]);

test('every rule has a wrong runbook that shows it', () => {
  const shown = new Set(wrong.map((file) => expected(file).code));

  expect(Object.keys(rules).filter((code) => !shown.has(code) && !shownElsewhere.has(code))).toEqual([]);
});
