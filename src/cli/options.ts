import { type Command, InvalidArgumentError, Option } from 'commander';
import { inertLine } from './inert-line.ts';

/** Values of `--input`, given as often as there are inputs. */
function collectInput(pair: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`It takes name=value, not “${inertLine(pair)}”.`);
  return { ...before, [pair.slice(0, at)]: pair.slice(at + 1) };
}

// options that several commands have: each has one of its own, as commander keeps what was given in it
export const json = () => new Option('--json', 'print one JSON document instead of text');
export const plain = () => new Option('--plain', 'the linear front end: lines instead of a full screen');
export const ascii = () => new Option('--ascii', 'glyphs of plain ASCII, for poor fonts');
export const input = () =>
  new Option('--input <name=value>', 'the value of an input; again for each')
    .argParser(collectInput)
    .default({}, 'none');

/** Which database a command works on. */
export const onDatabase = (command: Command): Command =>
  command
    .option('--sqlite <file>', 'a file of SQLite')
    .option(
      '--postgres',
      'PostgreSQL, from DATABASE_URL or PG* in the environment; without either flag DATABASE_URL says which',
    );
