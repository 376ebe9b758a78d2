import type { Step } from '../runbook/model/step.ts';
import { hasPlaces } from '../runbook/template.ts';
import { type Naming, sayTemplate } from '../runbook/wording.ts';
import type { Book } from './book.ts';
import type { Context } from './context.ts';
import { itemsAt, newestOf, recordAt } from './places.ts';
import type { Place } from './facts/values.ts';
import { stepValues } from './step-values.ts';

/**
 * What a step is called at a place: as it was shown there, else with everything that is known by now. What is not known
 * yet is a plain word, and a value of a step is what that step came to.
 */
export function titleAt(book: Book, context: Context, step: Step, place: Place): string {
  const template = step.wording?.title;
  if (template === undefined) return step.title;
  const shown = recordAt(context, place)?.shown?.title;
  // what a release is shown as is the debt; a ledger of an older version holds titles with their places in them
  if (shown !== undefined && step.kind !== 'release' && !hasPlaces(shown)) return shown;
  const read = template.parts.flatMap((part) =>
    typeof part === 'string'
      ? []
      : [...part.source.matchAll(/\bsteps\.([a-z][a-z0-9_]*)/g)].map((match) => match[1] ?? ''),
  );
  const { started } = context;
  const values = {
    ...book.known,
    session: {
      id: context.session,
      operator: started?.by ?? null,
      environment: started?.environment ?? null,
      mode: started?.mode ?? null,
    },
    steps: stepValues(book, context, read, place),
    ...itemsAt(book, context, place),
  };
  return sayTemplate(template, values, stepNaming(book, context));
}

/** What a step is called in the title of another one: as it was shown last, else with what is known from the start. */
export const stepNaming =
  (book: Book, context: Context): Naming =>
  (id) => {
    const step = book.steps.get(id);
    const template = step?.wording?.title;
    if (step === undefined || template === undefined) return step?.title ?? null;
    const shown = newestOf(context, id)?.shown?.title;
    if (shown !== undefined && step.kind !== 'release' && !hasPlaces(shown)) return shown;
    return sayTemplate(template, { ...book.known }, () => null);
  };

/** As `titleAt`, by the place alone; null on the way back, which is no step of the runbook. */
export function stepTitle(book: Book, context: Context, place: Place): string | null {
  const step = book.steps.get(place.step);
  return step === undefined ? null : titleAt(book, context, step, place);
}
