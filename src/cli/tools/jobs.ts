import { InvalidArgumentError, Option } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../actions/clock.ts';
import { exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { inertLine } from '../inert-line.ts';
import { addMissedCommands } from './jobs-missed.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

interface TableFlags {
  readonly user?: string;
  readonly only?: string;
  readonly codify?: true;
  readonly overwrite?: true;
  readonly keep?: true;
  readonly json?: true;
}

interface AwaitFlags {
  readonly within: number;
  readonly every: number;
  readonly json?: true;
}

const span = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('It takes a duration like 30s or 10m.');
  return ms;
};
const user = () => new Option('--user <name>', 'whose table; another one than your own takes root');

/** `walkback jobs …`: scheduled jobs that are paused for a rollback, and seen to run again. */
export function addJobCommands({ around, command, examples, done }: ToolKit): void {
  const jobs = command(
    'jobs',
    'scheduled jobs: pause a table of cron and put it back byte for byte, list what was missed, wait for a run that is seen',
    'jobs crontab pause',
  );
  const crontab = jobs.command('crontab').description('one user’s table of cron');
  const tools = () => import('../../tools/jobs/crontab.ts');
  const say = (flags: TableFlags, document: object, line: string): void =>
    around.write(flags.json === true ? `${JSON.stringify(document)}\n` : `${line}\n`);

  crontab
    .command('pause')
    .description('comment its jobs out; the table itself keeps the original. 0 done · 3 nothing to pause')
    .addOption(user())
    .option('--only <text>', 'only jobs with this text in their line')
    .addOption(json())
    .addHelpText(
      'after',
      examples('jobs crontab pause', 'jobs crontab pause --only /srv/shop/bin --user shop'),
    )
    .action(async (flags: TableFlags) => {
      const { pauseCrontab, systemCrontab } = await tools();
      const at = systemClock().now().iso;
      const paused = await pauseCrontab(
        systemCrontab(flags.user ?? null, around.env),
        flags.only ?? null,
        `${at} by ${around.user}`,
      );
      say(
        flags,
        paused,
        `${paused.already ? 'paused already' : 'paused'}: ${paused.paused} jobs, ${paused.running} still run`,
      );
      done(exitCode.done);
    });

  crontab
    .command('restore')
    .description('put the table back byte for byte. 0 done · 3 somebody edited it meanwhile: says what to do')
    .addOption(user())
    .option('--only <text>', 'let one job run again that was paused by itself, by the same text')
    .option('--codify', 'where it was edited by hand: keep the edits, and let the jobs run again')
    .option('--overwrite', 'where it was edited by hand: the original, without the edits')
    .option('--keep', 'where it was edited by hand: leave it as it is, paused jobs as comments')
    .addOption(json())
    .addHelpText('after', examples('jobs crontab restore', 'jobs crontab restore --codify'))
    .action(async (flags: TableFlags) => {
      const { choices, restoreCrontab, systemCrontab } = await tools();
      const given = choices.filter((choice) => flags[choice] === true);
      if (given.length > 1)
        throw new InvalidArgumentError(`Give one of: ${choices.map((one) => `--${one}`).join(', ')}`);
      const restored = await restoreCrontab(
        systemCrontab(flags.user ?? null, around.env),
        given[0] ?? null,
        flags.only ?? null,
      );
      const whose = [
        flags.user === undefined ? '' : ` --user ${inertLine(flags.user)}`,
        flags.only === undefined ? '' : ` --only '${inertLine(flags.only)}'`,
      ].join('');
      say(
        flags,
        restored,
        restored.did === 'conflict'
          ? [
              'Somebody edited the table while it was paused; nothing was changed:',
              ...restored.changed.map((line) => `  ${inertLine(line)}`),
              `keep the edits and let the jobs run:  walkback jobs crontab restore --codify${whose}`,
              `the table as it was before the pause: walkback jobs crontab restore --overwrite${whose}`,
              `leave it as it is, jobs commented out: walkback jobs crontab restore --keep${whose}`,
            ].join('\n')
          : restored.did === 'nothing'
            ? 'nothing is paused'
            : `${restored.did === 'restored' ? 'restored' : `done: ${restored.did}`}, ${restored.digest}`,
      );
      done(restored.did === 'conflict' ? exitCode.failed : exitCode.done);
    });

  crontab
    .command('state')
    .description('prints “running” or “paused”; 30 where a pause can no longer be read')
    .addOption(user())
    .option('--only <text>', 'of one job that was paused by itself')
    .addOption(json())
    .addHelpText('after', examples('jobs crontab state', 'jobs crontab state --json'))
    .action(async (flags: TableFlags) => {
      const { crontabState, systemCrontab } = await tools();
      const state = await crontabState(systemCrontab(flags.user ?? null, around.env), flags.only ?? null);
      say(flags, state, state.state);
      done(state.state === 'damaged' ? exitCode.unknown : exitCode.done);
    });

  crontab
    .command('edits')
    .description('print the lines that somebody changed while the table was paused. 0 none · 3 some')
    .addOption(user())
    .addOption(json())
    .addHelpText('after', examples('jobs crontab edits --user shop'))
    .action(async (flags: TableFlags) => {
      const { editsOf, systemCrontab } = await tools();
      const edits = (await editsOf(systemCrontab(flags.user ?? null, around.env))).map(inertLine);
      say(flags, { edits }, edits.length === 0 ? 'nothing was edited' : edits.join('\n'));
      done(edits.length === 0 ? exitCode.done : exitCode.failed);
    });

  addMissedCommands(around, jobs, crontab, examples);

  jobs
    .command('await-run <command...>')
    .description('wait until a good run is seen: until what the command prints changes. 0 seen · 3 not seen')
    .option('--within <span>', 'how long at most', span, 600_000)
    .option('--every <span>', 'how often it looks', span, 5_000)
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'jobs await-run --within 10m -- stat -c %Y /var/lib/shop/last-export',
        "jobs await-run -- psql -Atc 'select max(ended_at) from runs where ok'",
      ),
    )
    .action(async (lastRun: readonly string[], { within, every, json: asJson }: AwaitFlags) => {
      const { awaitRun } = await import('../../tools/jobs/await-run.ts');
      const clock = systemClock();
      const seen = await awaitRun({
        lastRun,
        withinMs: within,
        everyMs: every,
        env: around.env,
        cwd: around.cwd,
        mono: clock.mono,
        pause: (ms) => pause(ms),
      });
      around.write(
        asJson === true
          ? `${JSON.stringify(seen)}\n`
          : seen.seen
            ? `a run was seen: ${inertLine(seen.after)} (before: ${inertLine(seen.before)})\n`
            : `not seen: ${inertLine(seen.why)}${seen.last === null ? '' : `; the last one is still ${inertLine(seen.last)}`}\n`,
      );
      done(seen.seen ? exitCode.done : exitCode.failed);
    });
}
