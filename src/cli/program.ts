import { Command, InvalidArgumentError, Option } from 'commander';
import { OperatorError, exitCode } from '../errors.ts';
import { didYouMean } from '../runbook/nearest.ts';
import { addDeployCommands } from './deploy-group.ts';
import { documentFormats } from './document-formats.ts';
import { inertLine } from './inert-line.ts';
import type { Surroundings } from './surroundings.ts';
import { addRowCommands } from './tools/data-rows.ts';
import { addRetainCommands } from './tools/data-retain.ts';
import { addDataCommands } from './tools/data.ts';
import { addErrorCommand } from './tools/errors.ts';
import { addFreezeCommands } from './tools/freeze.ts';
import { addLeaseCommands } from './tools/lease-group.ts';
import { addJobCommands } from './tools/jobs.ts';
import { addPipelineCommands } from './tools/pipeline.ts';
import { addSilenceCommands } from './tools/silence.ts';
import { addTrafficCommands } from './tools/traffic.ts';
import { addPlannedCommands } from './tools/planned-group.ts';
import { addSchemaCommands } from './tools/schema.ts';
import { addLearningCommands } from './learning-commands.ts';
import { version } from './version.ts';

/** Values of `--input`, given as often as there are inputs. */
function collectInput(pair: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`It takes name=value, not “${inertLine(pair)}”.`);
  return { ...before, [pair.slice(0, at)]: pair.slice(at + 1) };
}

const json = () => new Option('--json', 'print one JSON document instead of text');
const plain = () => new Option('--plain', 'the linear front end: lines instead of a full screen');
const ascii = () => new Option('--ascii', 'glyphs of plain ASCII, for poor fonts');
const input = () =>
  new Option('--input <name=value>', 'the value of an input; again for each')
    .argParser(collectInput)
    .default({}, 'none');

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ walkback ${line}`).join('\n')}\n`;

function noSuchCommand(program: Command, name: string): OperatorError {
  const known = program.createHelp().visibleCommands(program);
  const close = didYouMean(
    name,
    known.map((command) => command.name()),
  );
  return new OperatorError(`There is no command “${inertLine(name)}”.${close}`, [
    'See all of them: walkback --help',
  ]);
}

/** The command line. Every command loads its own code when it is called: starting costs nothing else. */
export function buildProgram(around: Surroundings): Command {
  const program = new Command('walkback')
    .description('Walks an operator through a guided rollback, records every fact, hands back a post-mortem.')
    .version(version)
    // `--plain` after a command is the command's: the home screen has options of the same names
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .configureOutput({
      writeOut: around.write,
      writeErr: around.warn,
      outputError: (text, write) => write(text.replace(/^error: /, 'walkback: ')),
    })
    .exitOverride((error) => {
      process.exit(error.exitCode === 0 ? exitCode.done : exitCode.usage);
    })
    .addHelpText(
      'after',
      `${examples('', 'drill --fault F01', 'check runbooks/shop_rollback.yaml --env staging', 'run runbooks/shop_rollback.yaml --env production')}
Exit codes: 0 done · 2 bad usage or runbook · 3 ended failed or aborted · 4 stopped, resumable · 5 ended with open
obligations · 6 refused · 1 a bug · 130/143 signals
Verdicts (evaluate, check): 0 healthy · 10 investigate · 20 roll back · 30 unknown`,
    );
  const command = (name: string, description: string, ...lines: readonly string[]): Command =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', examples(...lines));
  const done = (code: number): void => {
    process.exitCode ??= code; // a signal has had its say already
  };

  program
    .addOption(plain())
    .addOption(ascii())
    .allowExcessArguments()
    .action(async (options: { plain?: true; ascii?: true }, { args: [unknown] }: Command) => {
      if (unknown !== undefined) throw noSuchCommand(program, unknown);
      const { home } = await import('./commands/home.ts');
      done(await home(around, options));
    });

  command(
    'run [runbook]',
    'start a session of a runbook, or with --adhoc one without any',
    'run shop_rollback.yaml --env staging --input release=2.0.0',
    'run --adhoc --title "checkout fails" --service shop --env production',
  )
    .option('--adhoc', 'no runbook: each command is typed, shown, run and recorded; ends in a post-mortem')
    .option('--title <words>', 'what an --adhoc session is about')
    .option('--service <name>', 'what an --adhoc session works on, in the target of every command')
    .option('--env <name>', 'the environment, as the runbook names it')
    .addOption(input())
    .option(
      '--break-glass <reason>',
      'run in production without the required review; the review is then owed',
    )
    .option('--second <name>', 'the second person for --break-glass')
    .option('--trust', 'agree to what changed in it since you last ran it')
    .addOption(plain())
    .addOption(ascii())
    .action(async (file: string | undefined, options) => {
      const { run } = await import('./commands/run.ts');
      done(await run(around, file, options));
    });

  command(
    'resume [session]',
    'go on with a session after a crash, a hand-over or a pause',
    'resume',
    'resume 20260301-0312',
  )
    .addOption(plain())
    .addOption(ascii())
    .action(async (session: string | undefined, options) => {
      const { resume } = await import('./commands/resume.ts');
      done(await resume(around, session, options));
    });

  command(
    'rebase [session]',
    'go on with a runbook that was mended under way: shows what changed, asks for what a start asks for',
    'rebase --reason "the path of the script was wrong"',
    'rebase 20260301-0312 --reason "wrong flag" --break-glass --second grace',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--break-glass', 'without the required review, which is then owed')
    .option('--second <name>', 'the second person for --break-glass')
    .option('--yes', 'agree to the changes without being asked')
    .action(async (session: string | undefined, options) => {
      const { rebase } = await import('./commands/rebase.ts');
      done(await rebase(around, session, options));
    });

  command(
    'abort <session>',
    'end a session through its undo path',
    'abort 20260301-0312 --reason "wrong release"',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .addOption(plain())
    .addOption(ascii())
    .action(async (session: string, options) => {
      const { abort } = await import('./commands/resume.ts');
      done(await abort(around, session, options));
    });

  command(
    'drill [runbook]',
    'practise a rollback in the sandbox, or in an environment that opted in',
    'drill --fault F01',
    'drill my.yaml --env staging --fault slow_db',
  )
    .option('--fault <id>', 'the fault to arm; one is drawn where it is left out')
    .option('--seed <number>', 'makes the sandbox and the draw repeatable', '1')
    .option('--env <name>', 'an environment of the runbook that opted in to drills')
    .addOption(new Option('--operator <who>', 'who drives').choices(['person', 'scripted']))
    .addOption(input())
    .option('--demo', 'also export the post-mortem and verify the ledger at the end')
    .addOption(plain())
    .addOption(ascii())
    .action(async (file: string | undefined, options) => {
      const { drill } = await import('./commands/drill.ts');
      done(await drill(around, file, options));
    });

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
      const { up } = await import('./commands/sandbox.ts');
      done(await up(around, options));
    });
  sandbox
    .command('status')
    .description('whether the shop runs, and where')
    .addOption(json())
    .action(async (options) => {
      const { status } = await import('./commands/sandbox.ts');
      done(await status(around, options));
    });
  sandbox
    .command('fault <id>')
    .description('arm a fault, or disarm it with --disarm')
    .option('--disarm', 'take the fault away again')
    .option('--seed <number>', 'makes the fault repeatable', '1')
    .action(async (id: string, options) => {
      const { fault } = await import('./commands/sandbox.ts');
      done(await fault(around, id, options));
    });
  for (const name of ['snapshot', 'restore'] as const) {
    sandbox
      .command(name)
      .description(name === 'snapshot' ? 'keep the whole shop as it is now' : 'put the kept shop back')
      .action(async () => {
        const commands = await import('./commands/sandbox.ts');
        done(await commands[name](around));
      });
  }
  sandbox
    .command('down')
    .description('stop the shop; nothing is left behind')
    .action(async () => {
      const { down } = await import('./commands/sandbox.ts');
      done(await down(around));
    });

  command(
    'check <runbook>',
    'read every probe, guard and input of a runbook; changes nothing',
    'check shop_rollback.yaml --env staging',
  )
    .option('--env <name>', 'the environment, as the runbook names it')
    .addOption(input())
    .addOption(json())
    .action(async (file: string, options) => {
      const { check } = await import('./commands/check.ts');
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
      const { evaluate } = await import('./commands/evaluate.ts');
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
      const { lint } = await import('./commands/lint.ts');
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
      const { plan } = await import('./commands/plan.ts');
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
      const { graph } = await import('./commands/graph.ts');
      done(graph(around, file, options));
    });

  command(
    'migrate <runbooks...>',
    'bring runbooks and fragments to the newest version of the format',
    'migrate runbooks/*.yaml',
  ).action(async (files: readonly string[]) => {
    const { migrateFiles } = await import('./commands/migrate.ts');
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
      const { fmt } = await import('./commands/fmt.ts');
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
      const { create } = await import('./commands/new.ts');
      done(await create(around, name, options));
    });

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
      const { watch } = await import('./commands/watch.ts');
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
      const { proposals } = await import('./commands/proposals.ts');
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
      const { stay } = await import('./commands/stay.ts');
      done(await stay(around, what, options));
    });

  command('sessions', 'sessions on this machine, newest first', 'sessions', 'sessions --open --json')
    .option('--open', 'only those that are not closed')
    .option('--limit <number>', 'how many', '20')
    .addOption(json())
    .action(async (options) => {
      const { sessions } = await import('./commands/sessions.ts');
      done(sessions(around, options));
    });

  command(
    'history [session] [other]',
    'sessions of before: searched and filtered, one’s timeline, or two of them step by step',
    'history',
    'history --service shop --since 90d --search aborted --plain',
    'history 20260301-0312 --about decisions --plain',
    'history 20260301-0312 20260214-2204',
  )
    .option('--search <words>', 'only what has all these words')
    .option('--service <name>', 'of one service')
    .option('--env <name>', 'of one environment')
    .option('--runbook <id>', 'of one runbook')
    .addOption(new Option('--drills', 'only drills').conflicts('live'))
    .option('--live', 'no drills')
    .option('--since <time>', 'from this time on, or so long ago: 2026-01-01, 90d')
    .option('--until <time>', 'up to this time')
    .addOption(
      new Option('--about <kind>', 'of a timeline: only the events about this').choices([
        'decisions',
        'steps',
        'checks',
        'debts',
        'numbers',
        'people',
        'messages',
        'session',
      ]),
    )
    .option('--limit <number>', 'how many sessions are listed', '50')
    .addOption(plain())
    .addOption(ascii())
    .addOption(json())
    .action(async (session: string | undefined, other: string | undefined, options) => {
      const { history } = await import('./commands/history.ts');
      done(await history(around, session, other, options));
    });

  command(
    'stats',
    'how often and how long: counts, durations and DORA figures, with their intervals; drills apart',
    'stats --since 90d',
    'stats --service shop --since 2026-01-01 --until 2026-04-01',
    'stats --format prometheus > walkback.prom',
  )
    .option('--since <time>', 'from this time on, or so long ago: 2026-01-01, 90d')
    .option('--until <time>', 'up to this time; now unless given')
    .option('--service <name>', 'of one service')
    .option('--env <name>', 'of one environment')
    .option('--runbook <id>', 'of one runbook')
    .addOption(
      new Option('--format <format>', 'what to write').choices(['text', 'csv', 'prometheus']).default('text'),
    )
    .addOption(ascii())
    .addOption(json())
    .action(async (options) => {
      const { stats } = await import('./commands/stats.ts');
      done(await stats(around, options));
    });

  command(
    'show [session]',
    'one session: its figures, its debts and everything that happened',
    'show 20260301-0312',
  )
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { show } = await import('./commands/show.ts');
      done(show(around, session, options));
    });

  command(
    'export [session]',
    'a session as a document, as its chained events, or whole as a bundle',
    'export 20260301-0312 --format md > post-mortem.md',
    'export 20260301-0312 --format html > post-mortem.html',
    'export --bundle ./incident-7 --sign ~/.ssh/id_ed25519',
  )
    .addOption(
      new Option('--format <format>', 'what to write').choices([...documentFormats, 'jsonl']).default('md'),
    )
    .option('--bundle <folder>', 'everything, with sums that sha256sum verifies, in a new folder')
    .option('--sign <key>', 'sign the sums of the bundle with this SSH key')
    .option('--redacted', 'leave free text and values out; the chain still verifies (jsonl, bundle)')
    .option('--names', 'real names instead of roles')
    .action(async (session: string | undefined, options) => {
      const { exportSession } = await import('./commands/export.ts');
      done(await exportSession(around, session, options));
    });

  command(
    'verify [session]',
    'recompute the chain of a session, or of an exported file',
    'verify',
    'verify 20260301-0312',
    'verify --file session.jsonl',
    'verify --bundle folder --head "42 6f1d…" --signers allowed_signers --signer ada',
  )
    .option('--file <file>', 'an exported JSONL file instead of the ledger')
    .option('--bundle <folder>', 'a bundle: its sums, its chain and its head')
    .option('--head <head>', 'the number and hash of an event that left the machine; with --bundle')
    .option('--signers <file>', 'who may have signed the sums; with --bundle')
    .option('--signer <name>', 'who has to have signed them; with --signers')
    .addOption(json())
    .action(async (session: string | undefined, options) => {
      const { verify } = await import('./commands/verify.ts');
      done(await verify(around, session, options));
    });

  command(
    'obligations',
    'what is owed, by which session; gives back, carries or waives a debt',
    'obligations',
    'obligations --release freeze --session 20260301-0312',
  )
    .option('--session <id>', 'of one session')
    .option('--release <debt>', 'run the way back of a debt of an ended session, then its proof')
    .option('--carry <debt>', 'make it due later: with --owner, --due and --reason')
    .option('--waive <debt>', 'give it up: with --reason')
    .option('--owner <name>', 'who owns a carried debt')
    .option('--due <date>', 'when a carried debt is due')
    .option('--reason <text>', 'why')
    .option('--all', 'also those that are paid')
    .addOption(json())
    .action(async (options) => {
      const { obligations } = await import('./commands/obligations.ts');
      done(await obligations(around, options));
    });

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
      const { approve } = await import('./commands/approve.ts');
      done(await approve(around, file, options));
    });

  command('note <text>', 'add a note to a running session', 'note "restarted the cache by hand"')
    .option('--session <id>', 'which session, where several are open')
    .action(async (text: string, options) => {
      const { tell } = await import('./commands/tell.ts');
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
      const { tell } = await import('./commands/tell.ts');
      done(await tell(around, 'drift', text, options));
    });

  command('doctor', 'what is wrong here: runtime, ledger, disk, tools', 'doctor')
    .addOption(json())
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.ts');
      done(await doctor(around, options));
    });

  addLearningCommands({ around, command, examples, done });

  const kit = { around, command, examples, done };
  addDeployCommands(kit);
  const data = addDataCommands(kit);
  addRowCommands(data, kit);
  addRetainCommands(data, kit);
  addLeaseCommands(kit);
  addPipelineCommands(kit);
  addJobCommands(kit);
  addSilenceCommands(kit);
  addErrorCommand(kit);
  addTrafficCommands(kit);
  addPlannedCommands(kit);
  addSchemaCommands(kit);
  addFreezeCommands(kit);

  program.command('agent', { hidden: true }).action(async () => {
    const { agent } = await import('./commands/agent.ts');
    await agent(around);
  });
  return program;
}
