import { parseDuration } from '../duration.ts';
import type { BaselineEdge, ComparedMetric, ComparisonPlan } from '../model/comparison.ts';
import { type Node, child, keyAt } from '../node.ts';
import type { ComparisonDoc } from '../schema/steps.ts';
import { parseTolerance } from '../schema/values.ts';
import { type Context, has, known, msOf, optionalMs, say } from './context.ts';
import { defaults } from './defaults.ts';

type MetricDoc = NonNullable<ComparisonDoc['metrics']>[number];

/** What a `compare` step measures, against what, and how much it may be off. */
export function comparisonOf(context: Context, doc: ComparisonDoc, node: Node): ComparisonPlan {
  const several = child(node, 'metrics');
  const baseline =
    doc.baseline === undefined ? null : baselineOf(context, doc.baseline, child(node, 'baseline'));
  const metrics =
    doc.metrics === undefined
      ? [metricOf(context, doc, only(doc), node)]
      : doc.metrics.map((one, index) => metricOf(context, doc, one, child(several, index)));
  return {
    baseline,
    settleMs: optionalMs(context, node, 'settle', 0),
    currentMs: msOf(context, child(node, 'current')),
    extendMs: optionalMs(context, node, 'extend', 0),
    everyMs: optionalMs(context, node, 'every', defaults.point),
    metrics,
  };
}

const only = ({ probe = '', against }: ComparisonDoc): MetricDoc => ({
  probe,
  ...(against === undefined ? {} : { against }),
});

export const comparisonTitle = ({ baseline, metrics }: ComparisonPlan): string => {
  const [first, ...more] = metrics;
  const what = more.length === 0 ? (first?.probe ?? '') : `${metrics.length} measurements`;
  return `Compare ${what} with ${baseline === null ? (first?.against ?? 'another') : 'before'}`;
};

/** A metric with what the comparison says for all of them; what it names is looked up. */
function metricOf(context: Context, all: ComparisonDoc, doc: MetricDoc, node: Node): ComparedMetric {
  const { probe, against = null } = doc;
  const up = doc.up ?? all.up ?? null;
  const probes = Object.keys(context.probes);
  const look = (key: string, name: string): void => {
    const at = has(node, key) ? child(node, key).at : node.at;
    const found = known(context, 'WB303', 'probe', name, probes, at);
    if (found && key !== 'up' && context.probes[name]?.source.kind !== 'prometheus')
      say(context, 'WB621', at, `\`${name}\` has no history: a comparison needs one.`);
  };
  look('probe', probe);
  if (against !== null) look('against', against);
  if (up !== null) look('up', up);
  if ((against === null) === (all.baseline === undefined)) {
    const text = `\`${probe}\` is compared ${against === null ? 'with nothing' : 'with two things at once'}.`;
    say(context, 'WB622', has(node, 'probe') ? keyAt(node, 'probe') : node.at, text);
  }
  const tolerance = doc.tolerance ?? all.tolerance;
  const floor = doc.floor ?? all.floor;
  if (tolerance === undefined && floor === undefined)
    say(
      context,
      'WB623',
      has(node, 'probe') ? keyAt(node, 'probe') : node.at,
      `How far may \`${probe}\` be off?`,
    );
  const gapsAreZero = (doc.gaps ?? all.gaps) === 'zero';
  if (gapsAreZero && up === null)
    say(
      context,
      'WB624',
      has(node, 'gaps') ? keyAt(node, 'gaps') : node.at,
      'Whether no value is 0 or a dead target cannot be told without `up`.',
    );
  return {
    probe,
    against,
    worse: doc.worse ?? all.worse ?? 'higher',
    tolerance: tolerance === undefined ? 0 : (parseTolerance(tolerance) ?? 0),
    floor: floor ?? 0,
    critical: doc.critical ?? false,
    group: doc.group ?? 'all',
    weight: doc.weight ?? 1,
    up,
    gapsAreZero,
  };
}

/** `release-60m..release`: two moments, the earlier one first. */
function baselineOf(context: Context, text: string, node: Node): ComparisonPlan['baseline'] {
  const [first = '', second = '', ...more] = text.split('..');
  const from = edgeOf(first.trim());
  const to = edgeOf(second.trim());
  const bad = (why: string): null => {
    say(context, 'WB625', node.at, `\`${text}\` ${why}.`);
    return null;
  };
  if (from === null || to === null || more.length > 0) return bad('is not a span');
  if (from.from === to.from && from.beforeMs <= to.beforeMs) return bad('ends before it begins');
  if (from.from !== to.from) return bad('begins at one event and ends at another');
  return { from, to };
}

function edgeOf(text: string): BaselineEdge | null {
  const [, from, before] = /^(release|start)(?:\s*-\s*(\w+))?$/.exec(text) ?? [];
  const beforeMs = before === undefined ? 0 : parseDuration(before);
  return from === undefined || beforeMs === null
    ? null
    : { from: from === 'start' ? 'start' : 'release', beforeMs };
}
