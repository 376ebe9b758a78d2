import { Command } from 'commander';
import { OperatorError, exitCode } from '../errors.ts';
import { didYouMean } from '../runbook/nearest.ts';
import { groups, type Group } from './groups.ts';
import { inertLine } from './inert-line.ts';
import { ascii, plain } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import { version } from './version.ts';

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ walkback ${line}`).join('\n')}\n`;

function noSuchCommand(program: Command, name: string): OperatorError {
  const known = program.createHelp().visibleCommands(program);
  const close = didYouMean(
    name,
    known.map((command) => command.name()),
  );
  return new OperatorError(`There is no command “${inertLine(name)}”.${close}`, [
    'See all of them: walkback --help',
  ]);
}

/** What has to be described for these arguments: only the group of a known command, all for a help or a mistake. */
function groupsOf([name]: readonly string[]): readonly Group[] {
  if (name === undefined || name === 'agent') return [];
  const group = groups.find(({ names }) => names.includes(name));
  return group === undefined ? groups : [group];
}

/**
 * The command line for these arguments, to be parsed with them. Every command loads its own code when it is called, and
 * its description when it is named: starting costs nothing else.
 */
export async function buildProgram(around: Surroundings, argv: readonly string[]): Promise<Command> {
  const program = new Command('walkback')
    .description('Walks an operator through a guided rollback, records every fact, hands back a post-mortem.')
    .version(version)
    // `--plain` after a command is the command's: the home screen has options of the same names
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .configureOutput({
      writeOut: around.write,
      writeErr: around.warn,
      outputError: (text, write) => write(text.replace(/^error: /, 'walkback: ')),
    })
    .exitOverride((error) => {
      process.exit(error.exitCode === 0 ? exitCode.done : exitCode.usage);
    })
    .addHelpText(
      'after',
      `${examples('', 'drill --fault F01', 'check runbooks/shop_rollback.yaml --env staging', 'run runbooks/shop_rollback.yaml --env production')}
Exit codes: 0 done · 2 bad usage or runbook · 3 ended failed or aborted · 4 stopped, resumable · 5 ended with open
obligations · 6 refused · 1 a bug · 130/143 signals
Verdicts (evaluate, check): 0 healthy · 10 investigate · 20 roll back · 30 unknown`,
    );
  const command = (name: string, description: string, ...lines: readonly string[]): Command =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', examples(...lines));
  const done = (code: number): void => {
    process.exitCode ??= code; // a signal has had its say already
  };

  program
    .addOption(plain())
    .addOption(ascii())
    .allowExcessArguments()
    .action(async (options: { plain?: true; ascii?: true }, { args: [unknown] }: Command) => {
      if (unknown !== undefined) throw noSuchCommand(program, unknown);
      const { home } = await import('./commands/home.ts');
      done(await home(around, options));
    });

  const kit = { around, command, examples, done };
  for (const { add } of groupsOf(argv)) await add(kit);

  program.command('agent', { hidden: true }).action(async () => {
    const { agent } = await import('./commands/agent.ts');
    await agent(around);
  });
  return program;
}
