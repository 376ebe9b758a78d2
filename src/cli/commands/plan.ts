import type { Command, Json, Template } from '../../runbook/model/values.ts';
import type { Step } from '../../runbook/model/step.ts';
import { type Runbook, allSteps } from '../../runbook/model.ts';
import { plainText } from '../../runbook/template.ts';
import { namingOf, sayTemplate } from '../../runbook/wording.ts';
import { exitCode, OperatorError } from '../../errors.ts';
import { systemClock } from '../../actions/clock.ts';
import { agreementGaps, dayOf } from '../../runbook/agreement.ts';
import { inertLine } from '../inert-line.ts';
import { planScope, scopeText } from '../numbers/plan-scope.ts';
import { refuseUnknown } from '../starting/inputs.ts';
import { loadOrRefuse } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PlanFlags {
  readonly env?: string;
  readonly input: Readonly<Record<string, string>>;
  readonly json?: true;
  readonly live?: true;
}

export interface PlannedStep {
  readonly phase: string;
  readonly id: string;
  readonly kind: Step['kind'];
  readonly title: string;
  readonly runs: string | null;
  readonly where: string;
  readonly opens: string | null;
  readonly undo: string | null;
  readonly noWayBack: string | null;
  readonly readOnly: boolean;
  readonly leads: Readonly<Record<string, string>>;
}

/** `walkback plan`: what would run, where, with which values. What only the session will know is a plain word. */
export async function plan(around: Surroundings, file: string, flags: PlanFlags): Promise<number> {
  const { runbook } = loadOrRefuse(file, overlaysHere(around));
  const environment =
    flags.env === undefined
      ? runbook.environments[0]
      : runbook.environments.find(({ id }) => id === flags.env);
  if (flags.env !== undefined && environment === undefined) {
    throw new OperatorError(`${file} has no environment called ${flags.env}.`, [
      `Its environments: ${runbook.environments.map(({ id }) => id).join(', ')}.`,
    ]);
  }
  refuseUnknown(runbook, flags.input);
  const values = {
    inputs: flags.input,
    env: { ...plainValues(environment?.values ?? {}), name: environment?.id ?? '' },
  };
  const said = { ...values, inputs: { ...ownValues(runbook), ...flags.input } };
  const say = sayer(said, allSteps(runbook));
  const scope = await planScope(around, runbook, file, values, flags.live === true);
  const steps = allSteps(runbook).map((step) => planned(step, say));
  const gaps = agreementGaps(runbook, dayOf(systemClock().now().iso)).map(({ code, detail }) => ({
    code,
    detail,
  }));
  if (flags.json === true) {
    around.write(
      `${JSON.stringify({ schema: 'walkback.plan/1', runbook: runbook.id, hash: runbook.hash, environment: environment?.id ?? null, scope, steps, gaps }, null, 2)}\n`,
    );
    return exitCode.done;
  }
  around.write(
    `${inertLine(runbook.title)} (${runbook.id}) on ${environment?.id ?? 'no environment'}; ${flags.live === true ? 'only the versions that run are read' : 'nothing is executed'}\n`,
  );
  if (scope !== null) around.write(scopeText(scope, around));
  for (const phase of runbook.phases) {
    around.write(`\n${inertLine(phase.title)}${phase.offPath ? ' (entered by a route only)' : ''}\n`);
    for (const step of steps.filter((one) => one.phase === phase.id)) around.write(textOf(step));
  }
  if (gaps.length > 0) around.write('\nThe numbers are not agreed\n');
  for (const { code, detail } of gaps) around.write(`  gap ${code}: ${inertLine(detail)}\n`);
  return exitCode.done;
}

function textOf(step: PlannedStep): string {
  const lines = [`  ${step.readOnly ? ' ' : '!'} ${step.id} · ${step.kind} · ${inertLine(step.title)}`];
  if (step.runs !== null) lines.push(`      $ ${inertLine(step.runs)}    on ${step.where}`);
  if (step.opens !== null) lines.push(`      opens a debt: ${inertLine(step.opens)}`);
  if (step.undo !== null) lines.push(`      undo: ${inertLine(step.undo)}`);
  if (step.noWayBack !== null) lines.push(`      NO WAY BACK: ${inertLine(step.noWayBack)}`);
  for (const [on, to] of Object.entries(step.leads)) lines.push(`      ${on} → ${to}`);
  return `${lines.join('\n')}\n`;
}

type Say = (template: Template) => string;

const sayer =
  (values: Readonly<Record<string, Json>>, steps: readonly Step[]): Say =>
  (template) =>
    sayTemplate(
      template,
      values,
      namingOf((id) => steps.find((step) => step.id === id), values),
    );

function planned(step: Step, say: Say): PlannedStep {
  const command = step.kind === 'run' ? step.command : null;
  return {
    phase: step.phase,
    id: step.id,
    kind: step.kind,
    title: step.wording?.title === undefined ? step.title : say(step.wording.title),
    runs: command === null ? null : commandWords(command, say),
    where:
      command === null
        ? 'workstation'
        : 'name' in command.where
          ? `${command.where.kind} ${say(command.where.name)}`
          : command.where.kind,
    opens:
      step.opens === null
        ? null
        : `${step.opens.named === undefined ? step.opens.title : say(step.opens.named)}; given back by ${commandWords(step.opens.release, say)}`,
    undo: step.undo === null ? null : commandWords(step.undo.command, say),
    noWayBack: step.wording?.lost === undefined ? (step.ponr?.lost ?? null) : say(step.wording.lost),
    readOnly: step.readOnly,
    leads: Object.fromEntries(
      Object.entries(step.on).flatMap(([on, route]) =>
        route.kind === 'ask'
          ? []
          : [[on, route.kind === 'goto' ? route.target : `end: ${route.outcome}`] as const],
      ),
    ),
  };
}

const commandWords = ({ program }: Command, say: Say): string =>
  program.kind === 'argv' ? program.argv.map(say).join(' ') : program.script;

/** What the runbook itself gives its inputs, as far as it is known without asking anything. */
const ownValues = ({ inputs }: Pick<Runbook, 'inputs'>): Record<string, Json> =>
  Object.fromEntries(
    inputs.flatMap(({ id, type, origin }) => {
      if (origin.kind !== 'value' || type === 'secret') return [];
      const value = typeof origin.value === 'object' ? plainText(origin.value) : origin.value;
      return value === null ? [] : [[id, value]];
    }),
  );

function plainValues(values: Readonly<Record<string, Template | number | boolean>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'object' ? sayer({}, [])(value) : value,
    ]),
  );
}
