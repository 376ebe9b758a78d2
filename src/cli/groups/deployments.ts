import { Argument } from 'commander';
import { json } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** `walkback deploy record`, `list` and `cause`: what the rates of `walkback stats` are counted from. */
export function addDeployCommands({ around, command, examples, done }: ToolKit): void {
  const deploy = command(
    'deploy',
    'deployments on record, told by the pipeline, and what sessions were caused by',
    'deploy record --service shop --env production --release 2.0.0 --id "$CI_PIPELINE_ID"',
    'deploy list --service shop',
    'deploy cause 20260301-0312 external --reason "the network provider was down"',
  );

  deploy
    .command('record')
    .description('tell that a release was brought out; told again it is not counted again')
    .option('--service <name>', 'what was deployed, as runbooks call it')
    .option('--env <name>', 'where, as runbooks call it')
    .option('--release <version>', 'which release')
    .option('--at <time>', 'when it was finished; now unless given')
    .option('--committed <time>', 'when the oldest change in it was committed, for the lead time')
    .option('--unplanned', 'an incident made it necessary: rework')
    .option('--session <id>', 'the session that it belongs to')
    .option('--id <run>', 'what the pipeline calls this run; the release and its time unless given')
    .option('--production', 'it is production, though the environment is not called so')
    .option('--no-production', 'it is not')
    .option('--feed <file>', 'many of them: JSON objects, one a line; - reads standard input')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(
        'deploy record --service shop --env production --release 2.0.0 --committed 2026-03-01T09:12:00Z',
        'deploy record --service shop --env production --release 2.0.1 --unplanned --session 20260301-0312',
        'deploy record --feed deployments.jsonl',
      )}
A line of a feed: {"service":"shop","environment":"production","release":"2.0.0","finished_at":"2026-03-01T17:50:00Z"}
Its other fields: committed_at, unplanned, session, production, id`,
    )
    .action(async (options) => {
      const { record } = await import('../commands/deploy.ts');
      done(record(around, options));
    });

  deploy
    .command('list')
    .description('deployments on record, newest first')
    .option('--service <name>', 'of one service')
    .option('--since <time>', 'from this time on, or so long ago: 2026-01-01, 90d')
    .addOption(json())
    .addHelpText('after', examples('deploy list --service shop --since 30d'))
    .action(async (options) => {
      const { list } = await import('../commands/deploy.ts');
      done(list(around, options));
    });

  deploy
    .command('cause <session>')
    .description('tell what a session was caused by; the newest word counts')
    .addArgument(new Argument('<what>', 'what it was').choices(['change', 'external']))
    .option('--release <version>', 'which release it was, where it was a change')
    .option('--reason <text>', 'how that is known; it is recorded')
    .addHelpText(
      'after',
      `${examples('deploy cause 20260301-0312 change --release 2.0.0 --reason "its new query was slow"')}
A session that rolled back a release that is on record counts as caused by it, without being told.`,
    )
    .action(async (session: string, what: 'change' | 'external', options) => {
      const { cause } = await import('../commands/deploy.ts');
      done(cause(around, session, what, options));
    });
}
