import type { Command } from 'commander';
import { json, onDatabase } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

const planned = (command: Command): Command =>
  onDatabase(command)
    .requiredOption('--vault <folder>', 'where archives lie')
    .requiredOption('--session <id>', 'whose archives')
    .option('--only <id>', 'one entry of the plan')
    .addOption(json());

const signed = (command: Command): Command =>
  command
    .option('--signers <file>', 'an allowed_signers file: the manifest has to be signed')
    .option('--as <name>', 'by this person of that file');

/** `walkback data retain`, `retained`, `verify`, `purge` and `hold`. */
export function addRetainCommands(data: Command, { around, examples, done }: ToolKit): void {
  planned(
    data
      .command('retain <plan>')
      .description('archive tables, files and output of commands, with their hashes and a date'),
  )
    .option('--key <file>', 'sign the manifests with this SSH key')
    .addHelpText(
      'after',
      `${examples('data retain ./retain.yaml --postgres --vault /srv/vault --session 20260301-0312')}
What is archived already with the very same bytes is left alone. Exit codes: 0 all archived · 3 something is not`,
    )
    .action(async (plan: string, options) => {
      const { retain } = await import('./retain.ts');
      done(await retain(around, plan, options));
    });
  signed(
    planned(
      data
        .command('retained <plan>')
        .description('guard of a destructive step: is all of it archived, whole, and as the tables are now?'),
    ),
  )
    .option('--all', 'every entry of the plan')
    .addHelpText(
      'after',
      `${examples('data retained ./retain.yaml --all --postgres --vault /srv/vault --session 20260301-0312')}
Exit codes: 0 yes · 3 no · 30 unknown`,
    )
    .action(async (plan: string, options) => {
      const { retained } = await import('./retain.ts');
      done(await retained(around, plan, options));
    });
  signed(data.command('verify <vault>').description('read every archive of a vault again'))
    .option('--session <id>', 'of one session')
    .option('--only <id>', 'one archive')
    .option('--unsigned', 'hashes are enough, also of archives that are signed')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('data verify /srv/vault', 'data verify /srv/vault --signers keys/allowed_signers --as ada')}
Exit codes: 0 whole · 3 changed, missing or wrongly signed · 30 signed, and nobody checked by whom`,
    )
    .action(async (vault: string, options) => {
      const { verify } = await import('./retain.ts');
      done(await verify(around, vault, options));
    });
  signed(data.command('purge <vault>').description('remove an archive whose time is over; refused before'))
    .requiredOption('--session <id>', 'whose archive')
    .requiredOption('--id <id>', 'which one')
    .addHelpText('after', examples('data purge /srv/vault --session 20260301-0312 --id audit'))
    .action(async (vault: string, options) => {
      const { purge } = await import('./retain.ts');
      done(await purge(around, vault, options));
    });
  data
    .command('hold <vault>')
    .description('put an archive under a legal hold, or lift it')
    .requiredOption('--session <id>', 'whose archive')
    .requiredOption('--id <id>', 'which one')
    .option('--reason <text>', 'why it may not be purged')
    .option('--lift', 'end the hold')
    .addHelpText(
      'after',
      examples('data hold /srv/vault --session 20260301-0312 --id audit --reason "case 7"'),
    )
    .action(async (vault: string, options) => {
      const { hold } = await import('./retain.ts');
      done(hold(around, vault, options));
    });
}
