import { Option } from 'commander';
import { ascii, input, plain } from '../options.ts';
import { agentAhead } from '../hosting/start-agent.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** Commands that walk a runbook: start, go on, end, practise. */
export function addWalkingCommands({ around, command, done }: ToolKit): void {
  command(
    'run [runbook]',
    'start a session of a runbook, or with --adhoc one without any',
    'run shop_rollback.yaml --env staging --input release=2.0.0',
    'run --adhoc --title "checkout fails" --service shop --env production',
  )
    .option('--adhoc', 'no runbook: each command is typed, shown, run and recorded; ends in a post-mortem')
    .option('--title <words>', 'what an --adhoc session is about')
    .option('--service <name>', 'what an --adhoc session works on, in the target of every command')
    .option('--env <name>', 'the environment, as the runbook names it')
    .addOption(input())
    .option(
      '--break-glass <reason>',
      'run in production without the required review; the review is then owed',
    )
    .option('--second <name>', 'the second person for --break-glass')
    .option('--trust', 'agree to what changed in it since you last ran it')
    .addOption(plain())
    .addOption(ascii())
    .action(async (file: string | undefined, options) => {
      // it loads its code while this process loads its own and makes sure of everything
      const agent = agentAhead(around, file);
      try {
        const { run } = await import('../commands/run.ts');
        done(await run(around, file, options, agent));
      } finally {
        agent?.dismiss();
      }
    });

  command(
    'resume [session]',
    'go on with a session after a crash, a hand-over or a pause',
    'resume',
    'resume 20260301-0312',
  )
    .addOption(plain())
    .addOption(ascii())
    .action(async (session: string | undefined, options) => {
      const { resume } = await import('../commands/resume.ts');
      done(await resume(around, session, options));
    });

  command(
    'rebase [session]',
    'go on with a runbook that was mended under way: shows what changed, asks for what a start asks for',
    'rebase --reason "the path of the script was wrong"',
    'rebase 20260301-0312 --reason "wrong flag" --break-glass --second grace',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--break-glass', 'without the required review, which is then owed')
    .option('--second <name>', 'the second person for --break-glass')
    .option('--yes', 'agree to the changes without being asked')
    .action(async (session: string | undefined, options) => {
      const { rebase } = await import('../commands/rebase.ts');
      done(await rebase(around, session, options));
    });

  command(
    'abort <session>',
    'end a session through its undo path',
    'abort 20260301-0312 --reason "wrong release"',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .addOption(plain())
    .addOption(ascii())
    .action(async (session: string, options) => {
      const { abort } = await import('../commands/resume.ts');
      done(await abort(around, session, options));
    });

  command(
    'drill [runbook]',
    'practise a rollback in the sandbox, or in an environment that opted in',
    'drill --fault F01',
    'drill my.yaml --env staging --fault slow_db',
  )
    .option('--fault <id>', 'the fault to arm; one is drawn where it is left out')
    .option('--seed <number>', 'makes the sandbox and the draw repeatable', '1')
    .option('--env <name>', 'an environment of the runbook that opted in to drills')
    .addOption(new Option('--operator <who>', 'who drives').choices(['person', 'scripted']))
    .addOption(input())
    .option('--demo', 'also export the post-mortem and verify the ledger at the end')
    .addOption(plain())
    .addOption(ascii())
    .action(async (file: string | undefined, options) => {
      const { drill } = await import('../commands/drill.ts');
      done(await drill(around, file, options));
    });
}
