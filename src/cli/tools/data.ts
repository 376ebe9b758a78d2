import { addRetainCommands } from './data-retain.ts';
import { addRowCommands } from './data-rows.ts';
import { json, onDatabase } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `walkback data …`: what rows say, before and after. */
export function addDataCommands(kit: ToolKit): void {
  const { around, command, examples, done } = kit;
  const data = command(
    'data',
    'what the rows of a database say: before, after, and whether they hold together',
    "data integrity --sqlite shop.db --soft 'cart.order_id -> orders.id'",
  );
  onDatabase(
    data
      .command('integrity')
      .description('find rows that point at nothing, by an anti-join for every foreign key; changes nothing'),
  )
    .option('--soft <reference>', 'also one that no constraint holds; again for each', again, [])
    .option('--other <database>', 'a second one, for soft references: sqlite:FILE or postgres:VARIABLE')
    .option('--save-baseline <place>', 'keep what is found now: a file, or “table” in the database itself')
    .option('--baseline <place>', 'only orphans that this baseline does not have are new')
    .option('--drop-baseline', 'forget the one that the database holds; nothing else is done')
    .option('--sample <percent>', 'look at a part of each table; “nothing found” is then unknown')
    .option('--ids <number>', 'how many orphans of each reference are shown', '20')
    .option('--export <file>', 'write every orphan there, one JSON object a line')
    .addOption(json())
    .addHelpText(
      'after',
      `${examples(
        'data integrity --postgres --save-baseline table',
        'data integrity --postgres --baseline table --json',
        "data integrity --sqlite cart.db --other sqlite:shop.db --soft 'lines(order_id) -> other:orders(id)'",
      )}
Exit codes: 0 whole (or only old orphans) · 3 orphans · 30 unknown. A constraint that is valid says nothing here: rows that
were written past it are never looked at again.`,
    )
    .action(async (options) => {
      const { integrity } = await import('./integrity.ts');
      done(await integrity(around, options));
    });
  addRowCommands(data, kit);
  addRetainCommands(data, kit);
}
