import { formatDuration } from '../runbook/duration.ts';
import { allSteps, type Runbook } from '../runbook/model.ts';
import type { Position } from '../runbook/model/values.ts';
import { quantileOf } from './quantile.ts';

/** One rollback of the past, from its decision to the proof that it helped. */
export interface PastRollback {
  readonly service: string;
  readonly runbook: string;
  readonly tookMs: number;
  /** It shifted traffic to a release that stood by. */
  readonly switched: boolean;
}

/** How many of each have to be there, and how many times longer the one has to take (R8.4). */
const least = 3;
const times = 5;

/**
 * Whether switching the traffic back was measured to be more than five times as fast as a runbook that does not do it: by
 * the medians of this service's rollbacks. Null where it was not, or where too few are known of either.
 */
export function fasterBySwitch(
  runbook: Pick<Runbook, 'id' | 'service' | 'phases'>,
  past: readonly PastRollback[],
): { readonly at: Position; readonly text: string } | null {
  const steps = allSteps(runbook);
  const place = steps.find(({ kind }) => kind === 'decide') ?? steps[0];
  if (place === undefined || steps.some(shiftsTraffic)) return null;
  const ofService = past.filter(({ service }) => service === runbook.service);
  const own = medianOf(ofService.filter((one) => one.runbook === runbook.id && !one.switched));
  const other = medianOf(ofService.filter(({ switched }) => switched));
  if (own === null || other === null || own.ms <= times * other.ms) return null;
  const told = ({ ms, n }: Median): string =>
    `${formatDuration(Math.round(ms / 1000) * 1000)} (median of ${n})`;
  return {
    at: place.at,
    text: `A rollback by this runbook took ${told(own)}, and switching the traffic of ${runbook.service} back ${told(other)}.`,
  };
}

function shiftsTraffic(step: ReturnType<typeof allSteps>[number]): boolean {
  if (step.kind !== 'run' || step.command.program.kind !== 'argv') return false;
  const [, topic, verb] = step.command.program.argv.map(({ parts: [only] }) => only);
  return topic === 'traffic' && verb === 'shift';
}

interface Median {
  readonly ms: number;
  readonly n: number;
}

function medianOf(rollbacks: readonly PastRollback[]): Median | null {
  const sorted = rollbacks.map(({ tookMs }) => tookMs).toSorted((one, two) => one - two);
  const ms = sorted.length < least ? null : quantileOf(sorted, 0.5);
  return ms === null ? null : { ms, n: sorted.length };
}
