import type { Check } from '../model/values.ts';
import type { SmokePlan, SmokeTest, SmokeWay } from '../model/smoke.ts';
import { type Node, child } from '../node.ts';
import type { SmokeDoc } from '../schema/steps.ts';
import { type Context, optional, optionalMs, say, templateOf, within } from './context.ts';
import { defaults } from './defaults.ts';
import { oneCheck } from './measures.ts';

/** The tests of a `smoke` step and where they go. */
export function smokeOf(context: Context, doc: SmokeDoc, node: Node): SmokePlan {
  const via = child(node, 'via');
  const address = (way: SmokeWay) => {
    const at = optional(via, way);
    return at === null ? null : templateOf(context, at);
  };
  const ways = (['proxy', 'each_instance'] as const).filter((way) => doc.via[way] !== undefined);
  const tests = doc.smoke.flatMap(
    (test, index) => testOf(context, test, child(child(node, 'smoke'), index), ways) ?? [],
  );
  return {
    proxy: address('proxy'),
    instances: address('each_instance'),
    stable: doc.stable ?? defaults.smokeStable,
    everyMs: optionalMs(context, node, 'every', defaults.smokeEvery),
    withinMs: optionalMs(context, node, 'within', null),
    tests,
  };
}

function testOf(
  context: Context,
  doc: SmokeDoc['smoke'][number],
  node: Node,
  ways: readonly SmokeWay[],
): SmokeTest | null {
  const through = doc.through ?? ways;
  for (const [index, way] of through.entries())
    if (!ways.includes(way))
      say(
        context,
        'WB642',
        child(child(node, 'through'), index).at,
        `\`${doc.id}\` goes through \`${way}\`, which has no address.`,
      );
  // what a test reads is written once, and goes to each way by this name
  const check = oneCheck(within(context, { via: 'any' }), doc, node);
  if (check === null) return null;
  return { id: doc.id, check, critical: doc.critical ?? true, writes: doc.writes ?? false, through };
}

/** How long all rounds may take: a round is as long as its slowest way, whose tests follow each other. */
export function longestSmoke({ tests, stable, everyMs, withinMs }: SmokePlan): number {
  const oneMs = ({ subject }: Check): number => ('source' in subject ? subject.timeoutMs * subject.times : 0);
  const roundMs = tests.reduce((sum, { check }) => sum + oneMs(check), everyMs);
  return (withinMs ?? 0) + stable * roundMs;
}
