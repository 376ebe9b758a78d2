import { OperatorError } from '../../errors.ts';
import { type AdhocRequest, prepareAdhoc } from '../starting/adhoc.ts';
import { askInput } from '../starting/ask.ts';
import { attend, loadScreenAhead } from '../hosting/attend.ts';
import { fullScreenFits } from '../hosting/full-screen-fits.ts';
import type { Hosted } from '../hosting/host-session.ts';
import { hostSession } from '../hosting/host-session.ts';
import type { WaitingAgent } from '../hosting/start-agent.ts';
import type { Started } from '../starting/start-session.ts';
import { prepareSession } from '../starting/start-session.ts';
import type { Surroundings } from '../surroundings.ts';
import { stopOnSignals } from '../hosting/signals.ts';

export interface FrontFlags {
  readonly plain?: true;
  readonly ascii?: true;
}

export interface RunFlags extends FrontFlags {
  readonly env?: string;
  readonly input: Readonly<Record<string, string>>;
  readonly breakGlass?: string;
  readonly second?: string;
  readonly trust?: true;
  readonly adhoc?: true;
  readonly title?: string;
  readonly service?: string;
}

/** `walkback run`: everything is made sure of first, then the session starts. `agent` waits for it on a terminal. */
export async function run(
  around: Surroundings,
  file: string | undefined,
  flags: RunFlags,
  agent: WaitingAgent | null = null,
): Promise<number> {
  const breakGlass =
    flags.breakGlass === undefined ? null : { reason: flags.breakGlass, second: flags.second ?? '' };
  if (flags.adhoc === true)
    return attendNew(
      around,
      prepareAdhoc(around, { ...adhocMeant(file, flags), breakGlass }, agent?.session),
      flags,
      agent,
    );
  if (file === undefined)
    throw new OperatorError('Which runbook?', [
      'walkback run RUNBOOK',
      'Without a runbook: walkback run --adhoc --title "what is the matter"',
    ]);
  const started = await prepareSession(around, {
    file,
    environment: flags.env ?? null,
    given: flags.input,
    mode: 'LIVE',
    breakGlass,
    ask: around.isTerminal ? askInput : null,
    trust: flags.trust === true,
    ...(agent === null ? {} : { session: agent.session }),
    place: null,
  });
  return attendNew(around, started, flags, agent);
}

function adhocMeant(file: string | undefined, flags: RunFlags): Omit<AdhocRequest, 'breakGlass'> {
  if (file !== undefined)
    throw new OperatorError('--adhoc runs without a runbook.', [`Leave one out: --adhoc, or ${file}.`]);
  if (flags.title === undefined)
    throw new OperatorError('What is it about?', [
      'walkback run --adhoc --title "checkout fails since the last release"',
    ]);
  return {
    title: flags.title,
    service: flags.service ?? 'adhoc',
    environment: flags.env ?? null,
  };
}

/** On a terminal the session gets an agent of its own, so that it outlives the screen. */
export async function attendNew(
  around: Surroundings,
  started: Started,
  flags: FrontFlags,
  agent: WaitingAgent | null = null,
): Promise<number> {
  const hosting = hostSession(around, { ...started, inAgent: around.isTerminal, agent });
  loadScreenAhead(around, { plain: flags.plain === true });
  return attendHosted(around, await hosting, flags);
}

export async function attendHosted(around: Surroundings, hosted: Hosted, flags: FrontFlags): Promise<number> {
  const options = {
    plain: flags.plain === true,
    ascii: flags.ascii === true,
    firstTime: false,
    driven: false,
  };
  const unhook = fullScreenFits(around, options)
    ? () => undefined
    : stopOnSignals(hosted.client, hosted.outlives);
  try {
    return await attend(around, hosted.client, options);
  } finally {
    unhook();
    await hosted.release();
  }
}
