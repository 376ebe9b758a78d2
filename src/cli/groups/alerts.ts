import { ascii, input, json, plain } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** From an alert to a decision: what is proposed, what is started, what stays. */
export function addAlertCommands({ around, command, done }: ToolKit): void {
  command(
    'watch [runbooks...]',
    'take the webhooks of Alertmanager and propose rollbacks on the home screen; starts nothing',
    'watch --listen 127.0.0.1:9095',
    'watch --listen 0.0.0.0:9095 --token-file token --env production runbooks/shop_rollback.yaml',
  )
    .option('--listen <address:port>', 'where to listen', '127.0.0.1:9095')
    .option('--token-file <file>', 'what senders have to show; needed where other machines can reach it')
    .option('--env <name>', 'the environment of alerts that do not name one')
    .option('--expire <span>', 'how long a proposal waits for somebody', '4h')
    .addOption(json())
    .addHelpText(
      'after',
      `
An alert finds its runbook by its label \`walkback\` (the runbook's id), else by its label \`service\` (the runbook's
service). Its label \`environment\` says where. Alertmanager's webhook_configs: url: http://127.0.0.1:9095/`,
    )
    .action(async (files: readonly string[], options) => {
      const { watch } = await import('../commands/watch.ts');
      done(await watch(around, files, options));
    });

  command(
    'proposals',
    'what alerts propose; starts one, or dismisses it with a reason',
    'proposals',
    'proposals --start 20260301-1802',
    'proposals --dismiss 20260301-1802 --reason "a load test" --present kim,lee',
  )
    .option('--start <id>', 'start a session of what is proposed')
    .option('--runbook <id>', 'which one, where several fit')
    .option('--env <name>', 'the environment, where the alert does not say')
    .addOption(input())
    .option('--dismiss <id>', 'decide against it: with --reason')
    .option('--reason <text>', 'why; it is recorded')
    .option('--present <names>', 'who was present or consulted, with commas')
    .option('--all', 'also those that were decided or have expired')
    .addOption(json())
    .addOption(plain())
    .addOption(ascii())
    .action(async (options) => {
      const { proposals } = await import('../commands/proposals.ts');
      done(await proposals(around, options));
    });

  command(
    'stay <what>',
    'put on record that people decided against a rollback: of a runbook, an evaluation or a proposal',
    'stay shop_rollback.yaml --env production --reason "only the canary fails" --present kim,lee',
    'stay 20260301-1802 --reason "a load test"',
  )
    .option('--reason <text>', 'why; it is recorded')
    .option('--present <names>', 'who was present or consulted, with commas')
    .option('--env <name>', 'the environment, as the runbook names it')
    .option('--release <version>', 'the release that stays; the input of that name where there is one')
    .addOption(input())
    .addHelpText(
      'after',
      `
Of a runbook the triggers are read now, and recorded with the decision. What cannot be read is recorded as unknown.`,
    )
    .action(async (what: string, options) => {
      const { stay } = await import('../commands/stay.ts');
      done(await stay(around, what, options));
    });
}
