import type { StoredFormat } from '../model/data.ts';
import type { Phase, Step } from '../model/step.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, say } from './context.ts';
import { probeAt } from './measures.ts';

/** Rows of `stateful`: each becomes a guard of the steps that start the release that goes back. */
export function storedFormatsOf(
  context: Context,
  docs: RunbookDoc['stateful'],
  node: Node,
): readonly StoredFormat[] {
  const seen = new Set<string>();
  return (docs ?? []).flatMap((doc, index): readonly StoredFormat[] => {
    const at = child(node, index);
    if (seen.has(doc.id)) say(context, 'WB301', child(at, 'id').at, `\`${doc.id}\` stands here twice.`);
    seen.add(doc.id);
    const probe = probeAt(context, doc.format, child(at, 'format'));
    if (probe === null) return [];
    return [
      {
        id: doc.id,
        title: doc.title ?? null,
        check: {
          // what to do stands beside the name: it is read where the guard refuses
          subject: { ...probe, id: `${doc.id}, else ${doc.else}` },
          expect: {
            conditions: [{ kind: 'formats', values: doc.target_reads }],
            at: child(at, 'target_reads').at,
          },
          everyMs: 0,
          withinMs: null,
          stable: 1,
          at: at.at,
        },
        otherwise: doc.else,
        guards: doc.guards,
        releases: (doc.releases ?? []).map((release, number) => ({
          ...release,
          at: child(child(at, 'releases'), number).at,
        })),
        at: at.at,
      },
    ];
  });
}

/** The phases with each step guarded that starts the release that goes back; a `use` or a container stands for its steps. */
export function guarded(
  phases: readonly Phase[],
  rows: readonly StoredFormat[],
  groups: Readonly<Record<string, readonly string[]>>,
): readonly Phase[] {
  if (rows.length === 0) return phases;
  const visit = (step: Step, inherited: readonly StoredFormat[]): Step => {
    const named = rows.filter(
      ({ guards }) =>
        guards.includes(step.id) || guards.some((guard) => groups[guard]?.includes(step.id) === true),
    );
    const mine = [...new Set([...inherited, ...named])];
    if (step.kind === 'parallel' || step.kind === 'each')
      return { ...step, steps: step.steps.map((inner) => visit(inner, mine)) };
    if (mine.length === 0 || !starts(step)) return step;
    return { ...step, before: [...step.before, ...mine.map(({ check }) => check)] };
  };
  return phases.map((phase) => ({ ...phase, steps: phase.steps.map((step) => visit(step, [])) }));
}

/** Only what changes something can start a release. */
export const starts = (step: Step): boolean =>
  (step.kind === 'run' || step.kind === 'manual') && !step.readOnly;
