import { z } from 'zod';
import { noPlan, type Plan } from './plan.ts';

const value = z.json().optional();
const changeSchema = z.object({
  actions: z.array(z.string()),
  before: value,
  after: value,
  after_unknown: value,
  before_sensitive: value,
  after_sensitive: value,
});
const resourceSchema = z.object({ address: z.string(), change: changeSchema });
const planSchema = z.object({
  format_version: z.string(),
  resource_changes: z.array(resourceSchema).optional(),
  resource_drift: z.array(resourceSchema).optional(),
  output_changes: z.record(z.string(), changeSchema).optional(),
  errored: z.boolean().optional(),
});
type Resource = z.infer<typeof resourceSchema>;
type Json = z.infer<ReturnType<typeof z.json>>;

/** The plan in `terraform show -json FILE` (or `tofu`): every resource and output that would change, by address. */
export function terraformPlan(output: string): Plan {
  const read = planSchema.safeParse(parsed(output));
  // its words are not shown: a plan holds secrets in plain text
  if (!read.success) throw noPlan('the plan is not the JSON of Terraform or OpenTofu', '');
  if (read.data.errored === true) throw noPlan('the plan is incomplete', '');
  const changed = sorted(read.data.resource_changes ?? []).filter(({ change }) => isChange(change.actions));
  const outputs = Object.entries(read.data.output_changes ?? {})
    .filter(([, { actions }]) => isChange(actions))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const drift = sorted(read.data.resource_drift ?? []).filter(({ change }) => isChange(change.actions));
  return {
    text: [
      ...drift.map((one) => `changed by hand, and undone by this plan: ${linesOf(one)}`),
      ...changed.map((one) => linesOf(one)),
      ...outputs.map(([name, change]) => linesOf({ address: `output.${name}`, change })),
    ].join('\n'),
    canonical: JSON.stringify(
      ordered({
        changed,
        outputs: outputs.map(([name, { actions, after }]) => ({ name, actions, after: after ?? null })),
        drift,
      } as unknown as Json),
    ),
    changes: changed.length + outputs.length,
    destroys: changed.filter(({ change }) => change.actions.includes('delete')).map(({ address }) => address),
    drift: drift.map(({ address }) => address),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isChange = (actions: readonly string[]): boolean => !['no-op', 'read'].includes(actions.join(' '));
const sorted = (resources: readonly Resource[]): readonly Resource[] =>
  resources.toSorted((one, other) => (one.address < other.address ? -1 : 1));

/** Keys in order, at every depth. */
function ordered(json: Json): Json {
  if (Array.isArray(json)) return json.map(ordered);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => [key, ordered(one)]),
  );
}

/** One resource as people read it: what is done, and each value that becomes another. */
function linesOf({ address, change }: Resource): string {
  const {
    actions,
    before,
    after,
    after_unknown: unknown,
    before_sensitive: hidden,
    after_sensitive: hide,
  } = change;
  const how =
    actions.join(' ') === 'delete create' || actions.join(' ') === 'create delete'
      ? 'REPLACE'
      : actions.includes('delete')
        ? 'DELETE'
        : actions.join(' ');
  const names = [...new Set([before, after, unknown].flatMap((one) => Object.keys(mapOf(one))))].toSorted();
  const lines = names.flatMap((name) => {
    const [was, will] = [mapOf(before)[name] ?? null, mapOf(after)[name] ?? null];
    const open = mapOf(unknown)[name] === true;
    if (!open && JSON.stringify(was) === JSON.stringify(will)) return [];
    const secret = isHidden(hidden, name) || isHidden(hide, name);
    const shown = (one: Json): string => (secret ? '(sensitive)' : JSON.stringify(ordered(one)));
    return [`  ${name}: ${shown(was)} → ${open ? '(known after apply)' : shown(will)}`];
  });
  return [`${how} ${address}`, ...lines].join('\n');
}

const mapOf = (json: Json | undefined): { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};

/** Marked as a whole, by name, or somewhere inside. */
const isHidden = (marks: Json | undefined, name: string): boolean => {
  const mark = marks === true ? true : mapOf(marks)[name];
  return mark !== undefined && JSON.stringify(mark).includes('true');
};
