import type { Shown } from '../../machine/facts/values.ts';
import { plain, plainLines } from './plain.ts';

const bare = /^[\w@%+=:,./-]+$/;

/** One element as a POSIX shell would need it, so that a copied command means the same. */
export const quoteArgument = (argument: string): string =>
  bare.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** The exact command for copying. */
export const commandLine = (argv: readonly string[]): string => argv.map(quoteArgument).join(' ');

/** The command as lines to show: a shell step shows its script line by line, nothing is left out. */
export function shownCommand(argv: readonly string[]): readonly string[] {
  const [program, flag, script, ...rest] = argv;
  if (program === 'sh' && flag === '-c' && script !== undefined && rest.length === 0)
    return plainLines(script.trimEnd());
  return [plain(commandLine(argv))];
}

/** What a person takes along from a step: its command, or the text that they put somewhere by hand; null where it has neither. */
export function textToCopy(shown: Shown | null): string | null {
  if (shown === null) return null;
  if (shown.argv !== null) return commandLine(shown.argv);
  return handPlaceOf(shown) === null ? null : shown.body;
}

/** Where a person puts the text of a step that starts no process. */
export const handPlaceOf = ({ argv, where }: Shown): string | null =>
  argv === null && where !== 'workstation' ? where : null;
