import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { drawFault, runbookFor } from '../../drill/draw.ts';
import { scriptedOperator } from '../../drill/operator.ts';
import { armFault, sandboxDown, sandboxUp } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { readState } from '../../sandbox/state.ts';
import { attend, loadScreenAhead } from '../hosting/attend.ts';
import { armHere } from '../drills/environment-faults.ts';
import { finishDrill, writeDrillFile } from '../drills/finish-drill.ts';
import { hostSession } from '../hosting/host-session.ts';
import { seedOf } from '../drills/seed-and-speed.ts';
import { programFile, shippedFolder } from '../program-files.ts';
import type { Started } from '../starting/start-session.ts';
import { prepareSession } from '../starting/start-session.ts';
import { stopOnSignals } from '../hosting/signals.ts';
import type { Surroundings } from '../surroundings.ts';
import { isoOf } from '../../machine/iso-time.ts';
import type { FrontFlags } from './run.ts';
import { askInput } from '../starting/ask.ts';
import { faultIds } from '../../sandbox/platform/faults.ts';
import { faultOf } from './sandbox.ts';

export interface DrillFlags extends FrontFlags {
  readonly fault?: string;
  readonly seed: string;
  readonly env?: string;
  readonly operator?: 'person' | 'scripted';
  readonly input: Readonly<Record<string, string>>;
  readonly demo?: true;
}

/** Domain seconds in a real one. */
const sandboxSpeed = 60;
/** A drill that nobody ends takes its shop with it after this time. */
const longestDrillMs = 4 * 3_600_000;

/** `walkback drill`: a hidden fault, the same screens, an honest score. */
export async function drill(
  around: Surroundings,
  file: string | undefined,
  flags: DrillFlags,
): Promise<number> {
  refuseFault(around, file);
  const scripted = flags.operator === 'scripted' || (flags.operator === undefined && !around.isTerminal);
  const shipped = (name: string): string => join(shippedFolder(around, 'runbooks'), name);
  if (flags.env !== undefined && flags.env !== 'sandbox')
    return inEnvironment(around, file ?? shipped('shop_rollback.yaml'), flags, flags.env, scripted);
  const fault = flags.fault === undefined ? drawn(file, seedOf(flags.seed)) : faultOf(flags.fault);
  return inSandbox(around, file ?? shipped(runbookFor(fault)), fault, flags, scripted);
}

/** A fault stands where a runbook belongs: said before a shop is started for nothing. */
function refuseFault(around: Surroundings, file: string | undefined): void {
  const fault = faultIds.find((id) => id === file?.toUpperCase());
  if (fault === undefined || existsSync(join(around.cwd, file ?? ''))) return;
  throw new OperatorError(`${fault} is a fault, and the first word is a runbook.`, [
    `Practise it: walkback drill --fault ${fault}`,
  ]);
}

async function inSandbox(
  around: Surroundings,
  file: string,
  fault: (typeof faultIds)[number],
  flags: DrillFlags,
  scripted: boolean,
): Promise<number> {
  const seed = seedOf(flags.seed);
  around.write('starting the shop …\n');
  const sandbox = await sandboxUp({
    seed,
    speed: sandboxSpeed,
    entry: programFile(around, 'sandbox'),
    runtime: around.runtime,
    maxLifetimeMs: longestDrillMs,
  });
  let keep = false;
  try {
    const { afterMs } = await armFault({
      folder: sandbox.folder,
      fault,
      seed,
      ...(scripted ? { afterMs: 0 } : {}),
    });
    const clock = systemClock();
    const armedAt = isoOf(clock.now().ms + afterMs);
    const started = await prepareSession(around, {
      file,
      environment: 'sandbox',
      given: flags.input,
      mode: 'DRILL',
      breakGlass: null,
      ask: around.isTerminal && !scripted ? askInput : null,
      place: placeOf(around, sandbox),
    });
    writeDrillFile(around, started.start.session, { fault, armedAt, sandbox: sandbox.folder });
    keep = true;
    const code = await play(around, started, flags, scripted);
    const finished = await finishDrill(around, started.start.session);
    return finished === exitCode.done ? code : finished;
  } finally {
    if (!keep) await sandboxDown({ folder: sandbox.folder });
  }
}

async function inEnvironment(
  around: Surroundings,
  file: string,
  flags: DrillFlags,
  environment: string,
  scripted: boolean,
): Promise<number> {
  const started = await prepareSession(around, {
    file,
    environment,
    given: flags.input,
    mode: 'DRILL',
    breakGlass: null,
    ask: around.isTerminal && !scripted ? askInput : null,
    place: null,
  });
  const disarm = flags.fault === undefined ? null : await armHere(around, started, flags.fault);
  const armedAt = disarm === null ? null : systemClock().now().iso;
  writeDrillFile(around, started.start.session, { fault: flags.fault ?? 'none', armedAt, sandbox: null });
  try {
    const code = await play(around, started, flags, scripted);
    const finished = await finishDrill(around, started.start.session);
    return finished === exitCode.done ? code : finished;
  } finally {
    await disarm?.();
  }
}

/** A person at the screen, or an operator made of a policy; both see the view and send intents, nothing else. */
async function play(
  around: Surroundings,
  started: Started,
  flags: DrillFlags,
  scripted: boolean,
): Promise<number> {
  const hosting = hostSession(around, { ...started, inAgent: around.isTerminal && !scripted });
  loadScreenAhead(around, { plain: flags.plain === true || scripted });
  const hosted = await hosting;
  const operator = scripted ? scriptedOperator({ client: hosted.client }) : null;
  const unhook = stopOnSignals(hosted.client, hosted.outlives);
  try {
    return await attend(around, hosted.client, {
      plain: flags.plain === true || scripted,
      ascii: flags.ascii === true,
      firstTime: flags.demo === true,
      driven: scripted,
    });
  } finally {
    operator?.stop();
    unhook();
    await hosted.release();
  }
}

/** What the runbook's `sandbox` environment gets: addresses, the shop's own command on the PATH, its clock. */
export function placeOf(around: Surroundings, sandbox: Sandbox) {
  const clock = readState(sandbox.folder)?.clock ?? null;
  return {
    values: { ...sandbox.values },
    env: { ...sandbox.env, PATH: `${sandbox.bin}${delimiter}${around.env['PATH'] ?? ''}` },
    speed: sandbox.speed,
    epoch: clock === null ? null : { realMs: clock.realMs, domainMs: clock.domainMs },
  };
}

function drawn(file: string | undefined, seed: number): (typeof faultIds)[number] {
  const fault = drawFault(faultIds, file === undefined ? null : basename(file), seed);
  if (fault === null) throw new OperatorError('There is no fault to draw.', ['Name one: --fault F01']);
  return fault;
}
