import { Option, type Command } from 'commander';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

/** `walkback schema …`: where a schema is, what taking it back would run, and that, one change at a time. */
export function addSchemaCommands({ around, command, examples, done }: ToolKit): void {
  const schema = command(
    'schema',
    'take the schema of a database back, one change at a time, and always know where it is',
    'schema plan --postgres --dir db --to @v1.8',
  );
  const withFlags = (made: Command): Command =>
    made
      .addOption(
        new Option('--adapter <tool>', 'what keeps the versions')
          .choices(['sqitch', 'sqldir', 'command'])
          .default('sqitch'),
      )
      .option('--dir <folder>', 'the folder of sqitch.plan, or of NNN_name.down.sql', '.')
      .option('--postgres', 'PostgreSQL, from DATABASE_URL or PG* in the environment')
      .option('--sqlite <file>', 'a file of SQLite (sqldir)')
      .option('--lock-timeout <duration>', 'how long a statement waits for a lock', '5s')
      .option('--statement-timeout <duration>', 'how long one statement may run', '60s')
      .option('--registry <schema>', 'sqitch: the schema of its own tables', 'sqitch')
      .option('--table <name>', 'sqldir: the table with one row a migration', 'schema_migrations')
      .option('--column <name>', 'sqldir: its column that holds NNN', 'version')
      .option('--state-command <json>', 'command: prints the version on its last line')
      .addOption(json());

  withFlags(schema.command('state'))
    .description('the newest change that is deployed, by the database’s own word')
    .addHelpText(
      'after',
      examples(
        'schema state --postgres --dir db',
        'schema state --adapter sqldir --sqlite shop.db --dir migrations',
      ),
    )
    .action(async (options) => {
      const { schemaState } = await import('./schema-run.ts');
      done(await schemaState(around, options));
    });
  withFlags(schema.command('plan'))
    .description('every revert on the way down, with its hash and what it can lose; runs nothing')
    .option('--to <change>', 'a change, a tag like @v1.8, or “nothing”')
    .addHelpText(
      'after',
      `${examples('schema plan --postgres --dir db --to @v1.8 --json')}
Exit codes: 0 it can run · 3 refused: missing_revert, empty_revert, noop_revert, edited_script, moved_tag, unknown_target,
out_of_order. Classes come from the statements: safe, lossy, destructive, or unknown where only the database would know.
When a script was last drilled is read from the sessions of this machine by its hash: edited since, it was never drilled.`,
    )
    .action(async (options) => {
      const { schemaPlan } = await import('./schema-run.ts');
      done(await schemaPlan(around, options));
    });
  withFlags(schema.command('down'))
    .description('take changes back until the target is the newest one; called again, it goes on')
    .option('--to <change>', 'a change, a tag like @v1.8, or “nothing”')
    .option('--plan-hash <hash>', 'run only what `schema plan` showed under this hash')
    .option('--tries <number>', 'how often a revert that gets no lock is tried', '3')
    .option('--no-verify', 'do not verify the schema after each revert')
    .option('--down-command <json>', 'command: takes one change back')
    .option('--verify-command <json>', 'command: exits 0 where the schema is right')
    .addHelpText(
      'after',
      `${examples(
        'schema down --postgres --dir db --to @v1.8 --plan-hash sha256:…',
        'schema down --adapter sqldir --sqlite shop.db --dir migrations --to 002',
        `schema down --adapter command --to 42 --state-command '["./migrate","version"]' --down-command '["./migrate","down","1"]'`,
      )}
Exit codes: 0 at the target · 3 refused, or stopped at a change that is named · 30 nobody can say what is done.`,
    )
    .action(async (options) => {
      const { schemaDownTo } = await import('./schema-run.ts');
      done(await schemaDownTo(around, options));
    });
}
