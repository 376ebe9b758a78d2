import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lint } from '../../src/cli/commands/lint.ts';
import { printError } from '../../src/cli/print-error.ts';
import { OperatorError } from '../../src/errors.ts';
import { openStage } from '../runbooks/stage.ts';

/* SAFETY G6: what a message quotes can only be read. */

const hostile = `\u001b]52;c;aGk=\u0007\u009b31m\u202eevil`;
/** What acts on a terminal, or hides; line ends may stay. */
const acts = /(?!\n)[\p{Cc}\p{Cf}]/u;

test.each([
  ['an error for the operator', new OperatorError(`Unknown ${hostile}\nsecond line`, [`Remove ${hostile}`])],
  ['a bug', new Error(hostile)],
])('G6: nothing that %s quotes can act on the terminal, and its lines stay lines', (_what, error) => {
  const printed: string[] = [];
  printError(error, (text) => printed.push(text));
  expect(printed.join('')).toContain('<ESC>]52;c;aGk=<BEL>');
  expect(printed.join('')).not.toMatch(acts);
  if (error instanceof OperatorError) expect(printed.join('')).toContain('\nsecond line\n');
});

test.each([{}, { format: 'json' }, { format: 'sarif' }] as const)(
  'G6: nor can what lint quotes of a runbook, or the name of its file: %o',
  (flags) => {
    const stage = openStage();
    onTestFinished(() => stage.clear());
    const file = join(stage.home, `a${hostile.replaceAll('/', '')}.yaml`);
    writeFileSync(file, 'walkback: 1\n"\\e]52;c;aGk=\\a\\u202eevil": 1\n');
    expect(lint(stage.around, [file], flags)).toBe(2);
    expect(stage.printed()).toContain('WB101');
    expect(stage.printed()).not.toMatch(acts);
  },
);
