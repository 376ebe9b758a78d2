import { InvalidArgumentError } from 'commander';
import { exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { AlertStanding } from '../../tools/silence/quiet.ts';
import type { SilencePlace, SilenceState } from '../../tools/silence/silence.ts';
import { inertLine } from '../inert-line.ts';
import { json } from '../options.ts';
import type { ToolKit } from './tool-kit.ts';

interface PlaceFlags {
  readonly url: string;
  readonly owner: string;
  readonly json?: true;
}

interface AddFlags extends PlaceFlags {
  readonly match: readonly string[];
  readonly for: number;
  readonly comment: string;
}

interface QuietFlags extends PlaceFlags {
  readonly match: readonly string[];
  readonly prometheus?: string;
}

interface ProveFlags extends PlaceFlags {
  readonly match: readonly string[];
  readonly label: readonly string[];
  readonly receiver?: string;
  readonly within: number;
}

interface EndFlags {
  readonly url: string;
  readonly id: string;
  readonly consent: string;
  readonly commander?: string;
}

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const span = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === null || ms > 24 * 3_600_000)
    throw new InvalidArgumentError('It takes a duration like 30m, one day at most.');
  return ms;
};

/** `walkback silence …`: one scoped silence in Alertmanager that belongs to one session, and ends alone. */
export function addSilenceCommands({ around, command, examples, done }: ToolKit): void {
  const silence = command(
    'silence',
    'one silence of Alertmanager that is known by its owner: made once, ended alone',
    'silence state --url http://127.0.0.1:9093 --owner walkback/20260301-0312',
  );
  const tools = () => import('../../tools/silence/silence.ts');
  const place = ({ url, owner }: PlaceFlags): SilencePlace => {
    const header = around.env['ALERTMANAGER_AUTHORIZATION'];
    return { url, owner, headers: header === undefined ? {} : { authorization: header } };
  };
  const tell = (flags: PlaceFlags, state: SilenceState): void => {
    const more =
      state.state === 'active' ? ` until ${inertLine(state.until ?? '')}, ${state.alerts} alerts quiet` : '';
    around.write(flags.json === true ? `${JSON.stringify(state)}\n` : `${state.state}${more}\n`);
  };
  const named = (name: string, description: string, ...lines: readonly string[]) =>
    silence
      .command(name)
      .description(description)
      .requiredOption('--url <address>', 'where Alertmanager is')
      .requiredOption('--owner <name>', 'whose silence: its author in Alertmanager, unique to this use')
      .addOption(json())
      .addHelpText(
        'after',
        `\nA proxy in front of it gets ALERTMANAGER_AUTHORIZATION as its header Authorization.\n${examples(...lines)}`,
      );

  named(
    'add',
    'silence what matches, for a time; where one of this owner is active nothing is made. 0 active',
    'silence add --url http://127.0.0.1:9093 --owner walkback/20260301-0312 --match service=shop --for 30m',
  )
    .option('--match <matcher>', 'label=value, !=, =~ or !~; again for each, all must match', again, [])
    .requiredOption('--for <span>', 'how long, one day at most: it ends by itself', span)
    .option('--comment <words>', 'why', 'a rollback is under way')
    .action(async (flags: AddFlags) => {
      const { addSilence } = await tools();
      const { systemTimes } = await import('./times.ts');
      const { match, for: forMs, comment } = flags;
      tell(flags, await addSilence(place(flags), { matchers: match, forMs, comment }, systemTimes()));
      done(exitCode.done);
    });
  named(
    'expire',
    'end the silences of this owner, and no other. 0 none is active',
    'silence expire --url http://127.0.0.1:9093 --owner walkback/20260301-0312',
  ).action(async (flags: PlaceFlags) => {
    const { expireSilence } = await tools();
    const state = await expireSilence(place(flags));
    tell(flags, state);
    done(state.state === 'active' ? exitCode.failed : exitCode.done);
  });
  named(
    'state',
    'prints “active”, “expired” or “none”',
    'silence state --url http://127.0.0.1:9093 --owner walkback/20260301-0312 --json',
  ).action(async (flags: PlaceFlags) => {
    const { silenceState } = await tools();
    tell(flags, await silenceState(place(flags)));
    done(exitCode.done);
  });

  const header = (): Readonly<Record<string, string>> => place({ url: '', owner: '' }).headers;
  named(
    'quiet',
    'are the alerts on again, and is nothing firing or pending? 0 yes · 3 no, with what stands against it',
    'silence quiet --url http://127.0.0.1:9093 --owner walkback/20260301-0312 --match service=shop --prometheus http://127.0.0.1:9090',
  )
    .requiredOption('--match <matcher>', 'the alerts that are meant; again for each', again, [])
    .option('--prometheus <address>', 'whose rules have to be healthy, and none of them pending')
    .action(async (flags: QuietFlags) => {
      const { alertStanding, isQuiet } = await import('../../tools/silence/quiet.ts');
      const { matcherOf } = await import('../../tools/silence/matchers.ts');
      const standing = await alertStanding(
        place(flags),
        flags.match.map(matcherOf),
        flags.prometheus ?? null,
      );
      const quiet = isQuiet(standing);
      around.write(
        flags.json === true
          ? `${JSON.stringify({ quiet, ...standing })}\n`
          : `${standingText(quiet, standing)}\n`,
      );
      done(quiet ? exitCode.done : exitCode.failed);
    });
  named(
    'prove',
    'send an alert of our own and see that a notification goes out. 0 it arrived · 3 it did not · 30 cannot be told',
    'silence prove --url http://127.0.0.1:9093 --owner walkback/20260301-0312 --match service=shop --label severity=none --receiver test',
  )
    .requiredOption('--match <matcher>', 'the alerts that are meant; again for each', again, [])
    .option(
      '--label <label=value>',
      'what routes it to a receiver that wakes nobody; again for each',
      again,
      [],
    )
    .option(
      '--receiver <name>',
      'who has to be notified; without it the notifications of all count, so ask while nothing else fires',
    )
    .option('--within <span>', 'how long it may take', span, 60_000)
    .action(async (flags: ProveFlags) => {
      const { sendSynthetic } = await import('../../tools/silence/quiet.ts');
      const { fixedLabels, matcherOf } = await import('../../tools/silence/matchers.ts');
      const { systemTimes } = await import('./times.ts');
      const sleep = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));
      const labels = fixedLabels(flags.label.map(matcherOf));
      const matchers = flags.match.map(matcherOf);
      const times = { ...systemTimes(), sleep };
      const { receiver = null, within } = flags;
      const arrival = await sendSynthetic(place(flags), matchers, labels, receiver, within, times);
      const text = arrival.arrived
        ? `arrived after ${String(arrival.tookMs)} ms`
        : `did not arrive: ${inertLine(arrival.why)}`;
      around.write(flags.json === true ? `${JSON.stringify(arrival)}\n` : `${text}\n`);
      done(arrival.arrived ? exitCode.done : exitCode.failed);
    });
  silence
    .command('end-other')
    .description('end a silence of somebody else, with their consent or the commander’s. 3 refused')
    .requiredOption('--url <address>', 'where Alertmanager is')
    .requiredOption('--id <id>', 'which one: `silence quiet` lists them')
    .requiredOption('--consent <name>', 'who agreed')
    .option('--commander <name>', 'who leads the incident, and may agree for its author')
    .addHelpText('after', examples('silence end-other --url http://127.0.0.1:9093 --id 0a1b --consent grace'))
    .action(async ({ url, id, consent, commander }: EndFlags) => {
      const { endWithConsent } = await import('../../tools/silence/quiet.ts');
      const ended = await endWithConsent({ url, headers: header() }, id, {
        of: consent,
        commander: commander ?? null,
      });
      around.write(
        `ended the silence of ${inertLine(ended.by)}, with the consent of ${inertLine(consent)}\n`,
      );
      done(exitCode.done);
    });
}

/** What stands against it, one line each. */
function standingText(quiet: boolean, standing: AlertStanding): string {
  const { ours, others, firing, pending, unhealthy } = standing;
  if (quiet) return 'quiet: no silence is left, nothing fires';
  return [
    ...(ours.state === 'active' ? ['ours is still active'] : []),
    ...others.map(({ id, by, comment, until }) =>
      inertLine(`silenced by ${by} until ${until} (${comment}), id ${id}`),
    ),
    ...firing.map((name) => inertLine(`firing: ${name}`)),
    ...(pending ?? []).map((name) => inertLine(`pending or firing in Prometheus: ${name}`)),
    ...(unhealthy ?? []).map((rule) => inertLine(`not healthy: ${rule}`)),
  ].join('\n');
}
