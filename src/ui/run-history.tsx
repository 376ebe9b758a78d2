import { withFullScreen } from './full-screen.tsx';
import type { HistorySession, HistorySource } from './history/history-data.ts';
import { HistoryScreen } from './history/history-screen.tsx';
import { historyStart, openComparison, openTimeline } from './history/history-state.ts';
import { openHistoryStore } from './history/history-store.ts';
import { lookOf } from './look.ts';

/** What is looked at first: the list with these words searched for, one session's timeline, or two side by side. */
export interface HistoryOpening {
  readonly search: string;
  readonly session: string | null;
  readonly other: string | null;
}

/** Shows the sessions of before until the person leaves. Nothing in it changes anything. */
export async function runHistoryScreen({
  sessions,
  leftOut,
  source,
  opening,
  stdin,
  stdout,
  options,
}: {
  readonly sessions: readonly HistorySession[];
  readonly leftOut: string | null;
  readonly source: HistorySource;
  readonly opening: HistoryOpening;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly options: { readonly ascii: boolean; readonly noColor: boolean };
}): Promise<void> {
  const look = lookOf(options);
  const { session, other, search } = opening;
  const list = historyStart(sessions, search);
  const named = sessions.find(({ id }) => id === session);
  const start =
    session !== null && other !== null
      ? openComparison(list, session, other, source)
      : named === undefined
        ? list
        : openTimeline(list, named, source);
  const store = openHistoryStore(start, { columns: stdout.columns, rows: stdout.rows, leftOut }, source);
  return withFullScreen(<HistoryScreen store={store} look={look} />, { stdin, stdout }, store.left, {
    resized: store.resize,
    woken: store.redraw,
    broken: store.leave,
  });
}
