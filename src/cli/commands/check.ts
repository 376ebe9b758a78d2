import { dirname, resolve } from 'node:path';
import { childEnvironment } from '../../actions/environment.ts';
import { wrap } from '../../actions/where.ts';
import { systemClock } from '../../actions/clock.ts';
import { openMeasurer } from '../../actions/measure/measurer.ts';
import { redactor } from '../../actions/redact.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Environment, Json, Probe, Runbook } from '../../runbook/model.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Fill, Measurer } from '../../session/ports.ts';
import { resolveInputs } from '../inputs.ts';
import { inertLine } from '../inert-line.ts';
import { loadOrRefuse } from '../load.ts';
import { programFile } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';
import type { PlanFlags } from './plan.ts';

interface Checked {
  readonly name: string;
  readonly what: 'input' | 'guard' | 'probe' | 'drill token';
  readonly ok: boolean;
  readonly value: string | null;
  readonly code: string | null;
  readonly detail: string;
  readonly ms: number;
}

/** `walkback check`: every input, guard and probe read once, read-only; exit 0 when all could be read, 30 otherwise. */
export async function check(around: Surroundings, file: string, flags: PlanFlags): Promise<number> {
  const { runbook } = loadOrRefuse(file);
  const environment =
    runbook.environments.find(({ id }) => id === flags.env) ??
    (flags.env === undefined ? (runbook.environments[0] ?? null) : null);
  if (flags.env !== undefined && environment === null) {
    throw new OperatorError(`${file} has no environment called ${flags.env}.`, [
      `Its environments: ${runbook.environments.map(({ id }) => id).join(', ')}.`,
    ]);
  }
  const clock = systemClock();
  const measurer = openMeasurer({
    connections: runbook.connections,
    clock,
    domainNow: () => clock.now().ms,
    env: childEnvironment(around.env),
    cwd: dirname(resolve(file)),
    redactor: redactor([]),
    fromHere: (command) =>
      command.where === undefined ? command : { ...command, argv: wrap(command.where, command.argv) },
    sqliteProcess: programFile(around, 'sqlite-process'),
  });
  try {
    const results = await readAll(around, runbook, environment, flags, measurer, clock.mono);
    report(around, results, flags.json === true);
    return results.every(({ ok }) => ok) ? exitCode.done : exitCode.unknown;
  } finally {
    await measurer.close();
  }
}

async function readAll(
  around: Surroundings,
  runbook: Runbook,
  environment: Environment | null,
  flags: PlanFlags,
  measurer: Measurer,
  mono: () => number,
): Promise<readonly Checked[]> {
  const values: Record<string, Json> = { name: environment?.id ?? '' };
  for (const [name, value] of Object.entries(environment?.values ?? {})) {
    const filled = typeof value === 'object' ? fillTemplate(value, {}) : { ok: true as const, value };
    if (filled.ok) values[name] = filled.value;
  }
  const inputs: Record<string, Json> = {};
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
          measurer,
          ask: null,
        },
      );
      Object.assign(inputs, found, secrets);
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
  const one = async (name: string, what: Checked['what'], probe: Probe): Promise<Checked> => {
    const since = mono();
    const measured = await measurer.measure(
      probe,
      fill,
      AbortSignal.timeout(probe.timeoutMs * probe.times + 1000),
    );
    const ms = Math.round(mono() - since);
    return measured.ok
      ? { name, what, ok: true, value: JSON.stringify(measured.value), code: null, detail: '', ms }
      : { name, what, ok: false, value: null, code: measured.code, detail: measured.detail, ms };
  };
  const guards = [
    ...(environment?.guard ? [['guard', environment.guard.subject] as const] : []),
    ...(environment?.drill ? [['drill token', environment.drill.token.subject] as const] : []),
  ].flatMap(([what, subject]) => ('obligation' in subject ? [] : [one(subject.id ?? what, what, subject)]));
  const probes = Object.entries(runbook.probes).map(([id, probe]) => one(id, 'probe', probe));
  return [...read, ...(await Promise.all(guards)), ...(await Promise.all(probes))];
}

function report(around: Surroundings, results: readonly Checked[], json: boolean): void {
  if (json) return around.write(`${JSON.stringify({ schema: 'walkback.check/1', results }, null, 2)}\n`);
  const width = Math.max(4, ...results.map(({ name }) => name.length));
  for (const { name, what, ok, value, code, detail, ms } of results) {
    const said = ok ? (value ?? '') : `${code ?? ''}: ${detail}`;
    around.write(
      `${ok ? 'ok     ' : 'unknown'}  ${what.padEnd(11)} ${name.padEnd(width)}  ${String(ms).padStart(5)} ms  ${inertLine(said)}\n`,
    );
  }
  const bad = results.filter(({ ok }) => !ok).length;
  around.write(`${results.length} read, ${bad} unknown; nothing was changed\n`);
}
