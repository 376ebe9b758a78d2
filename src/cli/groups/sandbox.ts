import { json } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** `walkback sandbox …`: the built-in shop. */
export function addSandboxCommands({ around, command, done }: ToolKit): void {
  const sandbox = command(
    'sandbox',
    'the built-in shop, for drills, demos and tests',
    'sandbox up',
    'sandbox fault F11',
    'sandbox down',
  );
  sandbox
    .command('up')
    .description('start the shop on loopback')
    .option('--seed <number>', 'makes its traffic repeatable', '1')
    .option('--speed <factor>', 'domain seconds in a real second', '60')
    .option('--before', 'before the bad release instead of after it')
    .addOption(json())
    .action(async (options) => {
      const { up } = await import('../commands/sandbox.ts');
      done(await up(around, options));
    });
  sandbox
    .command('status')
    .description('whether the shop runs, and where')
    .addOption(json())
    .action(async (options) => {
      const { status } = await import('../commands/sandbox.ts');
      done(await status(around, options));
    });
  sandbox
    .command('fault <id>')
    .description('arm a fault, or disarm it with --disarm')
    .option('--disarm', 'take the fault away again')
    .option('--seed <number>', 'makes the fault repeatable', '1')
    .action(async (id: string, options) => {
      const { fault } = await import('../commands/sandbox.ts');
      done(await fault(around, id, options));
    });
  for (const name of ['snapshot', 'restore'] as const) {
    sandbox
      .command(name)
      .description(name === 'snapshot' ? 'keep the whole shop as it is now' : 'put the kept shop back')
      .action(async () => {
        const commands = await import('../commands/sandbox.ts');
        done(await commands[name](around));
      });
  }
  sandbox
    .command('down')
    .description('stop the shop; nothing is left behind')
    .action(async () => {
      const { down } = await import('../commands/sandbox.ts');
      done(await down(around));
    });
}
