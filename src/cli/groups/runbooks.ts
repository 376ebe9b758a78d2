import { Option } from 'commander';
import { input, json } from '../options.ts';
import type { ToolKit } from '../tools/tool-kit.ts';

/** What is done with a runbook without walking it. */
export function addRunbookCommands({ around, command, done }: ToolKit): void {
  command(
    'check <runbook>',
    'read every probe, guard and input of a runbook; changes nothing',
    'check shop_rollback.yaml --env staging',
  )
    .option('--env <name>', 'the environment, as the runbook names it')
    .addOption(input())
    .addOption(json())
    .action(async (file: string, options) => {
      const { check } = await import('../commands/check.ts');
      done(await check(around, file, options));
    });

  command(
    'evaluate <runbook>',
    'do the numbers agreed beforehand say roll back? For pipelines; changes nothing',
    'evaluate shop_rollback.yaml --env production --release 2.0.0',
    'evaluate shop_rollback.yaml --env production --wait window --json',
  )
    .option('--env <name>', 'the environment, as the runbook names it')
    .option('--release <version>', 'the release that is judged; the input of that name where there is one')
    .addOption(input())
    .option(
      '--wait <until>',
      'wait until a trigger fires, at most until the “window” ends, or a span like 10m',
    )
    .option('--released <time>', 'when the release was finished, for --wait window; now unless given')
    .addOption(json())
    .addHelpText(
      'after',
      `
Exit codes: 0 healthy · 10 investigate · 20 roll back · 30 unknown (no data, or nobody answers) · 2 bad usage.
A pipeline stops on 20 and on 30: what is not known is not good.`,
    )
    .action(async (file: string, options) => {
      const { evaluate } = await import('../commands/evaluate.ts');
      done(await evaluate(around, file, options));
    });

  command(
    'lint [runbooks...]',
    'everything that is wrong with a runbook, with its place; executes nothing',
    'lint runbooks/*.yaml',
    'lint --explain WB101',
    'lint runbooks/*.yaml --format sarif > lint.sarif',
  )
    .option('--explain <code>', 'what a code means and what to do about it')
    .addOption(
      new Option('--format <format>', 'how to write what was found')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .addOption(json())
    .action(async (files: readonly string[], options) => {
      const { lint } = await import('../commands/lint.ts');
      done(lint(around, files, options));
    });

  command(
    'plan <runbook>',
    'what would run, where and with which values; executes nothing',
    'plan shop_rollback.yaml --env staging --input release=2.0.0',
  )
    .option('--env <name>', 'the environment, as the runbook names it')
    .option('--live', 'read the versions that run now, read-only, to say what goes back together')
    .addOption(input())
    .addOption(json())
    .action(async (file: string, options) => {
      const { plan } = await import('../commands/plan.ts');
      done(await plan(around, file, options));
    });

  command(
    'graph <runbook>',
    'draw what a runbook compiles to: as Mermaid, or as an SVG for a browser',
    'graph shop_rollback.yaml > graph.mmd',
    'graph shop_rollback.yaml --format svg > graph.svg',
  )
    .addOption(new Option('--format <format>', 'what to draw').choices(['mermaid', 'svg']).default('mermaid'))
    .action(async (file: string, options) => {
      const { graph } = await import('../commands/graph.ts');
      done(graph(around, file, options));
    });

  command(
    'migrate <runbooks...>',
    'bring runbooks and fragments to the newest version of the format',
    'migrate runbooks/*.yaml',
  ).action(async (files: readonly string[]) => {
    const { migrateFiles } = await import('../commands/migrate.ts');
    done(migrateFiles(around, files));
  });

  command(
    'fmt [runbooks...]',
    'write runbooks and fragments the one way; values and comments stay',
    'fmt runbooks/*.yaml',
    'fmt --check runbooks/*.yaml runbooks/steps/*.yaml',
  )
    .option('--check', 'write nothing: name the files that would change, and exit 1 for them')
    .action(async (files: readonly string[], options) => {
      const { fmt } = await import('../commands/fmt.ts');
      done(fmt(around, files, options));
    });

  command(
    'new <name>',
    'a first runbook from a template or a reference runbook, in this folder',
    'new api_rollback',
    'new web_rollback --from kubernetes_stateless --discover',
  )
    .option('--from <template>', 'which one; --from list shows them', 'basic')
    .option(
      '--discover',
      'look around (kubectl, git, Prometheus; commands that only read) and fill in what is found',
    )
    .option('--deployment <name>', 'the Deployment that it is about, where there are several')
    .option('--prometheus <url>', 'where Prometheus is; PROMETHEUS_URL unless given')
    .action(async (name: string, options) => {
      const { create } = await import('../commands/new.ts');
      done(await create(around, name, options));
    });
}
