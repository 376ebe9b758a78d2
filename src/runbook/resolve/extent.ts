import { parseDuration } from '../duration.ts';
import type {
  CompatPair,
  Component,
  ComponentGroup,
  ComponentNeed,
  ReleaseManifest,
} from '../model/scope.ts';
import type { Json, Probe } from '../model/values.ts';
import { type Node, child, keyAt } from '../node.ts';
import type { ComponentDoc } from '../schema/scope.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, conditionOf, has, known, msOf, optional, say, templateOf } from './context.ts';
import { probeAt, probeOf } from './measures.ts';

/** The blocks that say what goes back together: `scope`, `topology` and `compat`. */

const ownKeys: ReadonlySet<string> = new Set(['manifest', 'components', 'needs']);

/** Values of the scope: measured once at the start, or written down. What a command prints there is JSON. */
export function extentOf(
  context: Context,
  doc: RunbookDoc['scope'],
  node: Node,
): Readonly<Record<string, Probe | Json>> {
  const entries = Object.entries(doc ?? {}).filter(([key]) => !ownKeys.has(key));
  if (has(node, 'included'))
    say(context, 'WB311', keyAt(node, 'included'), '`included` stands for what goes back together.');
  const own = entries.map(([key, value]): [string, Probe | Json] => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && 'from' in value) {
      const from = value.from as RunbookDoc['probes'] & object;
      const probe = probeOf(context, null, from, child(child(node, key), 'from'));
      return [
        key,
        probe.json === null && probe.pattern === null && probe.source.kind !== 'sql'
          ? { ...probe, json: '$' }
          : probe,
      ];
    }
    return [key, value as Json];
  });
  const components = (doc?.components ?? []).map(({ id, type }): Json => ({ id, type }));
  return Object.fromEntries(components.length === 0 ? own : [...own, ['components', components]]);
}

export function componentsOf(
  context: Context,
  doc: readonly ComponentDoc[] | undefined,
  node: Node,
): readonly Component[] {
  return (doc ?? []).flatMap((component, index) => {
    const at = child(node, index);
    const live = probeAt(context, component.live, child(at, 'live'));
    if (live === null) return [];
    return {
      id: component.id,
      type: component.type,
      live,
      from: has(at, 'from') ? templateOf(context, child(at, 'from')) : null,
      to: has(at, 'to') ? templateOf(context, child(at, 'to')) : null,
    };
  });
}

export function needsOf(context: Context, doc: RunbookDoc['scope'], node: Node): readonly ComponentNeed[] {
  const ids = componentIds(doc);
  const seen = new Map<string, number>();
  return (doc?.needs ?? []).flatMap((need, index) => {
    const at = child(node, index);
    for (const end of ['from', 'to'] as const)
      known(context, 'WB901', 'component', need[end], ids, child(at, end).at);
    if (need.from === need.to)
      say(context, 'WB902', child(at, 'to').at, `\`${need.from}\` needs itself here.`);
    const same = [need.from, need.to, need.when ?? '', need.requires].join('\n');
    const first = seen.get(same);
    if (first !== undefined)
      say(context, 'WB903', at.at, `This need is written already (line ${String(first)}).`);
    seen.set(same, first ?? at.at.line);
    const requires = conditionOf(context, child(at, 'requires'));
    return requires === null
      ? []
      : {
          from: need.from,
          to: need.to,
          when: conditionOf(context, optional(at, 'when')),
          requires,
          at: at.at,
        };
  });
}

const componentIds = (doc: RunbookDoc['scope']): readonly string[] =>
  (doc?.components ?? []).map(({ id }) => id);

/** What the manifest names has to be a component of the runbook; its own shape was checked when it was read. */
export function checkManifest(
  context: Context,
  doc: RunbookDoc['scope'],
  manifest: ReleaseManifest | null,
): void {
  const seen = new Map<string, number>();
  for (const { component, at } of manifest?.changed ?? []) {
    known(context, 'WB901', 'component', component, componentIds(doc), at);
    const first = seen.get(component);
    if (first !== undefined)
      say(context, 'WB903', at, `\`${component}\` is changed already (line ${String(first)}).`);
    seen.set(component, first ?? at.line);
  }
}

export function topologyOf(context: Context, doc: RunbookDoc, node: Node): readonly ComponentGroup[] {
  const ids = componentIds(doc.scope);
  const { topology } = doc;
  if (topology === undefined) return [];
  if (typeof topology === 'string')
    return [{ id: doc.service, kind: topology, components: ids, at: node.at }];
  const taken = new Map<string, number>();
  return topology.map((group, index) => {
    const at = child(node, index);
    if (ids.includes(group.id))
      say(context, 'WB301', child(at, 'id').at, `\`${group.id}\` is already a component.`);
    for (const [number, component] of group.components.entries()) {
      const place = child(child(at, 'components'), number).at;
      known(context, 'WB901', 'component', component, ids, place);
      const first = taken.get(component);
      if (first !== undefined)
        say(context, 'WB903', place, `\`${component}\` is in a group already (line ${String(first)}).`);
      taken.set(component, first ?? place.line);
    }
    return { id: group.id, kind: group.kind, components: group.components, at: at.at };
  });
}

/** How long evidence counts where nothing else is written. */
const evidenceAge = '30d';

/**
 * Which versions were tested together, as written. A pair that is not two versions of two components, or stands
 * twice, is reported.
 */
export function compatOf(context: Context, doc: RunbookDoc, node: Node): readonly CompatPair[] {
  const ids = componentIds(doc.scope);
  const seen = new Map<string, number>();
  return (doc.compat ?? []).map((one, index) => {
    const at = child(node, index);
    const ends = one.pair.map((text, number) => {
      const cut = text.indexOf('@');
      const [component, version] = [text.slice(0, cut), text.slice(cut + 1)];
      known(context, 'WB901', 'component', component, ids, child(child(at, 'pair'), number).at);
      return { component, version };
    });
    const [a, b] = [ends[0] ?? { component: '', version: '' }, ends[1] ?? { component: '', version: '' }];
    if (a.component === b.component)
      say(context, 'WB902', child(child(at, 'pair'), 1).at, `\`${a.component}\` is paired with itself.`);
    const same = [...one.pair].toSorted().join(' ');
    const first = seen.get(same);
    if (first !== undefined)
      say(context, 'WB903', at.at, `This pair is written already (line ${String(first)}).`);
    seen.set(same, first ?? at.at.line);
    return {
      pair: [a, b],
      status: one.status,
      evidence: one.evidence,
      on: one.on,
      maxAgeMs:
        one.max_age === undefined ? (parseDuration(evidenceAge) ?? 0) : msOf(context, child(at, 'max_age')),
      at: at.at,
    };
  });
}

/** The file that `contract-test:FILE` names, or null for a reference of another kind. */
export const evidenceFile = (evidence: string): string | null =>
  /^contract-test:\s*(\S.*)$/.exec(evidence)?.[1]?.trim() ?? null;
