import { InvalidArgumentError, Option } from 'commander';
import { exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { SilencePlace, SilenceState } from '../../tools/silence/silence.ts';
import { inertLine } from '../inert-line.ts';
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
      .addOption(new Option('--json', 'print one JSON document instead of text'))
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
}
