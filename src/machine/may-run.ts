import type { RouteOn, Step } from '../runbook/model/step.ts';
import type { Place } from './facts/values.ts';
import type { Context, StepRecord } from './context.ts';
import { wayBackStep } from './context.ts';
import type { Book } from './book.ts';

/** True where running the step may change something outside. Giving back always does. */
export const mutates = (step: Step): boolean =>
  step.kind === 'release' ||
  (!step.readOnly && (step.kind === 'run' || step.kind === 'manual' || step.kind === 'smoke'));

/** Nothing new starts at a step while the session is held, or while an abort waits for a command to end. */
const mayStart = (context: Context, place: Place): boolean =>
  context.held === null && (context.aborting === null || place.step === wayBackStep);

/** Components about which a person still has to say whether they go back. */
export const openScope = ({ scope }: Pick<Context, 'scope'>): readonly string[] =>
  (scope?.rows ?? []).flatMap(({ component, state }) => (state === 'ask' ? component : []));

/** Nothing is changed before it is settled what goes back together; giving back what is owed never waits. */
export const scopeBlocks = (step: Step | null, context: Context): boolean =>
  step !== null && step.kind !== 'release' && mutates(step) && openScope(context).length > 0;

/** As `mayStart`, for a step of the runbook. */
export const mayRun = (book: Book, context: Context, place: Place): boolean =>
  mayStart(context, place) && !scopeBlocks(book.steps.get(place.step) ?? null, context);

/** A step that changes something, or asks what goes back, is not even shown before that was worked out. */
export function awaitsScope(book: Book, step: Step | null, context: Context): boolean {
  if (step === null || (book.runbook.components ?? []).length === 0) return false;
  const reads = book.readScope.has(step.id);
  if (context.scope !== null) return reads && openScope(context).length > 0;
  return reads || (step.kind !== 'release' && mutates(step));
}

/** Retries that run by themselves: only of what may be repeated without asking, and not what a person stopped. */
export function retriesLeft(step: Step | null, record: StepRecord, on: RouteOn): boolean {
  if (step === null || step.retry === null || ownEndings.has(record.problem?.code ?? '')) return false;
  if (step.retry.on?.some((one) => one === on) === false) return false;
  return (!mutates(step) || step.idempotent) && record.tries <= step.retry.times && record.intended;
}

/** A repetition that runs by itself: it is shown word for word as a person told the attempt before it to run. */
export const repeatsAgreed = ({ status, shown, agreed }: StepRecord): boolean =>
  status === 'ready' && agreed !== null && JSON.stringify(shown) === JSON.stringify(agreed);

const ownEndings: ReadonlySet<string> = new Set(['not_done', 'stopped', 'denied']);

/** A required step, a step that opens a debt, and a guard are passed over by an override only. */
export const needsOverride = (step: Step | null): boolean =>
  step !== null &&
  (step.required || step.opens !== null || step.verify.length > 0 || step.kind === 'approve');

export const maySkip = (step: Step | null, override: boolean): boolean => override || !needsOverride(step);

/** True while a command that may change something is under way or in doubt: leaving then would lose sight of it. */
export const commandRuns = (book: Book, context: Context): boolean =>
  context.cursor.some((key) => {
    const record = context.records[key];
    const step = record === undefined ? undefined : book.steps.get(record.place.step);
    const busy = record?.status === 'performing' || record?.status === 'in_doubt';
    return busy && step !== undefined && mutates(step) && step.kind !== 'manual';
  });
