import { createHash } from 'node:crypto';
import type {
  Agreement,
  DecideRule,
  Limit,
  ServiceLevel,
  SuccessCriterion,
  Trigger,
} from '../model/criteria.ts';
import type { Probe } from '../model/values.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import type { ServiceLevelDoc, TriggerDoc } from '../schema/criteria.ts';
import { parseShare } from '../schema/values.ts';
import { lowerBurnProbe } from '../service-level.ts';
import { type Context, has, known, msOf, optionalMs, say, templateOf } from './context.ts';
import { defaults } from './defaults.ts';

/** The numbers that are agreed beforehand: objectives, triggers, their rule, success, and who signed them. */

const opposite = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' } as const;

const isUpward = ({ op }: Limit): boolean => op === '>' || op === '>=';

function limitOf(context: Context, node: Node): Limit | null {
  const text = node.kind === 'scalar' ? String(node.value) : '';
  const found = /^\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/i.exec(text);
  const [, op, value] = found ?? [];
  if (op === undefined || value === undefined || !Object.hasOwn(opposite, op)) {
    say(context, 'WB604', node.at, `\`${text}\` is not a limit.`);
    return null;
  }
  return { op: op as Limit['op'], value: Number(value) };
}

/** Triggers, and the probes that were made for those that watch a budget. */
export function triggersOf(
  context: Context,
  doc: readonly TriggerDoc[] | undefined,
  levels: readonly ServiceLevel[],
  node: Node,
): { readonly triggers: readonly Trigger[]; readonly made: Readonly<Record<string, Probe>> } {
  const made: Record<string, Probe> = {};
  const triggers = (doc ?? []).flatMap((trigger, index): readonly Trigger[] => {
    const at = child(node, index);
    if (trigger.events !== undefined)
      known(context, 'WB303', 'probe', trigger.events, Object.keys(context.probes), child(at, 'events').at);
    const common = {
      id: trigger.id,
      minEvents: trigger.min_events ?? null,
      events: trigger.events ?? null,
      advise: trigger.advise,
      setBy: trigger.set_by ?? null,
      at: at.at,
    };
    if (trigger.from_slo === undefined) return plainTrigger(context, trigger, levels, at, common);
    const found = burnTrigger(context, trigger.from_slo, levels, at, common);
    if (found === null) return [];
    if (found.probe.id !== null) made[found.probe.id] = found.probe;
    return [found.trigger];
  });
  return { triggers, made };
}

type Common = Pick<Trigger, 'id' | 'minEvents' | 'events' | 'advise' | 'setBy' | 'at'>;

function plainTrigger(
  context: Context,
  trigger: TriggerDoc,
  levels: readonly ServiceLevel[],
  at: Node,
  common: Common,
): readonly Trigger[] {
  const { probe = '', up } = trigger;
  const breach = limitOf(context, child(at, 'breach'));
  const written = has(at, 'clear') ? limitOf(context, child(at, 'clear')) : null;
  known(context, 'WB303', 'probe', probe, Object.keys(context.probes), child(at, 'probe').at);
  if (breach === null) return [];
  if (written !== null && !fits(breach, written))
    say(
      context,
      'WB601',
      child(at, 'clear').at,
      `\`clear: "${trigger.clear}"\` does not lie on the good side of \`breach: "${trigger.breach}"\`.`,
    );
  const forMs = msOf(context, child(at, 'for'));
  const shortest = Math.min(defaults.interval, Math.max(1, Math.floor(forMs / 2)));
  const intervalMs = optionalMs(context, at, 'interval', shortest);
  if (forMs < intervalMs * 2)
    say(context, 'WB603', child(at, 'for').at, `\`for\` sees fewer than two samples.`);
  const source = context.probes[probe]?.source;
  return [
    {
      ...common,
      probe,
      breach,
      clear: written ?? clearOf(breach),
      forMs,
      intervalMs,
      up:
        up === undefined
          ? null
          : upOf(context, common.id, up, source?.kind === 'prometheus' ? source.url : null, child(at, 'up')),
      protects: protectedBy(context, trigger, breach, levels, at),
      burn: null,
    },
  ];
}

const fits = (breach: Limit, clear: Limit): boolean =>
  isUpward(breach)
    ? /</.test(clear.op) && clear.value <= breach.value
    : />/.test(clear.op) && clear.value >= breach.value;

/** A limit of 0.02 upward clears below 0.016; a limit downward clears as far above it. */
function clearOf(breach: Limit): Limit {
  const { op, value } = breach;
  const share = isUpward(breach) === value >= 0 ? defaults.clear : 1 / defaults.clear;
  return { op: opposite[op], value: value * share };
}

/**
 * The objective that a trigger stands before: the one it names, else the only one there is where the trigger watches a
 * share that may not rise and advises rollback. `slo: none` says that it has nothing to do with one.
 */
function protectedBy(
  context: Context,
  trigger: TriggerDoc,
  breach: Limit,
  levels: readonly ServiceLevel[],
  at: Node,
): NonNullable<Trigger['protects']> | null {
  const share = parseShare(trigger.budget_share ?? '') ?? defaults.budgetShare;
  if (trigger.slo === 'none') return null;
  if (trigger.slo !== undefined) {
    const ids = levels.map(({ id }) => id);
    return known(context, 'WB314', 'objective', trigger.slo, ids, child(at, 'slo').at)
      ? { slo: trigger.slo, share }
      : null;
  }
  const [only] = levels;
  const implied =
    levels.length === 1 &&
    trigger.advise === 'rollback' &&
    isUpward(breach) &&
    context.probes[trigger.probe ?? '']?.unit === 'ratio';
  return only !== undefined && implied ? { slo: only.id, share } : null;
}

/** A probe by its name, or a selector on the Prometheus at hand: the least of its series has to be 1. */
function upOf(
  context: Context,
  owner: string,
  text: string,
  url: Extract<Probe['source'], { kind: 'prometheus' }>['url'] | null,
  at: Node,
): Probe | null {
  if (/^[a-z][a-z0-9_]*$/.test(text) && text !== 'up') {
    known(context, 'WB303', 'probe', text, Object.keys(context.probes), at.at);
    return context.probes[text] ?? null;
  }
  if (url === null) {
    say(context, 'WB606', at.at, `\`${text}\` is a selector, and the trigger has no Prometheus.`);
    return null;
  }
  const selector = templateOf(context, at);
  return {
    id: `${owner}_up`,
    source: { kind: 'prometheus', url, query: { parts: ['min(', ...selector.parts, ')'], at: at.at } },
    json: null,
    pattern: null,
    times: 1,
    reduce: 'last',
    unit: null,
    timeoutMs: defaults.probe.prometheus,
    at: at.at,
  };
}

/** Windows and limit out of a share of the budget: `share · period / window`, over the window and a twelfth of it. */
function burnTrigger(
  context: Context,
  doc: NonNullable<TriggerDoc['from_slo']>,
  levels: readonly ServiceLevel[],
  at: Node,
  common: Common,
): { readonly trigger: Trigger; readonly probe: Probe } | null {
  const here = child(at, 'from_slo');
  const ids = levels.map(({ id }) => id);
  if (!known(context, 'WB314', 'objective', doc.slo, ids, child(here, 'slo').at)) return null;
  const level = levels.find(({ id }) => id === doc.slo);
  const share = parseShare(doc.budget_share) ?? defaults.budgetShare;
  const longMs = msOf(context, child(here, 'within'));
  const shortMs = Math.max(1_000, Math.round(longMs / 12 / 1_000) * 1_000);
  const probe = level === undefined ? null : lowerBurnProbe(level, longMs, [shortMs]);
  if (level === undefined || probe === null) {
    say(context, 'WB607', child(here, 'slo').at, `Nothing counts the errors of \`${doc.slo}\`.`);
    return null;
  }
  const intervalMs = optionalMs(
    context,
    at,
    'interval',
    Math.max(defaults.interval, Math.floor(longMs / 120)),
  );
  const limit = (share * level.periodMs) / Math.max(1, longMs);
  const breach: Limit = { op: '>', value: Number(limit.toPrecision(6)) };
  return {
    probe,
    trigger: {
      ...common,
      probe: probe.id ?? '',
      breach,
      clear: clearOf(breach),
      // the short window has outlasted the noise already: two readings only keep one of them from deciding
      forMs: 2 * intervalMs,
      intervalMs,
      up: level.up ?? null,
      protects: { slo: level.id, share },
      burn: { slo: level.id, share, longMs, shortMs },
    },
  };
}

export function decideOf(context: Context, doc: RunbookDoc['decide'], node: Node): DecideRule | null {
  if (doc === undefined) return null;
  const [kind, list, k] =
    doc.any !== undefined
      ? (['any', doc.any, 1] as const)
      : doc.all !== undefined
        ? (['all', doc.all, doc.all.length] as const)
        : (['k_of_n', doc.k_of_n?.of ?? [], doc.k_of_n?.k ?? 1] as const);
  const at = kind === 'k_of_n' ? child(child(node, kind), 'of') : child(node, kind);
  const ids = triggerIds(context);
  for (const [index, id] of list.entries()) known(context, 'WB308', 'trigger', id, ids, child(at, index).at);
  if (k > list.length)
    say(
      context,
      'WB102',
      child(child(node, 'k_of_n'), 'k').at,
      `${k} of ${list.length} can never be reached.`,
      'Write a smaller `k`.',
    );
  return { kind, k, triggers: list };
}

function triggerIds(context: Context): readonly string[] {
  const { triggers } = context.scope;
  return typeof triggers === 'object' ? Object.keys(triggers.fields) : [];
}

export function serviceLevelsOf(
  context: Context,
  doc: readonly ServiceLevelDoc[] | undefined,
  node: Node,
): readonly ServiceLevel[] {
  return (doc ?? []).map((level, index): ServiceLevel => {
    const at = child(node, index);
    const source = sourceOf(context, level, at);
    return {
      id: level.id,
      target: level.target,
      periodMs: msOf(context, child(at, 'period')),
      owner: level.owner ?? null,
      source,
      up:
        level.up === undefined
          ? null
          : upOf(context, `slo_${level.id}`, level.up, source?.url ?? null, child(at, 'up')),
      sla:
        level.sla === undefined ? null : { target: level.sla.target, exclusions: level.sla.exclusions ?? [] },
      at: at.at,
    };
  });
}

function sourceOf(
  context: Context,
  level: ServiceLevelDoc,
  at: Node,
): NonNullable<ServiceLevel['source']> | null {
  if (level.errors !== undefined) {
    const node = child(at, 'errors');
    known(context, 'WB303', 'probe', level.errors, Object.keys(context.probes), node.at);
    const source = context.probes[level.errors]?.source;
    if (source === undefined) return null;
    if (source.kind === 'prometheus') return { kind: 'probe', url: source.url, query: source.query };
    say(
      context,
      'WB607',
      node.at,
      `\`${level.errors}\` has no history: only Prometheus can be asked over a window.`,
    );
    return null;
  }
  const counted = level.bad === undefined ? 'good' : 'bad';
  if (!has(at, counted) || !has(at, 'total') || !has(at, 'prometheus')) return null;
  return {
    kind: 'counters',
    url: templateOf(context, child(at, 'prometheus')),
    counted,
    events: templateOf(context, child(at, counted)),
    total: templateOf(context, child(at, 'total')),
  };
}

export function successOf(
  context: Context,
  doc: RunbookDoc['success'],
  node: Node,
): readonly SuccessCriterion[] {
  return (doc ?? []).flatMap((one, index): readonly SuccessCriterion[] => {
    const at = child(node, index);
    const hold = limitOf(context, child(at, 'hold'));
    known(context, 'WB303', 'probe', one.probe, Object.keys(context.probes), child(at, 'probe').at);
    if (hold === null) return [];
    return [
      {
        id: one.id,
        probe: one.probe,
        hold,
        forMs: optionalMs(context, at, 'for', 0),
        intervalMs: optionalMs(context, at, 'interval', defaults.successInterval),
        at: at.at,
      },
    ];
  });
}

export function agreedOf(doc: RunbookDoc['agreed'], node: Node): readonly Agreement[] {
  return (doc ?? []).map((one, index) => ({ ...one, at: child(node, index).at }));
}

/** What is signed, in one spelling: order of keys does not matter, order of lists and every number does. */
export function criteriaHashOf(doc: RunbookDoc): string | null {
  if (doc.triggers === undefined) return null;
  const named = new Set([
    ...doc.triggers.flatMap(({ probe, events, up }) => [probe, events, up]),
    ...(doc.success ?? []).map(({ probe }) => probe),
    ...(doc.slo ?? []).flatMap(({ errors, up }) => [errors, up]),
  ]);
  const probes = Object.entries(doc.probes ?? {}).filter(([id]) => named.has(id));
  const signed = {
    triggers: doc.triggers,
    decide: doc.decide ?? null,
    success: doc.success ?? null,
    slo: doc.slo ?? null,
    tolerance: doc.tolerance ?? null,
    probes: Object.fromEntries(probes),
  };
  return `sha256:${createHash('sha256').update(sorted(signed)).digest('hex')}`;
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${entries
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, one]) => `${JSON.stringify(key)}:${sorted(one)}`)
    .join(',')}}`;
}
