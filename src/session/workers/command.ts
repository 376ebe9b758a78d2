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

/** Runs the command of the step at hand, or goes on following the one that already runs under this attempt. */
export async function runCommand(job: Job, how: 'run' | 'attach'): Promise<readonly Fact[]> {
  const { ports } = job.options;
  const { attempt } = job.work;
  const command = subjectOf(job)?.command ?? null;
  if (command === null) return [nothingToRun(job)];
  const collector = outputCollector(attempt, ports, job.work.step, (bytes) => job.onOutput(attempt, bytes));
  try {
    const reader = await readerFor(job, [
      ...templatesOf(command),
      ...locksHeld(job).map(({ token }) => token),
    ]);
    const ready = readyCommand(job, command, reader);
    if (how === 'run') asShown(job, command, reader);
    const ending =
      how === 'run'
        ? await ports.runner.run(attempt, ready, collector.push)
        : await ports.runner.attach(attempt, collector.push);
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

export function endedFact(
  job: Job,
  command: Command,
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
function doubtOf(command: Command, ending: Ending): FactOf<'command.ended'>['doubt'] {
  switch (ending.ending) {
    case 'signalled':
    case 'stopped':
      return 'signal';
    case 'timed_out':
      return 'timeout';
    case 'lost':
      return 'no_outcome';
    case 'exited':
      return command.where.kind === 'ssh' && ending.exitCode === 255 ? 'ssh_255' : null;
    case 'not_started':
      return null;
  }
}
