import { Option } from 'commander';
import type { ToolKit } from './tool-kit.ts';

/** `walkback freeze …`: takes the right to write away, proves it, and gives it back exactly. */
export function addFreezeCommands({ around, command, examples, done }: ToolKit): void {
  const freeze = command(
    'freeze',
    'stop an application’s writes to PostgreSQL by its grants, prove it, and give them back to the letter',
    'freeze pg --roles shop_app --application APP_DATABASE_URL',
  );
  const json = () => new Option('--json', 'print one JSON document instead of text');
  freeze
    .command('pg')
    .description(
      'take the rights to write from roles; DATABASE_URL or PG* say where, as the owner of the tables',
    )
    .option('--roles <names>', 'the roles of the application, with commas')
    .option(
      '--application <variable>',
      'the variable that holds the application’s own address: writes are tried by it',
    )
    .option('--drain <duration>', 'how long transactions that wrote before may take to end', '10s')
    .option('--quiet <duration>', 'how long no row may change', '1500ms')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples('freeze pg --roles shop_app,shop_worker --application APP_DATABASE_URL')}
What was granted is kept in the database itself (walkback.freeze): any machine can thaw it. It is never thawed by itself.
Exit codes: 0 frozen, and every write was seen to fail · 3 refused (superuser, owner, write_all_data, another_role,
another_database, still_granted), or a write gets through · 30 not proven`,
    )
    .action(async (options) => {
      const { freezePostgres } = await import('./freeze-run.ts');
      done(await freezePostgres(around, options));
    });
  freeze
    .command('state')
    .description('open, frozen or leaking, by the grants; changes nothing')
    .addOption(json())
    .addHelpText('after', examples('freeze state'))
    .action(async (options) => {
      const { stateOfFreeze } = await import('./freeze-run.ts');
      done(await stateOfFreeze(around, options));
    });
  freeze
    .command('thaw')
    .description('give every right back as it was; called again, it does nothing')
    .addOption(json())
    .addHelpText('after', examples('freeze thaw'))
    .action(async (options) => {
      const { thawPostgres } = await import('./freeze-run.ts');
      done(await thawPostgres(around, options));
    });
}
