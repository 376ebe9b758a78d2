import { allSteps } from '../model.ts';
import type { StepKind } from '../model/step.ts';
import { type Entry, type Node, entryOf, keyAt } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import { templates } from '../templates.ts';
import type { Book } from './places.ts';

/** A block that is not there, or that holds nothing of the runbook itself: what its fragments bring is theirs. */
function isEmpty(node: Node | undefined, file: string): boolean {
  if (node === undefined) return true;
  const own = ({ keyAt: { file: of } }: Entry): boolean => of === file;
  if (node.kind === 'map') return ![...node.entries.values()].some(own);
  return node.kind === 'list' && node.items.length === 0;
}

/** What the template of a runbook asks for and is not there; said where the template is named. */
export function lintTemplate({ runbook, root, alone }: Book): readonly Problem[] {
  const { template } = runbook;
  if (alone || template === undefined) return [];
  const at = keyAt(root, 'template');
  const missing = templates[template]
    .filter(({ block }) => isEmpty(entryOf(root, block)?.value, runbook.file))
    .map(({ block, code }) => problem(code, at, `\`${template}\` asks for \`${block}\`.`));
  const way = runbook.phases.filter(({ offPath }) => !offPath);
  const [first] = way;
  const last = way.at(-1);
  const holds = (phases: typeof way, ...kinds: readonly StepKind[]): boolean =>
    allSteps({ phases }).some(({ kind }) => kinds.includes(kind));
  return [
    ...missing,
    ...(first === undefined || holds([first], 'decide')
      ? []
      : [problem('WB727', first.at, `\`${template}\` asks for a decision in the first phase.`)]),
    ...(holds(way.slice(1), 'check', 'compare')
      ? []
      : [problem('WB728', last?.at ?? at, `\`${template}\` asks for a check behind the change.`)]),
    ...(last !== undefined && holds([last], 'end')
      ? []
      : [problem('WB729', last?.at ?? at, `\`${template}\` asks for an end in the last phase of the way.`)]),
  ];
}
