import { OperatorError } from '../../errors.ts';
import { absentCodes } from '../../judge/condition.ts';
import { debtKey, releaseGuards } from '../../machine/debts.ts';
import { mutates } from '../../machine/may-run.ts';
import { recordAt } from '../../machine/places.ts';
import { dataStops, measuresData } from '../../machine/data.ts';
import { scriptsOf } from '../../runbook/fingerprint.ts';
import { isStateful } from '../../runbook/stateful.ts';
import type { Fact } from '../../machine/facts.ts';
import type { Opened, Reading } from '../../machine/facts/values.ts';
import { gatesOf } from '../../machine/gates.ts';
import { isoOf } from '../../machine/iso-time.ts';
import type { Check, Json, Template } from '../../runbook/model/values.ts';
import type { Step } from '../../runbook/model/step.ts';
import type { Job, Reader } from '../kit.ts';
import {
  asText,
  instantReader,
  measureSaid,
  placeOfWork,
  readCheck,
  readerFor,
  templatesOf,
  worst,
} from '../kit.ts';
import type { Measured } from '../ports.ts';
import { locksBefore, readLock } from '../locks.ts';
import { readApprovals } from './approvals.ts';
import { lookBefore, looksFirst } from './drift.ts';
import { measureData } from './invariants.ts';
import { commandDigest, subjectOf } from '../shown.ts';

/** Guards are read again at the last moment: what stood in the preview is not what counts. */
export function guardNow(job: Job): readonly Fact[] | null {
  if (guardsOf(job).length > 0 || captures(job).length > 0 || touchesScripts(job) || measuresFirst(job))
    return null;
  if (looksFirst(job)) return null;
  if (changes(job) && locksBefore(job).length > 0) return null;
  if (gatesOf(job.book, job.work.step).length > 0) return null;
  const reader = instantReader(job, opensParts(job));
  return reader === null ? null : intent(job, reader, [], {});
}

/** The data is measured before the first change, and again before each step that may change it. */
function measuresFirst(job: Job): boolean {
  const { step } = job.work;
  if (step === null || !mutates(step) || !measuresData(job.book.runbook)) return false;
  return isStateful(step) || !job.context().data.begun;
}

/**
 * Reads everything that must hold right before a step starts; an intent is among the facts only where all of it does.
 * Empty where it was interrupted.
 */
export async function guard(job: Job): Promise<readonly Fact[]> {
  const { step } = job.work;
  if (step !== null && measuresFirst(job)) {
    const moment = { moment: 'before', step: step.id, effectOf: '' } as const;
    const measured = await measureData(job, moment);
    if (job.signal.aborted) return [];
    job.emit(...measured);
    // what was just measured may stand in the way: the guard is read again once somebody has agreed to it
    if (job.signal.aborted || dataStops(job.book, job.context(), step)) return [];
  }
  if (looksFirst(job)) {
    const seen = await lookBefore(job);
    if (job.signal.aborted) return [];
    job.emit(...seen);
    if (job.signal.aborted) return [];
  }
  const locks = changes(job) ? locksBefore(job) : [];
  const readings = [
    ...(await readApprovals(job)),
    ...(await readGuards(job, guardsOf(job))),
    ...(await Promise.all(locks.map((lock) => readLock(job, lock)))),
  ];
  const result = worst(readings);
  if (result !== 'pass')
    return [{ type: 'guard.read', ...placeOfWork(job), result, readings: [...readings] }];
  const values = await Promise.all(
    captures(job).map(async ([name, probe]) => [name, await measureSaid(job, probe)] as const),
  );
  const missing = values.flatMap(([name, measured]) => missingReading(job, name, measured));
  if (missing.length > 0)
    return [
      { type: 'guard.read', ...placeOfWork(job), result: 'unknown', readings: [...readings, ...missing] },
    ];
  const captured = Object.fromEntries(
    values.map(([name, measured]) => [
      name,
      measured.ok && measured.value !== null ? asText(measured.value) : null,
    ]),
  );
  const reader = await readerFor(job, opensParts(job), captured);
  return intent(job, reader, readings, captured);
}

const holdsSecret = (job: Job, value: Json): boolean => {
  const text = asText(value);
  return job.options.ports.redactor.text(text) !== text;
};

/** A value may be absent, and that is recorded; one that could not be read would be lost by going on. */
function missingReading(job: Job, name: string, measured: Measured): readonly Reading[] {
  if (measured.ok && measured.value !== null && holdsSecret(job, measured.value)) {
    const detail =
      'it holds a secret, which is never recorded, so the way back could not use it: let the way back read it itself';
    return [
      { ...changedReading([]), subject: name, result: 'unknown', expected: '', code: 'secret', detail },
    ];
  }
  if (measured.ok || absentCodes.has(measured.code)) return [];
  const detail = `it could not be captured: ${job.options.ports.redactor.text(measured.detail)}`;
  return [
    { ...changedReading([]), subject: name, result: 'unknown', expected: '', code: measured.code, detail },
  ];
}

/** The environment's own guard first, then the step's. In a drill every target must show the sandbox's token. */
export function guardsOf(job: Job): readonly Check[] {
  const { environment } = job.options;
  const { step } = job.work;
  if (step !== null && !mutates(step)) return step.before;
  const giving = releaseGuards(job.book, job.context(), job.work.place);
  const started = job.context().started;
  const own = environment?.guard ?? null;
  const token = started?.mode === 'DRILL' ? (environment?.drill?.token ?? null) : null;
  return [
    ...(own === null ? [] : [own]),
    // where the token is what the guard reads anyway, one reading answers both
    ...(token === null || (own !== null && asksTheSame(own, token)) ? [] : [token]),
    ...(step?.before ?? []),
    ...giving,
  ];
}

const asksTheSame = (one: Check, other: Check): boolean => wordsOf(one) === wordsOf(other);

/** A check without the places where it was written. */
const wordsOf = (check: Check): string =>
  JSON.stringify(check, (key, value: unknown) => (key === 'at' ? undefined : value));

export async function readGuards(job: Job, checks: readonly Check[]): Promise<readonly Reading[]> {
  const readings = await Promise.all(checks.map((check) => readCheck(job, check, undefined)));
  if (!touchesScripts(job)) return readings;
  const changed = await job.options.ports.changedFiles();
  return changed.length === 0 ? readings : [...readings, filesReading(changed, job.context().session)];
}

/** What to do about it stands with it: a changed file never ends in a dead end. */
const filesReading = (files: readonly string[], session: string): Reading => ({
  ...changedReading(files),
  detail: `${changedReading(files).detail}; put them back, or take them over: walkback rebase ${session} --reason "…"`,
});

const changedReading = (files: readonly string[]): Reading => ({
  subject: 'runbook files',
  result: 'fail',
  value: JSON.stringify(files),
  expected: 'the bytes the session is pinned to',
  code: 'changed',
  detail: `changed since the session started: ${files.join(', ')}`,
  unit: null,
});

/** A step that changes something, an undo, or a way back. */
const changes = ({ work: { step } }: Job): boolean => step === null || mutates(step);

/** What is changed, and what only reads with a script or a file of the runbook: its answer decides what comes next. */
const touchesScripts = (job: Job): boolean =>
  job.book.runbook.closure.length > 1 && (changes(job) || namesFile(job.work.step));

const namesFile = (step: Step | null): boolean =>
  step?.kind === 'run' && scriptsOf([step.command]).length > 0;

const captures = (job: Job) => Object.entries(job.work.step?.capture ?? {});

/** What the way back of a new debt reads: it is recorded with the intent, so that a crash cannot lose it. */
const opensParts = (job: Job): readonly Template[] => [
  ...(job.work.step?.opens === null || job.work.step === null
    ? []
    : templatesOf([job.work.step.opens.release, job.work.step.opens.named])),
  ...(job.work.step?.flag == null ? [] : [job.work.step.flag.name]),
];

function intent(
  job: Job,
  reader: Reader,
  readings: readonly Reading[],
  captured: Readonly<Record<string, string | null>>,
): readonly Fact[] {
  const at = placeOfWork(job);
  const shown = recordAt(job.context(), at.place)?.shown ?? null;
  const starts = subjectOf(job)?.command ?? null;
  const command =
    starts === null || shown === null
      ? null
      : {
          argv: shown.argv ?? [],
          where: shown.where,
          timeoutMs: shown.timeoutMs,
          digest: commandDigest(shown),
        };
  try {
    const opens = job.work.step?.opens ? openedBy(job, job.work.step, reader) : null;
    return [
      ...(readings.length === 0
        ? []
        : [{ type: 'guard.read' as const, ...at, result: 'pass' as const, readings: [...readings] }]),
      { type: 'step.intent', ...at, command, opens, captured: { ...captured } },
      ...dueLater(job, opens),
      ...flagTurned(job, reader, opens, captured),
    ];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const reading = {
      ...changedReading([]),
      subject: 'way back',
      code: 'unset',
      detail: error.message,
      result: 'unknown' as const,
    };
    return [{ type: 'guard.read', ...at, result: 'unknown', readings: [reading] }];
  }
}

function openedBy(job: Job, step: Step, reader: Reader): Opened | null {
  if (step.opens === null) return null;
  const { program } = step.opens.release;
  const argv =
    program.kind === 'argv' ? program.argv.map((part) => reader.text(part)) : ['sh', '-c', program.script];
  return {
    key: debtKey(step.opens.id, job.work.place),
    id: step.opens.id,
    title:
      step.opens.named === undefined
        ? step.opens.title
        : job.options.ports.redactor.text(reader.text(step.opens.named)),
    ttlMs: step.opens.ttlMs,
    release: argv.map((part) => job.options.ports.redactor.text(part)),
  };
}

/** A debt that is due later gets its owner and its date with the intent: the session may close over it. */
function dueLater(job: Job, opens: Opened | null): readonly Fact[] {
  const later = job.work.step?.opens?.later ?? null;
  if (later === null || opens === null) return [];
  return [
    {
      type: 'obligation.discharged',
      by: 'walkback',
      key: opens.key,
      how: 'carried',
      reason: 'due later',
      owner: later.owner ?? job.book.runbook.owner,
      due: isoOf(job.options.ports.clock.now().ms + later.withinMs),
    },
  ];
}

/** The value before is the one that the step captured for its way back. */
function flagTurned(
  job: Job,
  reader: Reader,
  opens: Opened | null,
  captured: Readonly<Record<string, string | null>>,
): readonly Fact[] {
  const { step } = job.work;
  if (step?.flag == null) return [];
  const mask = (text: string): string => job.options.ports.redactor.text(text);
  const before = Object.values(captured)[0] ?? null;
  return [
    {
      type: 'flag.turned',
      step: step.id,
      flag: mask(reader.text(step.flag.name)),
      before: before === null ? null : mask(before),
      to: step.flag.to,
      debt: opens?.key ?? null,
    },
  ];
}
