import type { Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { itemsAt, wayAt } from './places.ts';
import type { CurrentStep } from './view.ts';
import { stepTitle } from './titles.ts';
import { epochMsOf, isoOf } from './iso-time.ts';
import { offersOf } from './offers.ts';

/**
 * The steps that are being worked on, in the order in which they were entered; a step that holds others only where it
 * is stuck itself.
 */
export function currentSteps(book: Book, context: Context): readonly CurrentStep[] {
  return context.cursor.flatMap((key): readonly CurrentStep[] => {
    const record = context.records[key];
    if (record === undefined) return [];
    const step = book.steps.get(record.place.step) ?? null;
    const container = step?.kind === 'each' || step?.kind === 'parallel';
    if (container && record.status !== 'unknown') return [];
    return [currentStep(book, context, record, step)];
  });
}

function currentStep(book: Book, context: Context, record: StepRecord, step: Step | null): CurrentStep {
  const phase = book.runbook.phases.find(({ id }) => id === step?.phase);
  const siblings = book.inPhase.get(step?.phase ?? '') ?? [];
  const way = wayAt(context, record.place);
  const approval =
    record.approval === null || step?.kind !== 'approve' ? null : approvalView(record.approval, step);
  return {
    place: record.place,
    attempt: record.attempt,
    attemptNumber: record.attemptNumber,
    kind: step?.kind ?? (way?.kind === 'release' ? 'release' : 'run'),
    title: stepTitle(book, context, record.place) ?? record.shown?.title ?? 'The way back',
    phase:
      phase === undefined ? { id: '@back', title: 'The way back' } : { id: phase.id, title: phase.title },
    number: step === null ? context.queueAt + 1 : siblings.indexOf(step) + 1,
    of: step === null ? context.queue.length : siblings.length,
    item: Object.values(itemsAt(book, context, record.place)).at(-1) ?? null,
    way: way === null ? (step?.kind === 'release' ? 'release' : 'forward') : way.kind,
    status: record.status,
    since: record.since,
    startedAt: record.startedAt,
    shown: record.shown,
    readings: record.readings,
    problem: record.problem,
    ...(record.before === null ? {} : { before: record.before }),
    ...retryOf(step, record),
    probe: record.probe,
    question: record.question,
    ...(record.chosen === null ? {} : { chosen: record.chosen }),
    approval,
    offers: offersOf(book, step, record, context),
    evidence: step?.evidence ?? {},
  };
}

function approvalView(
  { keys: _keys, signed: _signed, names: _names, ...asked }: NonNullable<StepRecord['approval']>,
  { approval }: Extract<Step, { kind: 'approve' }>,
): CurrentStep['approval'] {
  return { ...asked, needed: approval.count, role: approval.role };
}

/** What the screen says of a retry that is due by itself. */
function retryOf(step: Step | null, record: StepRecord): Pick<CurrentStep, 'retry'> {
  const waits = record.status === 'failed' || record.status === 'unknown';
  if (!waits || step?.retry == null || !record.retries) return {};
  const at = isoOf(epochMsOf(record.since) + step.retry.everyMs);
  return { retry: { at, number: record.tries, of: step.retry.times } };
}
