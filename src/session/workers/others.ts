import { OperatorError } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import type { Reading } from '../../machine/facts/values.ts';
import { recordAt } from '../../machine/places.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { Check, Probe } from '../../runbook/model/values.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import type { Job } from '../kit.ts';
import { asText, pause, placeOfWork, readCheck, readerFor } from '../kit.ts';
import { runCheck } from './check.ts';

/** A wait ends in a fact like any other work; after a break it goes on from when it began. */
export async function waitFor(job: Job, step: StepOf<'wait'>): Promise<readonly Fact[]> {
  const { wait } = step;
  if (wait.kind === 'condition') return runCheck(job, [wait.check]);
  const { clock } = job.options.ports;
  const since = epochMsOf(recordAt(job.context(), job.work.place)?.startedAt ?? clock.now().iso);
  const until =
    wait.kind === 'for'
      ? since + wait.ms
      : wait.kind === 'span'
        ? since + (parseDuration(await filled(job, wait.span)) ?? NaN)
        : epochMsOf(await filled(job, wait.time));
  if (Number.isNaN(until)) {
    const what =
      wait.kind === 'span' ? 'how long to wait is not a span' : 'the time to wait until is not a time';
    return [unknownCheck(job, 'bad_time', what)];
  }
  await pause(job, Math.max(0, until - clock.now().ms));
  if (job.signal.aborted) return [];
  return [{ type: 'wait.over', ...placeOfWork(job), reason: 'the time is over' }];
}

/** Sends the message of a step. A message that could not be written is unknown, never sent. */
export async function notify(job: Job, step: StepOf<'notify'>): Promise<readonly Fact[]> {
  const { ports } = job.options;
  const at = placeOfWork(job);
  try {
    const reader = await readerFor(job, [step.text]);
    const text = ports.redactor.text(reader.text(step.text));
    const sent = await ports.messenger.send(step.channel, text, reader.fill, job.signal);
    return [{ type: 'message.sent', ...at, result: sent.ok ? 'pass' : 'fail', detail: sent.detail, text }];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [{ type: 'message.sent', ...at, result: 'unknown', detail: error.message, text: '' }];
  }
}

/** The probe the author gave for "did it happen?"; read again whenever a person asks. */
export async function readAfterCrash(job: Job): Promise<readonly Fact[]> {
  return [{ type: 'probe.read', ...placeOfWork(job), reading: await crashReading(job) }];
}

async function crashReading(job: Job): Promise<Reading> {
  const { step } = job.work;
  const none: Reading = {
    subject: 'probe',
    result: 'unknown',
    value: null,
    expected: '',
    code: 'no_probe',
    detail: 'the runbook names no probe for this step: look at the system itself',
    unit: null,
  };
  if (step === null) return none;
  if (step.probeAfterCrash !== null) {
    const check = {
      subject: step.probeAfterCrash,
      // the author's own proof of the step says what the probe should read, where it reads the same thing
      expect: step.verify.find(({ subject }) => sameProbe(subject, step.probeAfterCrash))?.expect ?? {
        conditions: [],
        at: step.at,
      },
      everyMs: 0,
      withinMs: null,
      stable: 1,
      at: step.at,
    };
    return readCheck(job, check, undefined);
  }
  const [first] = step.verify;
  return first === undefined ? none : readCheck(job, first, undefined);
}

const sameProbe = (subject: Check['subject'], probe: Probe | null): boolean =>
  'source' in subject &&
  probe !== null &&
  (subject === probe || (subject.id !== null && subject.id === probe.id));

/** Waits before a step that may be repeated is tried again by itself. */
export async function retry(job: Job): Promise<readonly Fact[]> {
  const { step } = job.work;
  const record = recordAt(job.context(), job.work.place);
  if (step?.retry === null || step === null || record === undefined) return [];
  await pause(job, leftOf(job, record.since, step.retry.everyMs));
  if (job.signal.aborted) return [];
  const reason = `retry ${record.attemptNumber} of ${step.retry.times}`;
  return [{ type: 'operator.retried', ...placeOfWork(job), by: 'walkback', reason }];
}

/** What is left of a pause that began at `since`: a break in between does not begin it anew. */
const leftOf = (job: Job, since: string, ms: number): number =>
  Math.max(0, epochMsOf(since) + ms - job.options.ports.clock.now().ms);

/** The pause between two items of an `each`. */
export async function gap(job: Job): Promise<readonly Fact[]> {
  const { step } = job.work;
  const record = recordAt(job.context(), job.work.place);
  if (step?.kind !== 'each' || record === undefined) return [];
  await pause(job, leftOf(job, record.since, step.gapMs));
  if (job.signal.aborted) return [];
  return [{ type: 'wait.over', ...placeOfWork(job), reason: 'on to the next item' }];
}

export const unknownCheck = (job: Job, code: string, detail: string): Fact => ({
  type: 'check.judged',
  ...placeOfWork(job),
  result: 'unknown',
  timedOut: false,
  readings: [
    { subject: job.work.place.step, result: 'unknown', value: null, expected: '', code, detail, unit: null },
  ],
  durationMs: 0,
});

async function filled(job: Job, template: Parameters<typeof readerFor>[1][number] & object): Promise<string> {
  const reader = await readerFor(job, [template]);
  return 'parts' in template ? asText(reader.fill(template)) : '';
}
