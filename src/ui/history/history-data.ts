import type { SideBySide } from '../../report/side-by-side.ts';
import type { WriteExport } from '../exported.ts';
import { hasWords, wordsOf, type TimelineLine } from '../../report/timeline.ts';

/** One session in the list of the history. */
export interface HistorySession {
  readonly id: string;
  readonly service: string;
  readonly runbook: string;
  readonly title: string;
  readonly environment: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly operator: string;
  /** How it ended, or how it stands. */
  readonly ended: string;
  readonly isOpen: boolean;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  readonly owed: number;
}

/** Where the history is read from. What cannot be read is told in words. */
export interface HistorySource {
  readonly timeline: (session: string) => readonly TimelineLine[] | { readonly trouble: string };
  readonly compare: (left: string, right: string) => SideBySide | { readonly trouble: string };
  /** Counts, durations and DORA's figures of all that is on record, as lines of text. */
  readonly statistics: () => readonly string[] | { readonly trouble: string };
  readonly write: WriteExport;
}

export const tabs = ['live', 'drills', 'all', 'statistics'] as const;
/** What the list shows; the statistics are no list. */
export type Tab = Exclude<(typeof tabs)[number], 'statistics'>;

/** The sessions of a tab that have all these words; drills stand apart from what was real. */
export function shownSessions(
  sessions: readonly HistorySession[],
  tab: Tab,
  search: string,
): readonly HistorySession[] {
  const words = wordsOf(search);
  return sessions.filter(
    (one) => (tab === 'all' || (tab === 'live') === (one.mode === 'LIVE')) && hasWords(textOf(one), words),
  );
}

const textOf = ({
  id,
  service,
  runbook,
  title,
  environment,
  mode,
  operator,
  ended,
  startedAt,
}: HistorySession): string =>
  `${id} ${service} ${runbook} ${title} ${environment} ${mode} ${operator} ${ended} ${startedAt}`;
