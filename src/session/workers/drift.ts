import { mutates } from '../../machine/may-run.ts';
import { changedBy, changerAt, driftFound, lastLook } from '../../machine/drift.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { DriftCapture } from '../../runbook/model/drift.ts';
import { isPatchPath } from '../../runbook/schema/drift.ts';
import type { Job } from '../kit.ts';
import { instantReader, readerFor, templatesOf } from '../kit.ts';
import type { DriftLook } from '../ports.ts';
import { fillCommand } from '../shown.ts';

type Look = FactOf<'drift.captured'>;

/** Whether something is looked at before the step at hand: all of it before the first change, then what the step changes. */
export function looksFirst(job: Job): boolean {
  const { step } = job.work;
  if (step !== null && !mutates(step)) return false;
  return lookedAt(job).length > 0;
}

function lookedAt(job: Job): readonly DriftCapture[] {
  const items = job.book.runbook.drift ?? [];
  if (items.length === 0 || !job.context().looks.begun) return items;
  return changedBy(job.book.runbook, changerAt(job.book, job.context(), job.work.place));
}

/** What is known right before something is changed, and what somebody changed by hand until then. */
export async function lookBefore(job: Job): Promise<readonly Fact[]> {
  const moment = job.context().looks.begun ? 'before_step' : 'before';
  return round(job, lookedAt(job), { moment, step: job.work.place.step, effectOf: '' });
}

/** The look that is due: after a step, or the last one of the session. */
export async function lookDue(job: Job): Promise<readonly Fact[]> {
  const { attempt } = job.work;
  if (attempt === lastLook)
    return round(job, job.book.runbook.drift ?? [], { moment: 'end', step: '', effectOf: '' });
  const step = job.context().looks.due.find((due) => due.attempt === attempt)?.step ?? '';
  return round(job, changedBy(job.book.runbook, step), { moment: 'after_step', step, effectOf: attempt });
}

/** What one capture sees now, held against what is known of it. */
export async function lookAgain(
  job: Job,
  capture: DriftCapture,
): Promise<{ readonly look: Look; readonly difference: Difference | null }> {
  const look = await lookAt(job, capture, { moment: 'again', step: '', effectOf: '' });
  return { look, difference: differenceOf(job, capture, look) };
}

type Round = Omit<FactOf<'drift.looked'>, 'type'>;

async function round(job: Job, items: readonly DriftCapture[], at: Round): Promise<readonly Fact[]> {
  const looks = await Promise.all(
    items.map(async (capture) => ({ capture, look: await lookAt(job, capture, at) })),
  );
  if (job.signal.aborted) return [];
  const compares = at.moment === 'before_step' || at.moment === 'end';
  const found = looks.flatMap(({ capture, look }) => {
    const difference = compares ? differenceOf(job, capture, look) : null;
    return difference === null ? [] : [{ capture, difference }];
  });
  return [
    ...looks.map(({ look }) => look),
    ...found.flatMap(({ capture, difference: { what, patch } }, nth) =>
      driftFound(
        job.context(),
        { by: 'walkback', what, target: capture.id, capture: { id: capture.id, moment: at.moment, patch } },
        nth,
      ),
    ),
    { type: 'drift.looked', ...at },
  ];
}

async function lookAt(job: Job, capture: DriftCapture, { moment, step }: Round): Promise<Look> {
  const seen = await looked(job, capture);
  const fact = { type: 'drift.captured', id: capture.id, moment, step } as const;
  if (seen.ok) {
    const { sum, file, bytes, absent } = seen;
    return { ...fact, result: 'pass', sum, file, bytes, absent, detail: '' };
  }
  return { ...fact, result: 'unknown', sum: '', file: '', bytes: 0, absent: false, detail: seen.detail };
}

async function looked(job: Job, { id, source, limitMs, ignore }: DriftCapture): Promise<DriftLook> {
  const { drift, redactor, workFolder } = job.options.ports;
  if (drift === undefined) return { ok: false, detail: 'nothing can be kept here' };
  try {
    const parts = source.kind === 'file' ? [source.path] : templatesOf(source.command);
    const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
    if (source.kind === 'file')
      return await drift.look(id, { path: reader.text(source.path) }, limitMs, ignore, job.signal);
    const { argv, env } = fillCommand(source.command, reader);
    const { where } = source.command;
    const command = {
      argv,
      env,
      cwd: workFolder,
      timeoutMs: limitMs,
      readOnly: true,
      ...('name' in where ? { where: { kind: where.kind, name: reader.text(where.name) } } : {}),
    };
    return await drift.look(id, { command }, limitMs, ignore, job.signal);
  } catch (error) {
    // whoever is to blame: what was not seen is not known, and nothing waits for this look for ever
    return { ok: false, detail: redactor.text(error instanceof Error ? error.message : String(error)) };
  }
}

interface Difference {
  readonly what: string;
  readonly patch: string;
}

/** How a look differs from what is known; what is not known is not the same. */
function differenceOf(job: Job, capture: DriftCapture, now: Look): Difference | null {
  const { title } = capture;
  const before = job.context().looks.known[capture.id];
  const blind = [before, now].find((look) => look?.result !== 'pass');
  if (before === undefined || blind !== undefined) {
    const why = blind?.detail ?? 'it was not looked at before';
    const when = blind === now ? 'now' : 'before';
    return {
      what: `${title}: not known whether it was changed, it could not be read ${when}: ${why}`,
      patch: '',
    };
  }
  if (before.sum === now.sum && before.absent === now.absent) return null;
  const { drift } = job.options.ports;
  const told = drift?.difference(before.file, now.file, patchPath(capture));
  return {
    what: `${title}, changed by hand: ${told?.summary ?? 'how is not known'}`,
    patch: told?.patch ?? '',
  };
}

/** Where the patch changes it: where the runbook says, else by its own path, else by its id. */
function patchPath({ id, path, source }: DriftCapture): string {
  const parts = source.kind === 'file' ? source.path.parts : [];
  const written = parts.every((part) => typeof part === 'string') ? parts.join('') : '';
  const own = path ?? written.replace(/^\/+/, '');
  return isPatchPath(own) ? own : `drift/${id}.txt`;
}
