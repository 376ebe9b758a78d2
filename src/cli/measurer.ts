import { systemClock } from '../actions/clock.ts';
import { openMeasurer } from '../actions/measure/measurer.ts';
import { redactor } from '../actions/redact.ts';
import { wrap } from '../actions/where.ts';
import type { Runbook } from '../runbook/model.ts';
import { commandEnvironment } from './command-environment.ts';
import { programFile } from './program-files.ts';
import type { Surroundings } from './surroundings.ts';

/** Measures outside a session: before one starts, or where none is wanted. Close it after use. */
export function measurerHere(
  around: Surroundings,
  { connections }: Pick<Runbook, 'connections'>,
  place: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): ReturnType<typeof openMeasurer> {
  const clock = systemClock();
  return openMeasurer({
    connections,
    clock,
    domainNow: () => clock.now().ms,
    env: commandEnvironment(around, place.env),
    cwd: place.cwd,
    redactor: redactor([]),
    fromHere: (command) =>
      command.where === undefined ? command : { ...command, argv: wrap(command.where, command.argv) },
    sqliteProcess: programFile(around, 'sqlite-process'),
  });
}
