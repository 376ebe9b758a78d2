import type { DriftCapture } from '../model/drift.ts';
import type { Phase, Step } from '../model/step.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, optionalMs, say, templateOf } from './context.ts';
import { checkPattern, commandOf } from './measures.ts';

/** How long one look may take where nothing else is written. */
const usualMs = 10_000;

/** What is looked at for changes by hand. */
export function driftOf(
  context: Context,
  docs: RunbookDoc['drift'],
  node: Node,
  phases: readonly Phase[],
  groups: Readonly<Record<string, readonly string[]>>,
): readonly DriftCapture[] {
  const paths = new Set<string>();
  return (docs ?? []).map((doc, index): DriftCapture => {
    const at = child(node, index);
    if (doc.path !== undefined && paths.has(doc.path))
      say(context, 'WB882', child(at, 'path').at, `\`${doc.path}\` belongs to a capture above.`);
    if (doc.path !== undefined) paths.add(doc.path);
    (doc.ignore ?? []).forEach((pattern, number) =>
      checkPattern(context, child(child(at, 'ignore'), number), pattern),
    );
    const { id, title = doc.id, file: _file, path = null, ignore = [], ...command } = doc;
    return {
      id,
      title,
      source:
        doc.file === undefined
          ? { kind: 'command', command: commandOf(context, command, at, usualMs) }
          : { kind: 'file', path: templateOf(context, child(at, 'file')) },
      path,
      limitMs: optionalMs(context, at, 'timeout', usualMs),
      ignore,
      changedBy: (doc.changed_by ?? []).flatMap((step, number) => {
        const named = changing(phases, groups, step);
        if (named.length === 0)
          say(
            context,
            'WB881',
            child(child(at, 'changed_by'), number).at,
            `No step \`${step}\` changes anything.`,
          );
        return named;
      }),
      at: at.at,
    };
  });
}

/** The steps that a name stands for (its own, those inside it, those of its fragment) and that change something. */
function changing(
  phases: readonly Phase[],
  groups: Readonly<Record<string, readonly string[]>>,
  name: string,
): readonly string[] {
  const wanted = new Set([name, ...(groups[name] ?? [])]);
  const inside = (step: Step, meant: boolean): readonly string[] => {
    const here = meant || wanted.has(step.id);
    if (step.kind === 'parallel' || step.kind === 'each')
      return step.steps.flatMap((inner) => inside(inner, here));
    const changes = !step.readOnly && (step.kind === 'run' || step.kind === 'manual');
    return here && changes ? [step.id] : [];
  };
  return phases.flatMap(({ steps }) => steps.flatMap((step) => inside(step, false)));
}
