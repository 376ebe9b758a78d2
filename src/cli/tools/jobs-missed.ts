import type { Command } from 'commander';
import { OperatorError, exitCode } from '../../errors.ts';
import { isoOf } from '../../machine/iso-time.ts';
import type { Missed, MissedJob } from '../../tools/jobs/missed-runs.ts';
import { inertLine } from '../inert-line.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

interface SpanFlags {
  readonly tz?: string;
  readonly from?: string;
  readonly until?: string;
  readonly json?: true;
}

/** `walkback jobs missed` and `walkback jobs crontab missed`: runs that did not happen while jobs were paused. */
export function addMissedCommands(
  around: ToolKit['around'],
  jobs: Command,
  crontab: Command,
  examples: ToolKit['examples'],
): void {
  const withSpan = (command: Command): Command =>
    command
      .option('--tz <zone>', 'the time zone of the schedule; this machine’s own unless said otherwise')
      .option('--until <time>', 'the end of the span; now unless said otherwise')
      .addOption(json());
  const say = (flags: SpanFlags, document: object, lines: readonly string[]): void =>
    around.write(
      flags.json === true ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''),
    );

  withSpan(
    jobs
      .command('missed')
      .description('list the runs of a schedule in a span, over changes of the clocks too'),
  )
    .requiredOption('--cron <expression>', 'five fields, or @daily and its like')
    .requiredOption('--from <time>', 'when the job was paused')
    .addHelpText(
      'after',
      examples(
        "jobs missed --cron '30 2 * * *' --tz Europe/Berlin --from 2026-03-28T11:00:00Z --until 2026-03-30T11:00:00Z",
      ),
    )
    .action(async (flags: SpanFlags & { readonly cron: string }) => {
      const { missedRuns } = await import('../../tools/jobs/missed-runs.ts');
      const { fromMs, untilMs } = await spanOf(flags);
      const missed = missedRuns(flags.cron, flags.tz ?? ownZone(), fromMs, untilMs);
      say(flags, documentOf(missed), [`${countText(missed)} missed`, ...linesOf(missed)]);
    });

  withSpan(
    crontab
      .command('missed')
      .description('list what each paused job of the table has missed since the pause'),
  )
    .option('--user <name>', 'whose table; another one than your own takes root')
    .option('--from <time>', 'when it was paused; the table knows it')
    .addHelpText(
      'after',
      examples('jobs crontab missed', 'jobs crontab missed --user shop --tz Europe/Berlin --json'),
    )
    .action(async (flags: SpanFlags & { readonly user?: string }) => {
      const [{ missedOfTable, pausedAtMs }, { systemCrontab }, { readPause }, { systemTimes }] =
        await Promise.all([
          import('../../tools/jobs/missed-runs.ts'),
          import('../../tools/jobs/crontab.ts'),
          import('../../tools/jobs/crontab-table.ts'),
          import('./times.ts'),
        ]);
      const pause = readPause(await systemCrontab(flags.user ?? null, around.env).read());
      if (pause === 'damaged' || pause === null)
        throw new OperatorError(
          pause === null
            ? 'The table is not paused.'
            : 'What was paused can no longer be read from the table.',
          ['Look: crontab -l'],
          { exitCode: pause === null ? exitCode.failed : exitCode.unknown },
        );
      const times = systemTimes();
      const fromMs =
        flags.from === undefined ? pausedAtMs(pause, times.epochMsOf) : (await spanOf(flags)).fromMs;
      if (fromMs === null)
        throw new OperatorError(
          'The table does not say when it was paused.',
          ['Say it: --from 2026-03-01T10:00:00Z'],
          {
            exitCode: exitCode.unknown,
          },
        );
      const { untilMs } = await spanOf({ ...flags, from: isoOf(fromMs) });
      const found = missedOfTable(pause, flags.tz ?? ownZone(), fromMs, untilMs);
      say(
        flags,
        { jobs: found.map((job) => ({ ...describe(job), ...documentOf(job) })) },
        found.flatMap((job) => [
          `${countText(job)} missed of ${job.pattern} (${job.tz}): ${inertLine(job.command)}`,
          ...linesOf(job),
        ]),
      );
    });
}

const describe = ({ pattern, tz, command }: MissedJob): object => ({
  cron: pattern,
  tz,
  command: inertLine(command),
});

const documentOf = ({ runs, more }: Missed): object => ({
  count: runs.length,
  more,
  runs: runs.map(({ atMs, local }) => ({ at: isoOf(atMs), local })),
});

const countText = ({ runs, more }: Missed): string => `${more ? 'more than ' : ''}${runs.length}`;

const linesOf = ({ runs }: Missed): readonly string[] =>
  runs.map(({ atMs, local }) => `  ${local}  ${isoOf(atMs)}`);

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

async function spanOf({
  from,
  until,
}: SpanFlags): Promise<{ readonly fromMs: number; readonly untilMs: number }> {
  const { systemTimes } = await import('./times.ts');
  const times = systemTimes();
  const timeOf = (name: string, text: string): number => {
    const ms = times.epochMsOf(text);
    if (Number.isNaN(ms))
      throw new OperatorError(`--${name} is no time: “${inertLine(text)}”.`, [
        'Write it like 2026-03-01T10:00:00Z.',
      ]);
    return ms;
  };
  const fromMs = timeOf('from', from ?? '');
  const untilMs = until === undefined ? times.now() : timeOf('until', until);
  if (untilMs < fromMs)
    throw new OperatorError('The span ends before it begins.', ['Look at --from and --until.']);
  return { fromMs, untilMs };
}
