import { Option, type Command } from 'commander';
import { planFormats } from '../../tools/planned/plan.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';
import type { PlannedFlags } from './planned.ts';

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const common = (command: Command): Command =>
  command
    .argument('<command...>', 'the plan command, after --')
    .addOption(
      new Option('--format <format>', 'what its output is; told by the program’s name').choices(planFormats),
    )
    .option('--ignore <pattern>', 'leave out lines like this: they are another each time', again, [])
    .option('--timeout <span>', 'how long it may take', '5m')
    .addOption(json());

/** `walkback planned …`: what an apply would do, agreed to by its hash. */
export function addPlannedCommands({ around, command, examples, done }: ToolKit): void {
  const planned = command(
    'planned',
    'what an apply would do: shown, agreed to by its hash, and held to it',
    'planned show -- ansible-playbook -i hosts site.yml --check --diff',
  ).addHelpText(
    'after',
    `
The plan command is your own, and changes nothing: ansible-playbook --check --diff, terraform (or tofu) plan -out=FILE,
helm diff, kubectl diff, or any command whose output is the plan. Times, temporary files and the order of hosts are
taken out; the hash covers the rest.
Exit codes: 0 yes · 2 wrong usage · 3 no: another plan, not empty, or it destroys · 30 no plan could be made`,
  );
  common(planned.command('show'))
    .description('show the plan and its hash')
    .option('--refuse-destroy', 'end with 3 where something would be destroyed or made anew')
    .option('--keep <file>', 'keep it there, for `check --part-of`')
    .addHelpText('after', examples('planned show -- terraform plan -input=false -out=back.tfplan'))
    .action(async (argv: readonly string[], flags: PlannedFlags & { readonly keep?: string }) => {
      const { show } = await import('./planned.ts');
      done(await show(around, argv, flags));
    });
  common(planned.command('check'))
    .description('make it again, right before the apply: is it still the one that was agreed to?')
    .requiredOption('--hash <hash>', 'of the plan that was agreed to')
    .option('--part-of <file>', 'that plan as `show` kept it: this one is for some of its hosts (Ansible)')
    .addHelpText(
      'after',
      examples('planned check --hash sha256:… -- ansible-playbook -i hosts site.yml --check --diff'),
    )
    .action(
      async (
        argv: readonly string[],
        flags: PlannedFlags & { readonly hash: string; readonly partOf?: string },
      ) => {
        const { check } = await import('./planned.ts');
        done(await check(around, argv, flags));
      },
    );
  common(planned.command('empty'))
    .description('is nothing left to do? after an apply, or to find what was changed by hand')
    .addHelpText('after', examples('planned empty -- ansible-playbook -i hosts site.yml --check --diff'))
    .action(async (argv: readonly string[], flags: PlannedFlags) => {
      const { empty } = await import('./planned.ts');
      done(await empty(around, argv, flags));
    });
}
