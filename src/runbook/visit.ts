import type { Check, Command, Probe } from './model/values.ts';
import { type Runbook, allSteps } from './model.ts';

/** Every command of a runbook: steps, ways back, undo, probes, evidence, drift, messages, faults. */
export function commandsOf(runbook: Runbook): readonly Command[] {
  const ofProbe = (probe: Probe): readonly Command[] =>
    probe.source.kind === 'run' ? [probe.source.command] : [];
  const ofSteps = allSteps(runbook).flatMap((step) => [
    ...(step.kind === 'run' ? [step.command] : []),
    ...(step.opens === null ? [] : [step.opens.release]),
    ...(step.undo === null ? [] : [step.undo.command]),
    ...Object.values(step.capture).flatMap(ofProbe),
    ...(step.probeAfterCrash === null ? [] : ofProbe(step.probeAfterCrash)),
  ]);
  const ofEnvironments = runbook.environments.flatMap(({ drill }) =>
    (drill?.faults ?? []).flatMap((fault) => [fault.arm, fault.disarm]),
  );
  return [
    ...ofSteps,
    ...checksOf(runbook).flatMap(({ subject }) => ('source' in subject ? ofProbe(subject) : [])),
    ...ofEnvironments,
    ...runbook.inputs.flatMap(({ origin }) => (origin.kind === 'probe' ? ofProbe(origin.probe) : [])),
    ...Object.values(runbook.probes).flatMap(ofProbe),
    ...Object.values(runbook.scope).flatMap((value) => (isProbe(value) ? ofProbe(value) : [])),
    ...(runbook.components ?? []).flatMap(({ live }) => ofProbe(live)),
    ...(runbook.evidence?.items.flatMap((item) => ('command' in item ? [item.command] : [])) ?? []),
    ...(runbook.drift ?? []).flatMap(({ source }) => (source.kind === 'command' ? [source.command] : [])),
    ...(runbook.standby == null ? [] : ofProbe(runbook.standby.ready)),
    ...(runbook.locks ?? []).flatMap(({ renew }) => ofProbe(renew)),
    ...runbook.escalate.flatMap(({ command }) => command ?? []),
    ...Object.values(runbook.channels).flatMap((channel) =>
      channel.kind === 'run' ? [channel.command] : [],
    ),
  ];
}

/** Every check of a runbook: of steps, proofs, ways back, environments, invariants and watches. */
export function checksOf(runbook: Runbook): readonly Check[] {
  const some = (check: Check | null | undefined): readonly Check[] => (check == null ? [] : [check]);
  return [
    ...allSteps(runbook).flatMap((step) => [
      ...(step.kind === 'check' ? [step.check] : []),
      ...(step.kind === 'smoke' ? step.plan.tests.map(({ check }) => check) : []),
      ...(step.kind === 'wait' && step.wait.kind === 'condition' ? [step.wait.check] : []),
      ...step.before,
      ...step.verify,
      ...(step.opens?.before ?? []),
      ...some(step.opens?.proof),
      ...some(step.undo?.verify),
    ]),
    ...runbook.environments.flatMap(({ guard, drill }) => [
      ...some(guard),
      ...some(drill?.token),
      ...(drill?.faults ?? []).map(({ proof }) => proof),
    ]),
    ...runbook.invariants.map(({ check }) => check),
    ...runbook.watch.map(({ check }) => check),
  ];
}

const isProbe = (value: Runbook['scope'][string]): value is Probe =>
  typeof value === 'object' && value !== null && 'source' in value && 'timeoutMs' in value;
