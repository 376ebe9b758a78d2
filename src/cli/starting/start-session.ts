import { basename, dirname, resolve } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { redactorOf } from '../../actions/redact.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import type { Environment, Runbook } from '../../runbook/model.ts';
import { formatProblem } from '../../runbook/problem.ts';
import type { Json } from '../../runbook/model/values.ts';
import { heldPlace } from '../../runbook/overlay.ts';
import { isProductionEnvironment } from '../../runbook/production.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Fill } from '../../session/ports.ts';
import type { InputSources } from './inputs.ts';
import { inertLine } from '../inert-line.ts';
import { measurerHere } from '../measurer.ts';
import { refuseSecretsInInputs, resolveInputs } from './inputs.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { newRecordId } from '../records/record-id.ts';
import { overlaysHere, recordedOverlays } from '../trust/overlay.ts';
import type { BreakGlass, CheckedReview } from '../trust/review.ts';
import { breakGlassReason, checkReview } from '../trust/review.ts';
import type { StartFile } from './session-folder.ts';
import { pinFirst, writeStartFile } from './session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import { refuseWrongTarget } from './target.ts';
import { trustRunbook } from '../trust/trust.ts';
import { version } from '../version.ts';

export interface StartOptions {
  readonly file: string;
  readonly environment: string | null;
  readonly given: Readonly<Record<string, string>>;
  readonly mode: 'LIVE' | 'DRILL';
  readonly breakGlass: BreakGlass | null;
  readonly ask: InputSources['ask'];
  /** Agrees beforehand to what changed since this person last ran it. */
  readonly trust?: boolean;
  /** Its name, where an agent waits for it under that name already. */
  readonly session?: string;
  /** Why it starts, where that is known without asking: a proposal. */
  readonly because?: string;
  /** Values, variables and clock of a place that is only known now: the sandbox. */
  readonly place: {
    readonly values: Readonly<Record<string, Json>>;
    readonly env: Readonly<Record<string, string>>;
    readonly speed: number;
    readonly epoch: StartFile['epoch'];
  } | null;
}

export interface Started {
  readonly start: StartFile;
  readonly runbook: Runbook;
  readonly secrets: Readonly<Record<string, string>>;
  readonly first: Extract<Fact, { type: 'session.started' }>;
}

/** Everything that must be right before a session exists: runbook, environment, review, inputs, target. */
export async function prepareSession(around: Surroundings, options: StartOptions): Promise<Started> {
  const overlays = overlaysHere(around);
  const { loaded, file } = { loaded: loadOrRefuse(options.file, overlays), file: resolve(options.file) };
  const { runbook } = loaded;
  // it is pinned with the session from here on, and nothing masks it
  for (const one of loaded.warnings.filter(({ code }) => code === 'WB520'))
    around.warn(`walkback: ${inertLine(formatProblem(one))}\n`);
  const environment = environmentMeant(runbook, options.environment);
  if (options.mode === 'DRILL' && environment !== null && environment.drill === null) {
    throw new OperatorError(
      `${environment.id} has not opted in to drills.`,
      ['An environment opts in with `drill: { token: … }`; production never can.'],
      { exitCode: exitCode.refused },
    );
  }
  refuseForProduction(loaded, environment, options.mode);
  // a drill needs no review, unless an overlay asks for one there: a token in a runbook takes nothing away from that
  const place = environment ?? heldPlace(overlays, null);
  const review =
    options.mode === 'DRILL' && (options.place !== null || environment?.reviewAskedBy === undefined)
      ? { review: 'not_required' as const }
      : await checkReview(around, runbook, file, place, options.breakGlass);
  await trustRunbook(around, runbook, file, {
    given: options.trust === true,
    answered: review.review !== 'not_required',
    ask: options.ask,
    practice: options.mode === 'DRILL',
  });
  openLedgerForWriting(around).close(); // before anybody is asked anything: where nothing can be recorded, nothing starts
  const root = dirname(file);
  const clock = systemClock();
  const values = { ...plainValues(environment), ...options.place?.values };
  const measurer = measurerHere(around, runbook, { cwd: root, env: options.place?.env ?? {} });
  try {
    const { inputs, secrets } = await resolveInputs(runbook, {
      given: options.given,
      values,
      env: around.env,
      environment: environment?.id ?? '',
      measurer,
      ask: options.ask,
    });
    const { text: mask } = redactorOf(secrets);
    refuseSecretsInInputs({ inputs, secrets }, mask);
    const fill: Fill = (template) => {
      const filled = fillTemplate(template, {
        inputs: { ...inputs, ...secrets },
        env: { ...values, name: environment?.id ?? '' },
      });
      if (filled.ok) return filled.value;
      throw new OperatorError(filled.detail, ['Set it in the environment of the runbook.']);
    };
    if (environment?.guard)
      await refuseWrongTarget(environment.id, environment.guard, fill, measurer, 'guard');
    if (options.mode === 'DRILL' && environment?.drill) {
      await refuseWrongTarget(environment.id, environment.drill.token, fill, measurer, 'drill token');
    }
    const session = options.session ?? newRecordId(clock.now().iso);
    const start: StartFile = {
      version: 1,
      session,
      runbook: basename(file),
      root,
      environment: environment?.id ?? '',
      mode: options.mode,
      inputs,
      values,
      env: { ...options.place?.env },
      speed: options.place?.speed ?? 1,
      epoch: options.place?.epoch ?? null,
      user: around.user,
      ...(review.review === 'break_glass' && options.breakGlass !== null
        ? { reviewOwedBy: options.breakGlass.second }
        : {}),
    };
    pinFirst(around, session, runbook, root);
    writeStartFile(around, start);
    return {
      start,
      runbook,
      secrets,
      first: {
        ...firstFact(around, runbook, environment, start, review, options, Object.keys(secrets), mask),
        ...recordedOverlays(overlays),
      },
    };
  } finally {
    await measurer.close();
  }
}

/** The environment that a person means: the only one where none is named. */
export function environmentMeant(runbook: Runbook, name: string | null): Environment | null {
  const { environments } = runbook;
  const [only] = environments;
  const known = environments.map(({ id }) => id).join(', ');
  if (name === null) {
    if (only === undefined) return null;
    if (environments.length === 1) return only;
    throw new OperatorError(`${runbook.file} has several environments: say which.`, [
      `Give one: --env ${known.replaceAll(', ', ' | --env ')}`,
    ]);
  }
  const found = environments.find(({ id }) => id === name);
  if (found !== undefined) return found;
  throw new OperatorError(`${runbook.file} has no environment called ${name}.`, [
    known === '' ? 'Add it under `environments:`.' : `Its environments: ${known}.`,
  ]);
}

/** What a runbook may lack in a drill or in staging, it may not lack in production. */
function refuseForProduction(
  loaded: ReturnType<typeof loadOrRefuse>,
  environment: Environment | null,
  mode: 'LIVE' | 'DRILL',
): void {
  const [first] = loaded.barsProduction;
  if (mode === 'DRILL' || !isProduction(environment) || first === undefined) return;
  throw new OperatorError(
    `${loaded.runbook.id} may not run in production: ${first.message}`,
    [first.fix, `See all of it: walkback lint ${loaded.runbook.file}`],
    { exitCode: exitCode.refused },
  );
}

const isProduction = (environment: Environment | null): boolean =>
  environment !== null && (isProductionEnvironment(environment) || environment.reviewRequired);

/** Values of an environment that need nothing else. */
export function plainValues(environment: Environment | null): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(environment?.values ?? {}).flatMap(([name, value]): [string, Json][] => {
      if (typeof value !== 'object') return [[name, value]];
      const filled = fillTemplate(value, {});
      return filled.ok ? [[name, filled.value]] : [];
    }),
  );
}

/** The runbook of a session as its first fact names it. */
export const namedRunbook = (runbook: Runbook): Started['first']['runbook'] => ({
  id: runbook.id,
  title: runbook.title,
  service: runbook.service,
  hash: runbook.hash,
  file: runbook.file,
  objectiveMs: runbook.objectiveMs,
  ...(runbook.template === undefined ? {} : { template: runbook.template }),
});

function firstFact(
  around: Surroundings,
  runbook: Runbook,
  environment: Environment | null,
  start: StartFile,
  review: CheckedReview,
  options: StartOptions,
  secretNames: readonly string[],
  mask: (text: string) => string,
): Started['first'] {
  const shownInputs = Object.entries(start.inputs).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const reason =
    options.breakGlass === null ? (options.because ?? null) : breakGlassReason(options.breakGlass);
  const hidden = secretNames.map((name) => [name, `«${name}»`]);
  return {
    type: 'session.started',
    by: around.user,
    runbook: namedRunbook(runbook),
    mode: options.mode,
    environment: start.environment,
    production: options.mode === 'LIVE' && isProduction(environment),
    inputs: Object.fromEntries([...shownInputs, ...hidden]) as Record<string, string>,
    speed: start.speed,
    program: `walkback ${version}`,
    ...review,
    reason: reason === null ? null : mask(reason),
  };
}
