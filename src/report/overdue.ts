import { epochMsOf } from '../machine/iso-time.ts';

const dayMs = 86_400_000;

/**
 * Whether a debt is past its time: its session said so while it went on, or its date has passed since. A date without a
 * time of day lasts to the end of that day in UTC. `nowMs` is epoch milliseconds.
 */
export function isOverdue(
  debt: { readonly overdue: boolean; readonly due: string | null; readonly state?: string },
  nowMs: number,
): boolean {
  const { overdue, due, state = 'open' } = debt;
  if (state !== 'open' && state !== 'carried') return false;
  if (overdue || due === null) return overdue;
  const endsMs = epochMsOf(due) + (/^\d{4}-\d{2}-\d{2}$/.test(due) ? dayMs : 0);
  return nowMs > endsMs;
}
