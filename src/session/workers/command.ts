import { OperatorError } from '../../errors.ts';
import { mutates } from '../../machine/may-run.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { recordAt } from '../../machine/places.ts';
import type { Command } from '../../runbook/model/values.ts';
import type { Job, Reader } from '../kit.ts';
import { placeOfWork, readerFor, templatesOf } from '../kit.ts';
import { fencesOf, locksHeld } from '../locks.ts';
import { commandDigest, fillCommand, subjectOf } from '../shown.ts';
import type { Ending, ReadyCommand } from '../ports.ts';
import { outputCollector } from '../output-collector.ts';

/** Runs the command of the step at hand. */
export async function runCommand(job: Job): Promise<readonly Fact[]> {
  const { ports } = job.options;
  const { attempt } = job.work;
  const command = subjectOf(job)?.command ?? null;
  if (command === null) return [nothingToRun(job)];
  const collector = collectorFor(job);
  try {
    const reader = await readerFor(job, [
      ...templatesOf(command),
      ...locksHeld(job).map(({ token }) => token),
    ]);
    const ready = readyCommand(job, command, reader);
    asShown(job, command, reader);
    const ending = await ports.runner.run(attempt, ready, collector.push);
    return [endedFact(job, command, ending, collector.end())];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const ending: Ending = {
      ending: 'not_started',
      exitCode: null,
      signal: null,
      durationMs: 0,
      detail: error.message,
    };
    return [endedFact(job, command, ending, collector.end())];
  }
}

/**
 * Goes on following the command that already runs under this attempt, and takes its end. Nothing of it is worked out anew:
 * what it was started with may not be readable any more, and it runs all the same.
 */
export async function followCommand(job: Job): Promise<readonly Fact[]> {
  const collector = collectorFor(job);
  const ending = await job.options.ports.runner.attach(job.work.attempt, collector.push);
  return [endedFact(job, subjectOf(job)?.command ?? null, ending, collector.end())];
}

const collectorFor = (job: Job) =>
  outputCollector(job.work.attempt, job.options.ports, job.work.step, (bytes) =>
    job.onOutput(job.work.attempt, bytes),
  );

/** Only what was shown is run: a value that changed since has to be shown again. */
function asShown(job: Job, command: Command, reader: Reader): void {
  const shown = recordAt(job.context(), job.work.place)?.shown ?? null;
  const mask = (text: string) => job.options.ports.redactor.text(text);
  const { argv, env, ...rest } = fillCommand(command, reader);
  const now = {
    ...rest,
    argv: argv.map(mask),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, mask(value)])),
  };
  if (shown !== null && commandDigest(shown) === commandDigest(now)) return;
  throw new OperatorError('its values have changed since they were shown', [
    'Try it again: the new values are shown first.',
  ]);
}

function readyCommand(job: Job, command: Command, reader: Reader): ReadyCommand {
  const { argv, env, timeoutMs } = fillCommand(command, reader);
  const { where } = command;
  return {
    argv,
    env: { ...env, WALKBACK_STEP: job.work.place.step, ...fencesOf(job, ({ token }) => reader.text(token)) },
    cwd: job.options.ports.workFolder,
    timeoutMs,
    readOnly: job.work.step !== null && !mutates(job.work.step),
    ...('name' in where ? { where: { kind: where.kind, name: reader.text(where.name) } } : {}),
  };
}

/** How it ended, on record. `command` is null where what it gave back was settled otherwise meanwhile. */
export function endedFact(
  job: Job,
  command: Command | null,
  ending: Ending,
  collected: ReturnType<ReturnType<typeof outputCollector>['end']>,
): FactOf<'command.ended'> {
  const mask = (text: string) => job.options.ports.redactor.text(text);
  return {
    type: 'command.ended',
    ...placeOfWork(job),
    ending: ending.ending,
    exitCode: ending.exitCode,
    signal: ending.signal,
    durationMs: ending.durationMs,
    outputs: collected.outputs,
    output: collected.output,
    tail: ending.detail === '' ? collected.tail : mask(ending.detail),
    doubt: doubtOf(command, ending),
  };
}

/** The debt was given back, waived or carried while this step stood before it. */
const nothingToRun = (job: Job): Fact => ({
  type: 'command.ended',
  ...placeOfWork(job),
  ending: 'not_started',
  exitCode: null,
  signal: null,
  durationMs: 0,
  outputs: {},
  output: null,
  tail: 'nothing is left to give back',
  doubt: null,
});

/** Endings that do not say whether the effect happened. */
function doubtOf(command: Command | null, ending: Ending): FactOf<'command.ended'>['doubt'] {
  switch (ending.ending) {
    case 'signalled':
    case 'stopped':
      return 'signal';
    case 'timed_out':
      return 'timeout';
    case 'lost':
      return 'no_outcome';
    case 'exited':
      return command?.where.kind === 'ssh' && ending.exitCode === 255 ? 'ssh_255' : null;
    case 'not_started':
      return null;
  }
}
