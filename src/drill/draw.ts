import { scenarios } from './scenarios.ts';

const reference = 'shop_rollback.yaml';

/** The shipped runbook that a fault is practised with. */
export const runbookFor = (fault: string): string => scenarios[fault]?.runbook ?? reference;

/**
 * The fault that a seed draws, of those that the runbook can meet: any of them where no runbook is named, for one of our own
 * those that are made for it, and for any other runbook those of the reference runbook.
 * @param runbook the base name of the runbook's file, or null
 */
export function drawFault<Fault extends string>(
  faults: readonly Fault[],
  runbook: string | null,
  seed: number,
): Fault | null {
  const own = faults.filter((fault) => runbook === null || runbookFor(fault) === runbook);
  const drawable = own.length > 0 ? own : faults.filter((fault) => runbookFor(fault) === reference);
  return drawable[seed % drawable.length] ?? null;
}
