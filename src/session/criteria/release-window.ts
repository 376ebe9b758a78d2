import { epochMsOf } from '../../machine/iso-time.ts';
import type { Job } from '../kit.ts';
import { openingOf } from '../window-watch.ts';

/**
 * When the release was finished and when the time to evaluate it is over, epoch milliseconds of the domain clock; null
 * where nobody knows.
 */
export function releaseWindow(job: Job): { readonly openedMs: number | null; readonly endMs: number | null } {
  const { window } = job.book.runbook;
  const opening = window === null ? null : openingOf(job, window);
  if (window === null || opening === null) return { openedMs: null, endMs: null };
  const openedMs = epochMsOf(opening.happenedAt);
  return { openedMs, endMs: openedMs + window.evaluateMs };
}
