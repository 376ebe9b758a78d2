import { createHash } from 'node:crypto';
import { commandersOf } from '../../machine/command.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { placeOf, recordAt } from '../../machine/places.ts';
import { titleAt } from '../../machine/titles.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import type { Job } from '../kit.ts';
import { pause, placeOfWork } from '../kit.ts';
import { targetOf } from '../shown.ts';
import { gatedContent, gatedLine } from './approvals.ts';

/** Asks for an approval, and asks anew when the request has expired. A signature ends it, from wherever it comes. */
export async function approve(job: Job, step: StepOf<'approve'>): Promise<readonly Fact[]> {
  for (;;) {
    if (job.signal.aborted) return [];
    let request = recordAt(job.context(), job.work.place)?.approval ?? null;
    if (request === null) {
      job.emit(requestFor(job, step));
      request = recordAt(job.context(), job.work.place)?.approval ?? null;
    }
    if (request?.expiresAt === null || request === null) return [];
    await pause(job, Math.max(0, epochMsOf(request.expiresAt) - job.options.ports.clock.now().ms));
    if (job.signal.aborted) return [];
    job.emit({ type: 'approval.expired', ...placeOfWork(job) });
    // nothing is recorded any more: asking again at once, for ever, would help nobody
    if (recordAt(job.context(), job.work.place)?.approval === request) return [];
  }
}

/** The text a second person signs: exactly what will run, on what, until when. Line based, so that it can be read. */
function requestFor(job: Job, step: StepOf<'approve'>): FactOf<'approval.requested'> {
  const context = job.context();
  const { started } = context;
  const now = job.options.ports.clock.now();
  const expiresAt = step.approval.expiresMs === null ? null : isoOf(now.ms + step.approval.expiresMs);
  const gated = gatedContent(job, step);
  const titleOf = (id: string): string => {
    const opened = job.book.steps.get(id);
    return opened === undefined ? id : titleAt(job.book, context, opened, placeOf(context, opened));
  };
  const lines = [
    'walkback approval request 1',
    `session: ${context.session}`,
    `attempt: ${job.work.attempt}`,
    `runbook: ${started?.runbook.id ?? ''} ${started?.runbook.hash ?? ''}`,
    `target: ${targetOf(job)}`,
    `requested by: ${commandersOf(context).join(', ')}`,
    `requested at: ${now.iso}`,
    `expires at: ${expiresAt ?? 'with the session'}`,
    `role: ${step.approval.role}`,
    `asks: ${recordAt(context, job.work.place)?.shown?.body ?? titleAt(job.book, context, step, job.work.place)}`,
    `inputs: ${JSON.stringify(started?.inputs ?? {})}`,
    ...gated.map((content) => gatedLine(content, titleOf(content.step))),
  ];
  const request = `${lines.join('\n')}\n`;
  return {
    type: 'approval.requested',
    ...placeOfWork(job),
    request,
    digest: createHash('sha256').update(request).digest('hex'),
    expiresAt,
    gated: gated.map((content) => ({ ...content })),
  };
}
