import { commandProbe } from '../../runbook/command-probe.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Command } from '../../runbook/model/values.ts';
import type { EnvironmentFault } from '../../runbook/model.ts';
import { fillTemplate } from '../../runbook/template.ts';
import type { Started } from '../starting/start-session.ts';
import { measurerHere } from '../measurer.ts';
import type { Surroundings } from '../surroundings.ts';

/** Arms a fault that the environment itself offers; answers what disarms it again. */
export async function armHere(
  around: Surroundings,
  started: Started,
  id: string,
): Promise<() => Promise<void>> {
  const environment = started.runbook.environments.find((one) => one.id === started.start.environment);
  const faults = environment?.drill?.faults ?? [];
  const fault = faults.find((one) => one.id === id);
  if (fault === undefined) {
    throw new OperatorError(`${started.start.environment} offers no fault ${id}.`, [
      faults.length === 0
        ? 'It offers none: leave --fault out.'
        : `It offers: ${faults.map((one) => one.id).join(', ')}.`,
    ]);
  }
  await runFault(around, started, fault.arm, `arm ${id}`);
  return () => runFault(around, started, (fault satisfies EnvironmentFault).disarm, `disarm ${id}`);
}

async function runFault(
  around: Surroundings,
  { start, runbook }: Started,
  command: Command,
  what: string,
): Promise<void> {
  const measurer = measurerHere(around, runbook, { cwd: start.root, env: start.env });
  try {
    const measured = await measurer.measure(
      commandProbe(command, what),
      (template) => {
        const filled = fillTemplate(template, { inputs: start.inputs, env: start.values });
        if (filled.ok) return filled.value;
        throw new OperatorError(filled.detail, ['Set it in the environment of the runbook.']);
      },
      AbortSignal.timeout(command.timeoutMs + 1000),
    );
    if (measured.ok && measured.exit === 0) return;
    throw new OperatorError(
      `Could not ${what}: ${measured.ok ? `exit ${measured.exit ?? '?'}` : measured.detail}.`,
      ['Look at what the environment’s `drill.faults` runs.'],
      { exitCode: exitCode.failed },
    );
  } finally {
    await measurer.close();
  }
}
