import type { Context } from './context.ts';
import type { Book } from './book.ts';
import type { FactOf } from './facts.ts';
import { epochMsOf, isoOf } from './iso-time.ts';
import type { SessionView } from './view.ts';

/** Since when the numbers advise to investigate, after they have changed their advice. */
export function investigatingAfter(
  { investigating }: Context,
  { advice, at }: FactOf<'advice.changed'> & { readonly at: string },
): Context['investigating'] {
  if (investigating === 'rollback' || advice === 'rollback') return 'rollback';
  if (advice === 'investigate') return investigating ?? { since: at };
  return advice === 'unknown' ? investigating : null;
}

/**
 * Until when the numbers are to be watched before the first change, where they only advise to investigate; null where
 * nothing is to be waited for. Never where they have advised a rollback. The span is domain time, the answer wall time.
 */
export function observationOf({ runbook }: Book, context: Context): SessionView['observation'] | null {
  const spanMs = runbook.evidence?.minObservationMs ?? null;
  const { investigating, advice, started } = context;
  if (spanMs === null || started === null || advice === null) return null;
  if (investigating === null || investigating === 'rollback') return null;
  const isOver = context.endedAt !== null || context.starts.length > 0;
  if (isOver || context.overrides.some(({ over }) => over.includes('observation'))) return null;
  const until = isoOf(epochMsOf(investigating.since) + Math.round(spanMs / started.speed));
  return { until, spanMs, because: advice.because };
}
