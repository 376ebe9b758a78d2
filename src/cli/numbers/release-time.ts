import { OperatorError } from '../../errors.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Window } from '../../runbook/model/criteria.ts';
import type { Fill, Measurer } from '../../session/ports.ts';
import { instantOf, reportedEvents } from '../../session/window-events.ts';

/** When the release was finished, epoch milliseconds, and where that is known from. */
export interface ReleaseTime {
  readonly ms: number;
  readonly source: string;
}

export interface ReleaseQuestion {
  readonly runbook: Runbook;
  /** `--released`, already read as a time. */
  readonly told: number | null;
  readonly waitsForWindow: boolean;
  readonly nowMs: number;
  readonly measurer: Measurer;
  readonly fill: Fill;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
}

/**
 * When the release was finished: as told, else as the deploy event says that the runbook's window reads. Asked for only
 * where something hangs on it: the end of the window, success criteria, windows that are shorter for a young release. An
 * event that cannot be read is said so; who waits for the window then counts from now.
 */
export async function releaseTime(question: ReleaseQuestion): Promise<ReleaseTime | null> {
  const { runbook, told, waitsForWindow, nowMs, warn } = question;
  if (told !== null) return { ms: told, source: '--released' };
  const { window, triggers, success = [] } = runbook;
  const fromNow = waitsForWindow ? { ms: nowMs, source: 'this call' } : null;
  const matters = waitsForWindow || success.length > 0 || triggers.some(({ burn = null }) => burn !== null);
  if (window === null || !matters || (window.events === null && window.openedAt === null)) return fromNow;
  const read = await readOpening(window, question);
  if ('ms' in read && read.ms <= nowMs + 1000) return read;
  const why = 'ms' in read ? `${isoOf(read.ms)} is in the future` : read.why;
  warn(`${window.opens} is not known: ${why}${fromNow === null ? '' : '; the window counts from now'}\n`);
  return fromNow;
}

/** The opening of the window as the runbook reads it, or why it cannot be read. */
export async function readOpening(
  window: Window,
  { measurer, fill, signal }: Pick<ReleaseQuestion, 'measurer' | 'fill' | 'signal'>,
): Promise<ReleaseTime | { readonly why: string }> {
  if (window.openedAt !== null) {
    try {
      const ms = instantOf(fill(window.openedAt));
      if (ms !== null) return { ms, source: 'opened_at of the window' };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      if (window.events === null) return { why: error.message };
    }
  }
  if (window.events === null) return { why: '`opened_at` is no time' };
  const measured = await measurer.measure(window.events, fill, signal);
  if (!measured.ok) return { why: `${measured.code}: ${measured.detail}` };
  const source =
    window.events.id === null ? 'the events that the runbook reads' : `probe ${window.events.id}`;
  const opening = reportedEvents(window, measured.value, source).find(({ event }) => event === window.opens);
  return opening === undefined
    ? { why: `${source} tell of none` }
    : { ms: epochMsOf(opening.happenedAt), source: `${opening.id} (${source})` };
}
