import type { Runbook } from '../runbook/model.ts';
import { askInput } from './ask.ts';
import { resolveInputs } from './inputs.ts';
import { measurerHere } from './measurer.ts';
import type { StartFile } from './session-folder.ts';
import type { Surroundings } from './surroundings.ts';

/** Secrets are kept nowhere: a session that is taken up again reads them from where they came, or asks for them again. */
export async function readSecrets(
  around: Surroundings,
  runbook: Runbook,
  start: StartFile,
): Promise<Readonly<Record<string, string>>> {
  const inputs = runbook.inputs.filter(({ type }) => type === 'secret');
  if (inputs.length === 0) return {};
  const measurer = measurerHere(around, runbook, { cwd: start.root, env: start.env });
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
        ask: around.isTerminal ? askInput : null,
      },
    );
    return secrets;
  } finally {
    await measurer.close();
  }
}
