import { json } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** What people say to a session, and what is wrong here. */
export function addTellingCommands({ around, command, done }: ToolKit): void {
  command(
    'approve <file>',
    'sign an approval request, or review a runbook, with your SSH key',
    'approve request.txt --key ~/.ssh/id_ed25519',
    'approve shop_rollback.yaml',
  )
    .option('--key <file>', 'your SSH key', '~/.ssh/id_ed25519')
    .option('--as <principal>', 'your name in the signers file')
    .option('--session <id>', 'send the signature to this session’s agent as well')
    .action(async (file: string, options) => {
      const { approve } = await import('../commands/approve.ts');
      done(await approve(around, file, options));
    });

  command('note <text>', 'add a note to a running session', 'note "restarted the cache by hand"')
    .option('--session <id>', 'which session, where several are open')
    .action(async (text: string, options) => {
      const { tell } = await import('../commands/tell.ts');
      done(await tell(around, 'note', text, { ...options, target: '' }));
    });
  command(
    'drift <text>',
    'tell a running session of a change made by hand; it closes when that is disposed of',
    'drift "raised the pool to 40" --target db1 --why "it was exhausted" --typed "alter system …" --seen "chat, 10:04"',
  )
    .option('--session <id>', 'which session, where several are open')
    .option('--target <name>', 'what was changed', '')
    .option('--why <text>', 'why it was changed')
    .option('--typed <command>', 'what was typed')
    .option('--seen <where>', 'where it can be seen: a link, a ticket, a message')
    .action(async (text: string, options) => {
      const { tell } = await import('../commands/tell.ts');
      done(await tell(around, 'drift', text, options));
    });

  command('doctor', 'what is wrong here: runtime, ledger, disk, tools', 'doctor')
    .addOption(json())
    .action(async (options) => {
      const { doctor } = await import('../commands/doctor.ts');
      done(await doctor(around, options));
    });
}
