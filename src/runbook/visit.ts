import { type Check, type Command, type Probe, type Runbook, allSteps } from './model.ts';

/** Every command of a runbook: steps, ways back, undo, probes, evidence, messages, faults. */
export function commandsOf(runbook: Runbook): readonly Command[] {
  const ofProbe = (probe: Probe): readonly Command[] =>
    probe.source.kind === 'run' ? [probe.source.command] : [];
  const ofCheck = (check: Check | null): readonly Command[] =>
    check !== null && 'source' in check.subject ? ofProbe(check.subject) : [];
  const ofSteps = allSteps(runbook).flatMap((step) => [
    ...(step.kind === 'run' ? [step.command] : []),
    ...(step.kind === 'check' ? ofCheck(step.check) : []),
    ...(step.kind === 'wait' && step.wait.kind === 'condition' ? ofCheck(step.wait.check) : []),
    ...[...step.before, ...step.verify].flatMap(ofCheck),
    ...(step.opens === null ? [] : [step.opens.release, ...ofCheck(step.opens.proof)]),
    ...(step.undo === null ? [] : [step.undo.command, ...ofCheck(step.undo.verify)]),
    ...Object.values(step.capture).flatMap(ofProbe),
    ...(step.probeAfterCrash === null ? [] : ofProbe(step.probeAfterCrash)),
  ]);
  const ofEnvironments = runbook.environments.flatMap(({ guard, drill }) => [
    ...ofCheck(guard),
    ...ofCheck(drill?.token ?? null),
    ...(drill?.faults ?? []).flatMap((fault) => [fault.arm, fault.disarm, ...ofCheck(fault.proof)]),
  ]);
  return [
    ...ofSteps,
    ...ofEnvironments,
    ...runbook.inputs.flatMap(({ origin }) => (origin.kind === 'probe' ? ofProbe(origin.probe) : [])),
    ...Object.values(runbook.probes).flatMap(ofProbe),
    ...Object.values(runbook.scope).flatMap((value) => (isProbe(value) ? ofProbe(value) : [])),
    ...(runbook.components ?? []).flatMap(({ live }) => ofProbe(live)),
    ...runbook.invariants.flatMap(({ check }) => ofCheck(check)),
    ...runbook.watch.flatMap(({ check }) => ofCheck(check)),
    ...(runbook.evidence?.items.map(({ command }) => command) ?? []),
    ...runbook.escalate.flatMap(({ command }) => command ?? []),
    ...Object.values(runbook.channels).flatMap((channel) =>
      channel.kind === 'run' ? [channel.command] : [],
    ),
  ];
}

const isProbe = (value: Runbook['scope'][string]): value is Probe =>
  typeof value === 'object' && value !== null && 'source' in value && 'timeoutMs' in value;
