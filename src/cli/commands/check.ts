import { dirname, resolve } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { redactorOf } from '../../actions/redact.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Check, Json, Probe } from '../../runbook/model/values.ts';
import type { Environment, Runbook } from '../../runbook/model.ts';
import { heldPlace, type ReviewedPlace } from '../../runbook/overlay.ts';
import { checksOf } from '../../runbook/visit.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Clock, Fill, Measurer } from '../../session/ports.ts';
import { refuseUnknown, resolveInputs } from '../starting/inputs.ts';
import { measurerHere } from '../measurer.ts';
import { readStandby, standbyGone } from '../numbers/check-standby.ts';
import { endingOf } from '../numbers/ending.ts';
import type { Gap } from '../../runbook/agreement.ts';
import { agreementGaps, dayOf } from '../../runbook/agreement.ts';
import { inertLine } from '../inert-line.ts';
import { loadOrRefuse } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import { askedBy, reviewFound } from '../trust/review.ts';
import { trustRunbook } from '../trust/trust.ts';
import type { Surroundings } from '../surroundings.ts';
import { readTarget } from '../starting/target.ts';
import type { PlanFlags } from './plan.ts';

interface Checked {
  readonly name: string;
  readonly what: 'input' | 'guard' | 'probe' | 'drill token' | 'standby';
  readonly ok: boolean;
  readonly value: string | null;
  readonly code: string | null;
  readonly detail: string;
  readonly ms: number;
}

/** The code of a guard or a token that was read and says that this is another system. */
const wrongTarget = 'wrong_target';

/**
 * `walkback check`: every input, guard and probe read once, and whether the standby is up; read-only. Exit 0 when all
 * could be read, 30 otherwise, 3 where the standby is gone, 6 where the guard says that this is not the environment.
 */
export async function check(around: Surroundings, file: string, flags: PlanFlags): Promise<number> {
  const overlays = overlaysHere(around);
  const { runbook } = loadOrRefuse(file, overlays);
  const environment =
    runbook.environments.find(({ id }) => id === flags.env) ??
    (flags.env === undefined ? (runbook.environments[0] ?? null) : null);
  if (flags.env !== undefined && environment === null) {
    throw new OperatorError(`${file} has no environment called ${flags.env}.`, [
      `Its environments: ${runbook.environments.map(({ id }) => id).join(', ')}.`,
    ]);
  }
  refuseUnknown(runbook, flags.input);
  // probes and guards are commands of the runbook: what changed in it is shown before they run, and trusted by nothing
  await trustRunbook(around, runbook, resolve(file), {
    given: false,
    answered: false,
    ask: null,
    practice: true,
  });
  await tellReview(around, runbook, file, environment ?? heldPlace(overlays, null));
  const clock = systemClock();
  const measurer = measurerHere(around, runbook, { cwd: dirname(resolve(file)) });
  try {
    const results = await readAll(around, runbook, environment, flags, measurer, clock);
    const gaps = agreementGaps(runbook, dayOf(clock.now().iso));
    report(around, results, gaps, flags.json === true);
    if (results.some(({ code }) => code === wrongTarget)) return exitCode.refused;
    if (results.some(({ code }) => code === standbyGone)) return exitCode.failed;
    // a team that signs its numbers is not ready while a signature is missing, expired or under other numbers
    const unsigned = (runbook.agreed ?? []).length > 0 && gaps.some(({ code }) => code !== 'no_up');
    return results.every(({ ok }) => ok) && !unsigned ? exitCode.done : exitCode.unknown;
  } finally {
    await measurer.close();
  }
}

/** That a run would be refused is found out now, not when it burns. */
async function tellReview(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  place: ReviewedPlace,
): Promise<void> {
  if (!place.reviewRequired) return;
  const found = await reviewFound(around, runbook, file, around.user);
  if (!found.ok)
    around.warn(
      `walkback: a run by ${around.user} in ${place.id} would be refused: ${inertLine(found.problem)}${askedBy(place)}\n`,
    );
}

async function readAll(
  around: Surroundings,
  runbook: Runbook,
  environment: Environment | null,
  flags: PlanFlags,
  measurer: Measurer,
  { mono, now }: Pick<Clock, 'mono' | 'now'>,
): Promise<readonly Checked[]> {
  const values: Record<string, Json> = { name: environment?.id ?? '' };
  for (const [name, value] of Object.entries(environment?.values ?? {})) {
    const filled = typeof value === 'object' ? fillTemplate(value, {}) : { ok: true as const, value };
    if (filled.ok) values[name] = filled.value;
  }
  const inputs: Record<string, Json> = {};
  const hidden: Record<string, string> = {};
  const read: Checked[] = [];
  for (const input of runbook.inputs) {
    const since = mono();
    const base = { name: input.id, what: 'input' as const };
    try {
      const { inputs: found, secrets } = await resolveInputs(
        { ...runbook, inputs: [input] },
        {
          given: input.id in flags.input ? { [input.id]: flags.input[input.id] ?? '' } : {},
          values,
          env: around.env,
          environment: environment?.id ?? '',
          known: inputs,
          measurer,
          ask: null,
        },
      );
      Object.assign(inputs, found, secrets);
      Object.assign(hidden, secrets);
      const shown = input.id in secrets ? `«${input.id}»` : JSON.stringify(found[input.id]);
      read.push({ ...base, ok: true, value: shown, code: null, detail: '', ms: Math.round(mono() - since) });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      read.push({
        ...base,
        ok: false,
        value: null,
        code: 'unset',
        detail: `${error.message} ${error.nextSteps[0]}`,
        ms: Math.round(mono() - since),
      });
    }
  }
  const fill: Fill = (template) => {
    const filled = fillTemplate(template, { inputs, env: values });
    if (filled.ok) return filled.value;
    throw new OperatorError(filled.detail, ['Give the value it needs.']);
  };
  const expected = expectedToFail(runbook);
  const one = async (name: string, what: Checked['what'], probe: Probe): Promise<Checked> => {
    const since = mono();
    const measured = await measurer.measure(
      probe,
      fill,
      AbortSignal.timeout(probe.timeoutMs * probe.times + 1000),
    );
    const ms = Math.round(mono() - since);
    const spoilt =
      measured.ok && !expected.has(probe.id) ? (endingOf(measured) ?? nothingIn(measured.value)) : null;
    const { code, detail } = measured.ok ? (spoilt ?? { code: null, detail: '' }) : measured;
    const value = measured.ok && spoilt === null ? JSON.stringify(measured.value) : null;
    return { name, what, ok: code === null, value, code, detail, ms };
  };
  const target = async (what: 'guard' | 'drill token', check: Check, probe: Probe): Promise<Checked> => {
    const since = mono();
    const { verdict, value } = await readTarget(check, probe, fill, measurer, what);
    const ms = Math.round(mono() - since);
    const name = probe.id ?? what;
    if (verdict.result === 'pass') return { name, what, ok: true, value, code: null, detail: '', ms };
    const code = verdict.result === 'fail' ? wrongTarget : (verdict.code ?? 'unknown');
    const detail = `${verdict.detail}; expected ${verdict.expected}`;
    return { name, what, ok: false, value: null, code, detail, ms };
  };
  const guards = [
    ...(environment?.guard ? [['guard', environment.guard] as const] : []),
    ...(environment?.drill ? [['drill token', environment.drill.token] as const] : []),
  ].flatMap(([what, check]) => ('source' in check.subject ? [target(what, check, check.subject)] : []));
  const probes = Object.entries(runbook.probes).map(([id, probe]) => one(id, 'probe', probe));
  const standby = async ({ standby: kept = null, window }: Runbook): Promise<readonly Checked[]> => {
    if (kept === null) return [];
    const since = mono();
    const found = await readStandby(kept, window, { measurer, fill, nowMs: now().ms });
    const ms = Math.round(mono() - since);
    return [{ name: 'standby', what: 'standby', ok: found.code === null, ...found, ms }];
  };
  const redact = redactorOf(hidden);
  const masked = (result: Checked): Checked => ({
    ...result,
    value: result.value === null ? null : redact.text(result.value),
    detail: redact.text(result.detail),
  });
  return [
    ...read,
    ...(await Promise.all(guards)),
    ...(await standby(runbook)),
    ...(await Promise.all(probes)),
  ].map(masked);
}

/** Probes of which a failure, or nothing at all, is an answer: a check of the runbook looks at just that. */
function expectedToFail(runbook: Runbook): ReadonlySet<string | null> {
  const endings = new Set(['exit', 'status', 'fails', 'header', 'absent', 'count']);
  return new Set(
    checksOf(runbook)
      .filter(({ expect }) => expect.conditions.some(({ kind }) => endings.has(kind)))
      .flatMap(({ subject }) => ('source' in subject && subject.id !== null ? [subject.id] : []))
      .concat(runbook.standby?.ready.id ?? []), // told as the standby
  );
}

const nothingIn = (value: Json) =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0)
    ? { code: 'no_data', detail: 'There is nothing.' }
    : null;

function report(
  around: Surroundings,
  results: readonly Checked[],
  gaps: readonly Gap[],
  json: boolean,
): void {
  if (json) {
    const told = gaps.map(({ code, detail }) => ({ code, detail }));
    return around.write(`${JSON.stringify({ schema: 'walkback.check/1', results, gaps: told }, null, 2)}\n`);
  }
  const width = Math.max(4, ...results.map(({ name }) => name.length));
  for (const { name, what, ok, value, code, detail, ms } of results) {
    const said = ok ? (value ?? '') : `${code ?? ''}: ${detail}`;
    around.write(
      `${ok ? 'ok     ' : code === standbyGone ? 'fail   ' : 'unknown'}  ${what.padEnd(11)} ${name.padEnd(width)}  ${String(ms).padStart(5)} ms  ${inertLine(said)}\n`,
    );
  }
  const bad = results.filter(({ ok, code }) => !ok && code !== standbyGone).length;
  for (const { code, detail } of gaps) around.write(`gap      ${code.padEnd(11)} ${inertLine(detail)}\n`);
  const missing = gaps.length === 0 ? '' : `${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}, `;
  around.write(`${results.length} read, ${bad} unknown; ${missing}nothing was changed\n`);
}
