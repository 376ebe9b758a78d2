import { OperatorError } from '../../errors.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { parseDuration } from '../../runbook/duration.ts';

const day = /^\d{4}-\d\d-\d\d$/;

/**
 * A moment as a person types it: `2026-03-01`, `2026-03-01T18:02:00Z`, or a span back from now like `90d`. Epoch
 * milliseconds; a day is its beginning, in UTC.
 */
export function momentOf(flag: string, text: string, nowMs: number): number {
  const span = parseDuration(text);
  if (span !== null) return nowMs - span;
  const ms = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? epochMsOf(day.test(text) || /Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`)
    : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new OperatorError(`${flag} takes a time, not “${text}”.`, [
    'Write it like 2026-03-01, 2026-03-01T18:02:00Z, or as a span back from now like 90d.',
  ]);
}
