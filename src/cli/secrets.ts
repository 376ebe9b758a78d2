import { childEnvironment } from '../actions/environment.ts';
import { systemClock } from '../actions/clock.ts';
import { openMeasurer } from '../actions/measure/measurer.ts';
import { redactor } from '../actions/redact.ts';
import type { Runbook } from '../runbook/model.ts';
import { resolveInputs } from './inputs.ts';
import { programFile } from './program-files.ts';
import type { StartFile } from './session-folder.ts';
import type { Surroundings } from './surroundings.ts';

/** Secrets are kept nowhere: a session that is taken up again reads them from where they came. */
export async function readSecrets(
  around: Surroundings,
  runbook: Runbook,
  start: StartFile,
): Promise<Readonly<Record<string, string>>> {
  const inputs = runbook.inputs.filter(({ type }) => type === 'secret');
  if (inputs.length === 0) return {};
  const clock = systemClock();
  const measurer = openMeasurer({
    connections: runbook.connections,
    clock,
    domainNow: () => clock.now().ms,
    env: { ...childEnvironment(around.env), ...start.env },
    cwd: start.root,
    redactor: redactor([]),
    sqliteProcess: programFile(around, 'sqlite-process'),
  });
  try {
    const { secrets } = await resolveInputs(
      { ...runbook, inputs },
      {
        given: {},
        values: start.values,
        env: around.env,
        environment: start.environment,
        known: start.inputs,
        measurer,
        ask: null,
      },
    );
    return secrets;
  } finally {
    await measurer.close();
  }
}
