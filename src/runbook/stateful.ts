import type { Step } from './model/step.ts';

/**
 * Whether the data may be another one after a step. The author's word counts. Without it: what cannot be taken back,
 * and what the author guards, captures or proves by a query. A command line does not say what it touches.
 */
export function isStateful(step: Step): boolean {
  if (step.readOnly || (step.kind !== 'run' && step.kind !== 'manual')) return false;
  if (step.stateful !== undefined && step.stateful !== null) return step.stateful;
  const reads = [
    ...[...step.before, ...step.verify].flatMap(({ subject }) => ('source' in subject ? [subject] : [])),
    ...Object.values(step.capture),
    ...(step.probeAfterCrash === null ? [] : [step.probeAfterCrash]),
  ];
  return step.ponr !== null || reads.some(({ source }) => source.kind === 'sql');
}
