import type { ReleaseManifest } from '../model/scope.ts';
import type { RunbookDoc } from '../schema.ts';
import { type StepDoc, innerSteps } from '../schema/steps.ts';
import {
  type LeafType,
  type Scope,
  type ScopeType,
  decisionFields,
  fields,
  sessionFields,
  triggerFields,
  windowFields,
} from '../scope.ts';
import { parseVersion } from '../version.ts';

const inputTypes = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  version: 'version',
  duration: 'duration',
  secret: 'text',
} as const satisfies Readonly<Record<string, LeafType>>;

/** Everything that the expressions of a runbook can read, with its types. */
export function scopeOf(doc: RunbookDoc, alone: boolean, manifest: ReleaseManifest | null): Scope {
  const components = doc.scope?.components ?? [];
  const extent = Object.keys(doc.scope ?? {}).filter((key) => key !== 'needs' && key !== 'manifest');
  const decided = components.length > 0 ? ['included'] : [];
  return {
    inputs: fields(Object.entries(doc.inputs ?? {}).map(([id, { type }]) => [id, inputTypes[type]])),
    env: alone ? 'any' : fields([['name', 'text'], ...environmentValues(doc)]),
    session: { fields: sessionFields },
    window: { fields: windowFields },
    calendar: alone ? 'any' : fields((doc.calendar ?? []).map(({ id }) => [id, 'boolean'])),
    triggers: alone ? 'any' : fields((doc.triggers ?? []).map(({ id }) => [id, { fields: triggerFields }])),
    probes: fields(
      Object.entries(doc.probes ?? {}).map(([id, probe]) => [
        id,
        probe.unit !== undefined || 'prometheus' in probe ? 'number' : 'any',
      ]),
    ),
    steps: fields(doc.phases.flatMap(({ steps }) => stepFields(innerSteps(steps as readonly unknown[])))),
    scope: alone ? 'any' : fields([...extent, ...decided].map((id) => [id, 'any'])),
    live: alone ? 'any' : fields(components.map(({ id }) => [id, 'any'])),
    target: alone
      ? 'any'
      : fields(components.map(({ id, to }) => [id, targetType(doc, to, changeOf(manifest, id)?.to)])),
    decision: { fields: decisionFields },
    now: 'time',
  };
}

const changeOf = (manifest: ReleaseManifest | null, id: string) =>
  manifest?.changed.find(({ component }) => component === id);

/**
 * The manifest counts before the component's own `to`. A target that is exactly an input has that input's type, one
 * that is written out like `1.9.3` is a version; any other is what it is when it is there.
 */
function targetType(
  doc: RunbookDoc,
  own: string | undefined,
  given: string | number | boolean | undefined,
): ScopeType {
  if (typeof given === 'number') return 'number';
  if (typeof given === 'boolean') return 'boolean';
  const to = given ?? own ?? '';
  if (to.includes('.') && parseVersion(to.trim()) !== null) return 'version';
  const name = /^\s*\$\{\{\s*inputs\.([a-z][a-z0-9_]*)\s*\}\}\s*$/.exec(to)?.[1];
  const input = name === undefined ? undefined : doc.inputs?.[name];
  return input === undefined ? 'any' : inputTypes[input.type];
}

function environmentValues(doc: RunbookDoc): readonly (readonly [string, ScopeType])[] {
  const types = new Map<string, ScopeType>();
  for (const { values = {} } of Object.values(doc.environments ?? {})) {
    for (const [name, value] of Object.entries(values)) {
      const type = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
      const before = types.get(name);
      types.set(name, before === undefined || before === type ? type : 'any');
    }
  }
  return [...types];
}

function stepFields(steps: readonly StepDoc[]): readonly (readonly [string, ScopeType])[] {
  return steps.flatMap((step) => {
    const inner =
      'parallel' in step ? innerSteps(step.parallel) : 'steps' in step ? innerSteps(step.steps) : [];
    const outputs = [
      ...('outputs' in step ? Object.keys(step.outputs ?? {}) : []),
      // what a decision made a person fill in
      ...('options' in step ? new Set(step.options.flatMap(({ needs = [] }) => needs)) : []),
    ];
    const own: ScopeType = {
      fields: {
        result: 'text',
        answer: 'text',
        outputs: fields(outputs.map((name) => [name, 'text'])),
      },
    };
    return [[step.id ?? '', own] as const, ...stepFields(inner)];
  });
}
