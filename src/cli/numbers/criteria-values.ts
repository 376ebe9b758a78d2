import { OperatorError } from '../../errors.ts';
import type { Environment, Input, Runbook } from '../../runbook/model.ts';
import type { Json, Template } from '../../runbook/model/values.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Fill, Measurer } from '../../session/ports.ts';
import { templatesOf } from '../../session/kit.ts';
import { refuseUnknown, resolveInputs } from '../starting/inputs.ts';
import { plainValues } from '../starting/start-session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface CriteriaValues {
  readonly fill: Fill;
  /** What the criteria read, as texts; secrets are masked. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * The values that a runbook's triggers read. Only the inputs they need are asked of their origins: a pipeline has no
 * tool of the operator's, and nobody to ask.
 */
export async function criteriaValues(
  around: Surroundings,
  runbook: Runbook,
  environment: Environment | null,
  sources: {
    readonly given: Readonly<Record<string, string>>;
    readonly measurer: Measurer;
    readonly now: string;
  },
): Promise<CriteriaValues> {
  const { given, measurer, now } = sources;
  refuseUnknown(runbook, given);
  const values = plainValues(environment);
  const needed = neededInputs(runbook, given);
  const { inputs, secrets } = await resolveInputs(
    { ...runbook, inputs: needed },
    {
      given: Object.fromEntries(Object.entries(given).filter(([id]) => needed.some((one) => one.id === id))),
      values,
      env: around.env,
      environment: environment?.id ?? '',
      measurer,
      ask: null,
    },
  );
  const known = { inputs: { ...inputs, ...secrets }, env: { ...values, name: environment?.id ?? '' }, now };
  return {
    fill: (template) => {
      const filled = fillTemplate(template, known);
      if (filled.ok) return filled.value;
      throw new OperatorError(filled.detail, [
        'Set it in the environment of the runbook, or give it: --input …',
      ]);
    },
    inputs: {
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, asText(value)])),
      ...Object.fromEntries(Object.keys(secrets).map((name) => [name, `«${name}»`])),
    },
    secrets,
  };
}

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Inputs that the triggers' probes read, those that these are made of, and what was given: in the runbook's order. */
function neededInputs(runbook: Runbook, given: Readonly<Record<string, string>>): readonly Input[] {
  const probes = [
    ...runbook.triggers.flatMap((trigger) => [
      runbook.probes[trigger.probe],
      trigger.up,
      trigger.events === null ? undefined : runbook.probes[trigger.events],
    ]),
    ...(runbook.success ?? []).map((criterion) => runbook.probes[criterion.probe]),
  ];
  const needed = new Set(Object.keys(given));
  let found = namesIn(probes);
  while (found.length > 0) {
    for (const id of found) needed.add(id);
    found = runbook.inputs
      .filter(({ id }) => needed.has(id) && given[id] === undefined)
      .flatMap(({ origin }) => namesIn(origin))
      .filter((id) => !needed.has(id));
  }
  return runbook.inputs.filter(({ id }) => needed.has(id));
}

const namesIn = (piece: unknown): readonly string[] =>
  templatesOf(piece).flatMap((template: Template) =>
    template.parts.flatMap((part) =>
      typeof part === 'string'
        ? []
        : [...part.source.matchAll(/\binputs\.([a-z][a-z0-9_]*)/g)].map((match) => match[1] ?? ''),
    ),
  );
