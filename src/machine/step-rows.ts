import type { Phase, Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { placeOf, recordAt } from './places.ts';
import { placeKey } from './place-key.ts';
import type { PhaseView, StepRow, StepStatus } from './view.ts';
import { titleAt } from './titles.ts';

/** A phase as the plan lists it. */
export function phaseView(book: Book, context: Context, phase: Phase): PhaseView {
  const steps = book.inPhase.get(phase.id) ?? [];
  const rows = steps.map((step) => stepRow(book, context, step));
  const over = rows.every(({ status }) => status === 'done' || status === 'skipped' || status === 'undone');
  const current = steps.some(({ id }) =>
    context.cursor.some((key) => context.records[key]?.place.step === id),
  );
  return {
    id: phase.id,
    title: phase.title,
    offPath: phase.offPath,
    status: current ? 'current' : over ? 'done' : 'todo',
    steps: rows,
  };
}

function stepRow(book: Book, context: Context, step: Step): StepRow {
  const place = placeOf(context, step);
  const record = recordAt(context, place);
  const loop = step.kind === 'each' ? step : null;
  const state = context.each[placeKey(place)];
  return {
    id: step.id,
    title: titleAt(book, context, step, place),
    kind: step.kind,
    status: rowStatus(context, record),
    items:
      loop === null
        ? null
        : {
            done: doneItems(record, state),
            total: state === undefined || loop.endless === true ? null : state.items.length,
          },
    depth: step.enclosing.length + (step.parallel === null ? 0 : 1),
    ponr: step.ponr !== null,
    startedAt: record?.startedAt ?? null,
    endedAt: record?.endedAt ?? null,
  };
}

/** A step left by a route or an abort is not at work any more: it shows how it stood, never as running. */
function rowStatus(context: Context, record: StepRecord | undefined): StepStatus {
  if (record === undefined) return 'todo';
  const active = context.cursor.includes(placeKey(record.place));
  if (active || ['done', 'skipped', 'undone', 'failed', 'unknown'].includes(record.status))
    return record.status;
  return record.intended ? 'failed' : 'todo';
}

function doneItems(record: StepRecord | undefined, state: Context['each'][string] | undefined): number {
  if (state === undefined) return 0;
  return record?.status === 'done' ? state.items.length : state.index;
}
