import { parseDuration } from '../duration.ts';
import type { Runbook } from '../model.ts';
import type { Probe } from '../model/values.ts';
import type { ServiceLevel, Trigger } from '../model/criteria.ts';
import { type Node, child, keyAt } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import { burntBeforeFiring } from '../service-level.ts';
import type { Book } from './places.ts';
import { faultInQuery } from './promql.ts';

/** Limits that can be reached, queries that can be read, and a budget that is not gone before anyone is asked. */
export function lintTriggers({ runbook, root }: Book): readonly Problem[] {
  const ofTriggers = runbook.triggers.flatMap((trigger) => {
    const at = writtenAt(root, trigger);
    return [
      ...limits(trigger, runbook.probes[trigger.probe]?.unit ?? null, at),
      ...smeared(trigger, runbook.probes[trigger.probe], at),
      ...budget(trigger, runbook.slo, at),
    ];
  });
  const queries = Object.entries(runbook.probes).flatMap(([id, { source, at }]) => {
    const written = child(child(root, 'probes'), id);
    if (source.kind !== 'prometheus' || written === child(root, 'probes')) return [];
    const fault = faultInQuery(source.query);
    return fault === null
      ? []
      : [problem('WB605', queryAt(written) ?? at, `The query of \`${id}\`: ${fault}.`)];
  });
  return [...ofTriggers, ...queries, ...unwatched(runbook, root)];
}

/** Numbers that are to be watched for a while, where there are none. */
function unwatched({ evidence, triggers }: Runbook, root: Node): readonly Problem[] {
  if ((evidence?.minObservationMs ?? null) === null || triggers.length > 0) return [];
  return [
    problem(
      'WB611',
      keyAt(child(root, 'evidence'), 'min_observation'),
      '`min_observation` is set, and the runbook has no trigger.',
    ),
  ];
}

const queryAt = (probe: Node): Problem['at'] | null =>
  probe.kind === 'map' ? (probe.entries.get('query')?.value.at ?? null) : null;

/** The node of a trigger: those that could not be resolved are not in the list, so its place says which it is. */
function writtenAt(root: Node, { at }: Trigger): Node {
  const list = child(root, 'triggers');
  const items = list.kind === 'list' ? list.items : [];
  return items.find((item) => item.at === at) ?? list;
}

function limits({ probe, breach, burn = null }: Trigger, unit: string | null, at: Node): readonly Problem[] {
  if (burn !== null || unit !== 'ratio' || (breach.value >= 0 && breach.value <= 1)) return [];
  return [
    problem('WB602', child(at, 'breach').at, `\`${probe}\` is a ratio, and the limit is ${breach.value}.`),
  ];
}

/** A spike stays in a rate for as long as its range: it may not be as long as `for`. */
function smeared(
  { forMs, burn = null, advise }: Trigger,
  probe: Probe | undefined,
  at: Node,
): readonly Problem[] {
  if (burn !== null || advise !== 'rollback' || probe?.source.kind !== 'prometheus') return [];
  const text = probe.source.query.parts.map((part) => (typeof part === 'string' ? part : '')).join('');
  const ranges = [...text.matchAll(/\b(?:i?rate|increase|delta)\s*\([^[\]]*\[\s*([0-9a-z]+)\s*\]/g)];
  const longest = Math.max(0, ...ranges.map(([, range = '']) => parseDuration(range) ?? 0));
  if (longest < forMs || forMs === 0) return [];
  return [
    problem(
      'WB610',
      child(at, 'for').at,
      `\`${probe.id ?? ''}\` takes its rate over ${minutes(longest)}, and \`for\` is ${minutes(forMs)}.`,
    ),
  ];
}

/** What a trigger on a share of errors burns of the budget that it protects, before it fires. */
function budget(
  { id, breach, forMs, protects = null, burn = null }: Trigger,
  levels: readonly ServiceLevel[] | undefined,
  at: Node,
): readonly Problem[] {
  const level = levels?.find((one) => one.id === protects?.slo);
  if (protects === null || burn !== null || level === undefined || breach.value <= 0) return [];
  if (breach.op === '<' || breach.op === '<=') return [];
  const burnt = burntBeforeFiring(breach.value, level.target, forMs, level.periodMs);
  if (burnt <= protects.share) return [];
  const longest = (protects.share * level.periodMs * (1 - level.target)) / breach.value;
  return [
    problem(
      'WB608',
      child(at, 'for').at,
      `\`${id}\` burns ${perCent(burnt)} of the budget of \`${level.id}\` before it fires ` +
        `(${perCent(breach.value)} for ${minutes(forMs)}, ${perCent(1 - level.target)} allowed in ${days(level.periodMs)}); ` +
        `${perCent(protects.share)} is its share.`,
      `At this limit \`for\` may be ${minutes(longest)} at most; or lower the limit, or write \`budget_share\`.`,
    ),
  ];
}

const short = (number: number): string => String(Number(number.toPrecision(3)));
const perCent = (share: number): string => `${short(share * 100)} %`;
const minutes = (ms: number): string => (ms < 60_000 ? `${short(ms / 1000)} s` : `${short(ms / 60_000)} min`);
const days = (ms: number): string => `${short(ms / 86_400_000)} days`;
