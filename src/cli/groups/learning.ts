import { Option } from 'commander';
import { actionKinds } from '../../machine/action-kinds.ts';
import { json } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** What comes after a session: its post-mortem, its action items, and what its runbook learns. */
export function addLearningCommands({ around, command, done }: ToolKit): void {
  command(
    'status',
    'what is overdue, owed, open and proposed, in this order; exit 5 where something is overdue',
    'status',
  )
    .addOption(json())
    .action(async (options) => {
      const { status } = await import('../commands/status.ts');
      done(status(around, options));
    });

  command(
    'postmortem [session]',
    'the human part of a session’s post-mortem: asks one by one, or takes it by flags',
    'postmortem',
    'postmortem 20260301-0312 --editor',
    'postmortem 20260301-0312 --answer summary.felt --text "checkout failed for one in twelve"',
    'postmortem --item new --finding 1 --text "more time for the copy" --owner ada --due 2026-04-01 --lasting',
    'postmortem --template > told.md; postmortem --from told.md',
    'postmortem --finish',
  )
    .option('--list', 'every question, answer, action item and draft, and words to look at again')
    .option('--answer <question>', 'answer one question; with --text')
    .option('--text <words>', 'the answer, or what is to change; an empty answer is taken back')
    .option('--item <id>', 'an action item: AI-12, or new')
    .addOption(new Option('--kind <kind>', 'of the action item').choices([...actionKinds]))
    .option('--owner <name>', 'of the action item')
    .option('--due <day>', 'by when: 2026-12-31')
    .option('--proof <words>', 'how we shall know that it worked')
    .option('--lasting', 'it lasts without anybody being more careful')
    .option('--finding <number>', 'the draft that the item answers')
    .option('--editor', 'all questions in $EDITOR')
    .option('--template', 'all questions as a text to write into')
    .option('--from <file>', 'read such a text')
    .option('--finish', 'say that it is finished; refused while something is missing')
    .addOption(new Option('--plain', 'the linear front end: lines instead of a full screen'))
    .addOption(new Option('--ascii', 'glyphs of plain ASCII, for poor fonts'))
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { postmortem } = await import('../commands/postmortem.ts');
      done(await postmortem(around, session, options));
    });

  command(
    'learn [session]',
    'what a session showed as a change of its runbook: a patch, or a branch to review',
    'learn > learned.patch; git apply learned.patch',
    'learn 20260301-0312 --branch --resolves AI-12',
  )
    .option('--branch [name]', 'commit it to a branch of its own; what is checked out stays as it is')
    .option('--resolves <items...>', 'action items that the new version resolves once it has landed')
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { learn } = await import('../commands/learn.ts');
      done(await learn(around, session, options));
    });

  command(
    'actions',
    'open action items; closes those that a reviewed version of their runbook has resolved',
    'actions',
    'actions --drop AI-12 --reason "the service is gone"',
  )
    .option('--drop <id>', 'give one up, with a reason; that resolves nothing')
    .option('--reason <text>', 'why')
    .addOption(json())
    .action(async (options) => {
      const { actions } = await import('../commands/actions.ts');
      done(await actions(around, options));
    });
}
