import { Option, type Command } from 'commander';
import { json, onDatabase } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

/** `walkback data written`, `transform`, `reverse` and `originals`. */
export function addRowCommands(data: Command, { around, examples, done }: ToolKit): void {
  onDatabase(
    data
      .command('written <rules>')
      .description('count what the failed release wrote that the old one cannot read; changes nothing'),
  )
    .requiredOption('--since <time>', 'when the failed release became active')
    .addOption(
      new Option('--allow <class>', 'end with 0 up to this class')
        .choices(['compatible', 'convertible', 'lossy'])
        .default('compatible'),
    )
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(
        'data written ./written.yaml --since 2026-03-01T10:15:00Z --sqlite shop.db',
        'data written ./written.yaml --since 2026-03-01T10:15:00Z --postgres --allow convertible --json',
      )}
Exit codes: 0 nothing over the allowed class · 3 something over it · 30 unknown, which counts as blocking`,
    )
    .action(async (rules: string, options) => {
      const { written } = await import('./written.ts');
      done(await written(around, rules, options));
    });

  onDatabase(
    data
      .command('transform <plan>')
      .description('write rows so that the old release can read them; their originals are kept'),
  )
    .requiredOption('--session <id>', 'whose originals these are: they lie in walkback_<id>_<table>')
    .option('--expect <rows>', 'how many rows have to be converted: another number changes nothing')
    .option(
      '--approved-loss <rows>',
      'rows that may lose data by a `cannot` rule, as their owner agreed',
      '0',
    )
    .option('--dry-run', 'do it in a transaction that is rolled back, and show what it does')
    .option('--fence <resource>', 'refuse to write once a newer holder of this lease has written')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(
        'data transform ./transform.yaml --postgres --session 20260301-0312 --dry-run',
        'data transform ./transform.yaml --postgres --session 20260301-0312 --expect 37',
      )}
Each batch is a transaction of its own. After a crash run it again: it goes on after the last whole batch.
Exit codes: 0 done · 3 refused, the batch was rolled back · 30 the database does not answer`,
    )
    .action(async (plan: string, options) => {
      const { transform } = await import('./transform.ts');
      done(await transform(around, plan, options));
    });

  onDatabase(data.command('reverse <plan>').description('put the originals of a session back, byte for byte'))
    .requiredOption('--session <id>', 'the session that converted them')
    .option('--overwrite', 'also over rows that somebody changed since')
    .option('--fence <resource>', 'refuse to write once a newer holder of this lease has written')
    .addOption(json())
    .addHelpText('after', examples('data reverse ./transform.yaml --postgres --session 20260301-0312'))
    .action(async (plan: string, options) => {
      const { reverse } = await import('./transform.ts');
      done(await reverse(around, plan, options));
    });

  onDatabase(
    data
      .command('originals <plan>')
      .description('the originals that are kept, and until when; drops them after that'),
  )
    .requiredOption('--session <id>', 'the session that converted them')
    .option('--drop', 'drop them; refused before their date')
    .addOption(json())
    .addHelpText(
      'after',
      examples('data originals ./transform.yaml --sqlite shop.db --session 20260301-0312'),
    )
    .action(async (plan: string, options) => {
      const { originals } = await import('./transform.ts');
      done(await originals(around, plan, options));
    });
}
