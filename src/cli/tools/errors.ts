import { InvalidArgumentError, Option } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import { isoOf } from '../../machine/iso-time.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { ErrorReport } from '../../tools/errors/check-errors.ts';
import type { Normalisation } from '../../tools/errors/fingerprint.ts';
import { inertLine } from '../inert-line.ts';
import { durationText } from '../../report/time.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

interface ErrorFlags {
  readonly log: readonly string[];
  readonly tracker: readonly string[];
  readonly released: string;
  readonly since: string;
  readonly baseline: number;
  readonly maxAge: number;
  readonly within: number;
  readonly every: number;
  readonly normalise: string;
  readonly match?: string;
  readonly ignore?: string;
  readonly alive?: true;
  readonly residual: 'fail' | 'note';
  readonly novel: 'fail' | 'note';
  readonly json?: true;
}

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const span = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('It takes a duration like 30s or 10m.');
  return ms;
};

/** `walkback errors`: what still goes wrong after a rollback, told apart from what always did. */
export function addErrorCommand({ around, command, done }: ToolKit): void {
  command(
    'errors',
    'what still goes wrong: errors of logs or of a tracker, told apart by fingerprint and by when they came. 0 quiet · 3 they go on · 30 cannot be told',
    'errors --log /var/log/shop/error.log --released 2026-03-01T10:00:00Z --since 2026-03-01T10:40:00Z --within 15m',
    "errors --tracker 'https://errors.example/api/0/projects/shop/api/issues/?query=release:2.0.0' --released 2026-03-01T10:00:00Z --since 2026-03-01T10:40:00Z",
  )
    .option('--log <file>', 'a log, with its rotated files; again for each', again, [])
    .option(
      '--tracker <url>',
      'a list of issues as Sentry answers it; ERRORS_AUTHORIZATION is its header',
      again,
      [],
    )
    .requiredOption('--released <time>', 'when the failed release began; what was seen before that is known')
    .requiredOption('--since <time>', 'when the rollback ended; what is first seen after that is novel')
    .option('--baseline <span>', 'how far before the release is looked', span, 24 * 3_600_000)
    .option('--max-age <span>', 'an error that was not seen for so long is over', span, 600_000)
    .option('--within <span>', 'how long it is waited for that; 0s looks once', span, 0)
    .option('--every <span>', 'how often it looks', span, 1_000)
    .option(
      '--normalise <list>',
      'what is taken out of messages: ids, hex, numbers, quoted',
      'ids,hex,numbers',
    )
    .option('--match <pattern>', 'RE2: lines that are errors; else the level of a line decides')
    .option('--ignore <pattern>', 'RE2: lines that are none')
    .option('--alive', 'a log without any line since the rollback tells nothing')
    .addOption(
      new Option('--residual <how>', 'those of the failed release').choices(['fail', 'note']).default('fail'),
    )
    .addOption(
      new Option('--novel <how>', 'those that are new since then').choices(['fail', 'note']).default('fail'),
    )
    .addOption(json())
    .action(async (flags: ErrorFlags) => {
      const report = await reportOf(around.env, flags);
      around.write(
        flags.json === true ? `${JSON.stringify(documentOf(report))}\n` : textOf(report, flags.maxAge),
      );
      done({ pass: exitCode.done, fail: exitCode.failed, unknown: exitCode.unknown }[report.verdict]);
    });
}

async function reportOf(env: Readonly<Record<string, string>>, flags: ErrorFlags): Promise<ErrorReport> {
  const [{ checkErrors }, { logSource }, { trackerSource }, { normalisations }, { systemTimes }] =
    await Promise.all([
      import('../../tools/errors/check-errors.ts'),
      import('../../tools/errors/log-source.ts'),
      import('../../tools/errors/tracker-source.ts'),
      import('../../tools/errors/fingerprint.ts'),
      import('./times.ts'),
    ]);
  const times = systemTimes();
  if (flags.log.length + flags.tracker.length === 0)
    throw new OperatorError('Nothing to look at.', ['Name at least one --log or --tracker.']);
  const timeOf = (name: 'released' | 'since'): number => {
    const ms = times.epochMsOf(flags[name]);
    if (Number.isNaN(ms))
      throw new OperatorError(`--${name} is no time: “${inertLine(flags[name])}”.`, [
        'Write it like 2026-03-01T10:00:00Z.',
      ]);
    return ms;
  };
  const releasedMs = timeOf('released');
  const sinceMs = timeOf('since');
  if (sinceMs < releasedMs)
    throw new OperatorError('The rollback ended before the release began.', [
      'Look at --released and --since.',
    ]);
  const taken = new Set<Normalisation>();
  for (const name of flags.normalise.split(',').filter((one) => one !== '')) {
    const found = normalisations.find((one) => one === name);
    if (found === undefined)
      throw new OperatorError(`“${inertLine(name)}” cannot be taken out of messages.`, [
        `Choose of: ${normalisations.join(', ')}`,
      ]);
    taken.add(found);
  }
  const spans = { baselineMs: releasedMs - flags.baseline, releasedMs, sinceMs };
  const header = env['ERRORS_AUTHORIZATION'];
  const { match = null, ignore = null, alive = false } = flags;
  return checkErrors(
    [
      ...flags.log.map((file) => logSource({ file, spans, taken, match, ignore, alive }, times)),
      ...flags.tracker.map((url) =>
        trackerSource({ url, headers: header === undefined ? {} : { authorization: header }, spans }, times),
      ),
    ],
    {
      spans,
      maxAgeMs: flags.maxAge,
      withinMs: flags.within,
      everyMs: flags.every,
      fails: { residual: flags.residual === 'fail', novel: flags.novel === 'fail' },
      now: times.now,
      pause: (ms) => pause(ms),
    },
  );
}

/** For machines; nothing in the texts can act on a terminal either. */
const documentOf = ({ verdict, why, quietMs, errors, problems }: ErrorReport): object => ({
  verdict,
  why: inertLine(why),
  quiet_seconds: Math.floor(quietMs / 1000),
  errors: errors.map(
    ({ id, fingerprint, source, counts, before, during, after, firstMs, lastMs, lastLine, ...one }) => ({
      id: inertLine(id),
      class: one.class,
      counts,
      fingerprint: inertLine(fingerprint),
      source: inertLine(source),
      before,
      during,
      after,
      first: isoOf(firstMs),
      last: isoOf(lastMs),
      last_line: inertLine(lastLine),
    }),
  ),
  problems: problems.map(inertLine),
});

function textOf({ verdict, why, quietMs, errors, problems }: ErrorReport, maxAgeMs: number): string {
  const shown = errors.filter(
    (error) => error.class !== 'gone' && !(error.class === 'known' && error.after === 0),
  );
  const gone = errors.length - shown.length;
  return [
    `${verdict}: ${inertLine(why)}; quiet for ${durationText(quietMs)}, ${durationText(maxAgeMs)} are needed`,
    ...shown.flatMap((error) => [
      `  ${error.class}${error.counts ? '' : error.class === 'known' ? '' : ', over'}: ${timesText(error.after)} since then, last ${isoOf(error.lastMs)}: ${inertLine(error.fingerprint)} (${inertLine(error.id)})`,
      `    ${inertLine(error.lastLine)}`,
    ]),
    ...(gone === 0 ? [] : [`  ${gone} more were not seen since then`]),
    ...problems.filter((one) => one !== why).map((one) => `  cannot be told: ${inertLine(one)}`),
    '',
  ].join('\n');
}

const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`);
