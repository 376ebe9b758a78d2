import type { Expression, Json, Template } from './model/values.ts';
import { allSteps } from './model.ts';
import type { Phase, Step } from './model/step.ts';
import { type Values, evaluate } from './expressions.ts';

/** Texts for people: a place in them shows its value, and where there is none yet a plain word for what will stand there. */

/** What a step is called, by its id; null where there is no such step. */
export type Naming = (step: string) => string | null;

/** `Pause <job>`, `The way down stopped at <schema now>`: never the expression itself. */
export const sayTemplate = (template: Template, values: Values, naming: Naming): string =>
  template.parts.map((part) => (typeof part === 'string' ? part : sayPlace(part, values, naming))).join('');

function sayPlace(expression: Expression, values: Values, naming: Naming): string {
  const answer = evaluate(expression, values);
  return answer.ok && answer.value !== null ? wordOf(answer.value) : placeWord(expression, values, naming);
}

const wordOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const spaced = (name: string): string => name.replaceAll(/[._]/g, ' ');

const over: ReadonlySet<Json> = new Set(['pass', 'fail', 'skipped', 'undone']);

function isOver(steps: Json | undefined, step: string): boolean {
  const all = (steps ?? {}) as Readonly<Record<string, { readonly result: Json } | undefined>>;
  return over.has(all[step]?.result ?? null);
}

/** What stands for a value that is not known yet. */
function placeWord({ source, probes }: Expression, { steps }: Values, naming: Naming): string {
  const step = /\bsteps\.([a-z][a-z0-9_]*)/.exec(source)?.[1];
  if (step !== undefined) {
    return `<${isOver(steps, step) ? 'not told by' : 'known after'} “${naming(step) ?? step}”>`;
  }
  const [probe] = probes;
  if (probe !== undefined) return `<${spaced(probe)}>`;
  const path = /^(?:(?:inputs|env|scope|live|captured|target)\.)?([a-z][a-z0-9_.]*)$/.exec(
    source.trim(),
  )?.[1];
  return path === undefined ? '<known at this step>' : `<${spaced(path)}>`;
}

/**
 * Phases in which titles, reasons, warnings, options and debts are said without any value, for everything that is drawn
 * or listed before a session knows more. Their places are kept beside them.
 */
export function wordPhases(phases: readonly Phase[]): readonly Phase[] {
  const steps = new Map(allSteps({ phases }).map((step) => [step.id, step]));
  const naming = namingOf((id) => steps.get(id));
  const say = (template: Template): string => sayTemplate(template, {}, naming);
  const word = (step: Step): Step => {
    const { title, why, warn, lost } = step.wording ?? {};
    const said: Step = {
      ...step,
      ...(title === undefined ? {} : { title: say(title) }),
      ...(why === undefined ? {} : { why: say(why) }),
      ...(warn === undefined ? {} : { warn: say(warn) }),
      ...(lost === undefined || step.ponr === null ? {} : { ponr: { ...step.ponr, lost: say(lost) } }),
      ...(step.opens?.named === undefined ? {} : { opens: { ...step.opens, title: say(step.opens.named) } }),
    };
    if (said.kind === 'parallel' || said.kind === 'each') return { ...said, steps: said.steps.map(word) };
    if (said.kind !== 'decide') return said;
    const options = said.options.map((option) =>
      option.named === undefined ? option : { ...option, title: say(option.named) },
    );
    return { ...said, options };
  };
  return phases.map((phase) => ({ ...phase, steps: phase.steps.map(word) }));
}

/** Names steps as their authors do; a place in the name of one that is only named is left as a word. */
export const namingOf =
  (stepOf: (id: string) => Step | undefined, values: Values = {}): Naming =>
  (id) => {
    const step = stepOf(id);
    if (step === undefined) return null;
    const { title } = step.wording ?? {};
    return title === undefined ? step.title : sayTemplate(title, values, () => null);
  };
