import { parseCel } from '../cel.ts';
import { nearest } from '../nearest.ts';
import type { StepOf } from '../model/step.ts';
import { type Problem, problem } from '../problem.ts';
import { type Book, fieldAt, valueAt } from './places.ts';

/** Figures that can be shown beside a decision, besides probes and triggers. */
const otherFacts: readonly string[] = [
  'window',
  'calendar',
  'burn',
  'eta',
  'advice',
  'comparison',
  'elapsed',
  'obligations',
];

/** A decision can be made, shows what exists, and recommends what can be chosen. */
export function lintDecisions(book: Book): readonly Problem[] {
  const { runbook } = book;
  const facts = [...Object.keys(runbook.probes), ...runbook.triggers.map(({ id }) => id), ...otherFacts];
  return book.steps.flatMap((step) => {
    if (step.kind !== 'decide') return [];
    const shown = step.show.flatMap((name, index) => {
      if (facts.includes(name)) return [];
      const meant = nearest(name, facts);
      const hint = meant === null ? '' : ` Did you mean "${meant}"?`;
      return [
        problem(
          'WB310',
          valueAt(book, step, 'show', index),
          `There is no probe or trigger \`${name}\` to show.${hint}`,
        ),
      ];
    });
    return [...shown, ...options(book, step), ...recommended(book, step)];
  });
}

function options(book: Book, step: StepOf<'decide'>): readonly Problem[] {
  const taken = step.options.filter(({ when }) => when?.source.trim() !== 'false');
  if (taken.length === 0)
    return [
      problem('WB506', fieldAt(book, step, 'options'), `\`${step.id}\` has no option that can be taken.`),
    ];
  const never = step.options.flatMap(({ id, when }, index) =>
    when?.source.trim() === 'false'
      ? [
          problem(
            'WB506',
            valueAt(book, step, 'options', index, 'when'),
            `The option \`${id}\` can never be taken.`,
          ),
        ]
      : [],
  );
  const onlyAgain = taken.every(({ again }) => again);
  return onlyAgain
    ? [
        ...never,
        problem('WB506', fieldAt(book, step, 'options'), `\`${step.id}\` can only be asked again and again.`),
      ]
    : never;
}

/** Texts that a recommendation can come to: every one of them must be an option. */
function recommended(book: Book, step: StepOf<'decide'>): readonly Problem[] {
  if (step.recommend === null) return [];
  const parsed = parseCel(step.recommend.source);
  if (!parsed.ok) return [];
  const ids = step.options.map(({ id }) => id);
  const answers: string[] = [];
  const visit = (node: typeof parsed.run.ast): void => {
    if (node.op === '?:') {
      visit(node.args[1]);
      visit(node.args[2]);
    } else if (node.op === 'value' && typeof node.args === 'string') answers.push(node.args);
  };
  visit(parsed.run.ast);
  return answers
    .filter((answer) => !ids.includes(answer))
    .map((answer) =>
      problem(
        'WB507',
        valueAt(book, step, 'recommend'),
        `\`${answer}\` is no option of \`${step.id}\`; there are: ${ids.join(', ')}.`,
      ),
    );
}
