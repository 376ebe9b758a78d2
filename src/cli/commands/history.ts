import { systemClock } from '../../actions/clock.ts';
import { OperatorError } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { SessionRow } from '../../ledger/read-rows.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import { signsOf, type Signs } from '../../report/drawn.ts';
import { sideBySideJson, sideBySideText, timelineJson, timelineText } from '../../report/history.ts';
import { statisticsOf } from '../../judge/statistics.ts';
import { sessionsJson, sessionsText } from '../../report/lists.ts';
import { statisticsText } from '../../report/statistics.ts';
import { sideBySide } from '../../report/side-by-side.ts';
import type { SessionRecord } from '../../report/story.ts';
import type { TimelineKind } from '../../report/timeline-kinds.ts';
import { filteredTimeline, timelineOf } from '../../report/timeline.ts';
import type { HistorySession, HistorySource } from '../../ui/history/history-data.ts';
import { shownSessions } from '../../ui/history/history-data.ts';
import { fullScreenFits } from '../hosting/full-screen-fits.ts';
import { openLedgerForReading, sessionMeant } from '../ledger.ts';
import { sessionLine } from '../records/session-lines.ts';
import { exportFileHere } from '../records/export-file.ts';
import type { Surroundings } from '../surroundings.ts';
import { settleForInk } from '../surroundings.ts';
import { momentOf } from '../records/time-given.ts';

export interface HistoryFlags {
  readonly search?: string;
  readonly service?: string;
  readonly env?: string;
  readonly runbook?: string;
  readonly drills?: true;
  readonly live?: true;
  readonly since?: string;
  readonly until?: string;
  readonly about?: TimelineKind;
  readonly limit: string;
  readonly plain?: true;
  readonly ascii?: true;
  readonly json?: true;
}

/** The screen holds the newest so many; older ones are asked for by `--until`. */
const mostSessions = 10_000;

/** `walkback history`: sessions of before, one's timeline, or two side by side; on a screen where one fits. */
export async function history(
  around: Surroundings,
  given: string | undefined,
  other: string | undefined,
  flags: HistoryFlags,
): Promise<number> {
  const ledger = openLedgerForReading(around);
  try {
    const session = given === undefined || ledger === null ? null : sessionMeant(ledger, given);
    const second = other === undefined || ledger === null ? null : sessionMeant(ledger, other);
    if (given !== undefined && session === null)
      throw new OperatorError(`No session is called ${given}.`, ['List them: walkback history']);
    const rows = ledger === null ? [] : rowsAsked(ledger, flags);
    if (flags.json !== true && fullScreenFits(around, { plain: flags.plain === true })) {
      const missing = session === null ? null : (ledger?.session(session) ?? null);
      const known = missing !== null && !rows.some(({ id }) => id === missing.id) ? [missing, ...rows] : rows;
      await onScreen(around, ledger, known, flags, { session, other: second });
      return 0;
    }
    around.write(
      ledger !== null && session !== null
        ? second === null
          ? timelineOnPaper(around, ledger, session, flags)
          : compareOnPaper(around, ledger, session, second, flags)
        : listOnPaper(around, rows, flags),
    );
    return 0;
  } finally {
    ledger?.close();
  }
}

function rowsAsked(ledger: Ledger, flags: HistoryFlags): readonly SessionRow[] {
  const nowMs = systemClock().now().ms;
  const moment = (flag: '--since' | '--until', text: string | undefined) =>
    text === undefined ? undefined : isoOf(momentOf(flag, text, nowMs));
  const [from, to] = [moment('--since', flags.since), moment('--until', flags.until)];
  return ledger.sessions({
    limit: mostSessions,
    ...(flags.service === undefined ? {} : { service: flags.service }),
    ...(flags.env === undefined ? {} : { environment: flags.env }),
    ...(flags.runbook === undefined ? {} : { runbook: flags.runbook }),
    ...(flags.drills === true ? { mode: 'DRILL' as const } : {}),
    ...(flags.live === true ? { mode: 'LIVE' as const } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
}

function listOnPaper(around: Surroundings, rows: readonly SessionRow[], flags: HistoryFlags): string {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostSessions)
    throw new OperatorError(`--limit takes a whole number from 1 to ${mostSessions}, not “${flags.limit}”.`, [
      'Leave it out for 50.',
    ]);
  const nowMs = systemClock().now().ms;
  const shown = new Set(
    shownSessions(
      rows.map((row) => sessionOf(row, nowMs)),
      'all',
      flags.search ?? '',
    ).map(({ id }) => id),
  );
  const lines = rows
    .filter(({ id }) => shown.has(id))
    .slice(0, limit)
    .map((row) => sessionLine(row, nowMs));
  return flags.json === true ? sessionsJson(lines) : sessionsText(lines, around.columns || 120);
}

function timelineOnPaper(around: Surroundings, ledger: Ledger, session: string, flags: HistoryFlags): string {
  const lines = filteredTimeline(timelineOf(readFacts(ledger, session)), {
    kind: flags.about ?? null,
    search: flags.search ?? '',
  });
  return flags.json === true ? timelineJson(session, lines) : timelineText(lines, around.columns || 120);
}

function compareOnPaper(
  around: Surroundings,
  ledger: Ledger,
  session: string,
  other: string,
  flags: HistoryFlags,
): string {
  const compared = sideBySide(recordOf(ledger, session), recordOf(ledger, other));
  return flags.json === true
    ? sideBySideJson(compared)
    : sideBySideText(compared, around.columns || 120, signsOf(flags.ascii === true));
}

const recordOf = (ledger: Ledger, id: string): SessionRecord => ({
  session: { id, outcome: ledger.session(id)?.outcome ?? null },
  events: readFacts(ledger, id),
});

async function onScreen(
  around: Surroundings,
  ledger: Ledger | null,
  rows: readonly SessionRow[],
  flags: HistoryFlags,
  asked: { readonly session: string | null; readonly other: string | null },
): Promise<void> {
  settleForInk(around);
  const { runHistoryScreen } = await import('../../ui/run-history.tsx');
  const nowMs = systemClock().now().ms;
  await runHistoryScreen({
    sessions: rows.map((row) => sessionOf(row, nowMs)),
    leftOut: rows.length < mostSessions ? null : 'older ones by --until',
    source:
      ledger === null
        ? noSource
        : { ...sourceOf(ledger, signsOf(flags.ascii === true)), write: exportFileHere(around) },
    opening: { search: flags.search ?? '', ...asked },
    stdin: process.stdin,
    stdout: process.stdout,
    options: { ascii: flags.ascii === true, noColor: (around.env['NO_COLOR'] ?? '') !== '' },
  });
}

const sessionOf = (row: SessionRow, nowMs: number): HistorySession => ({
  id: row.id,
  service: row.service,
  runbook: row.runbook,
  title: row.title,
  environment: row.environment,
  mode: row.mode,
  operator: row.operator,
  ended: row.outcome ?? row.status,
  isOpen: row.outcome === null,
  startedAt: row.started,
  tookMs: (row.ended === null ? nowMs : epochMsOf(row.ended)) - epochMsOf(row.started),
  owed: row.openDebts,
});

const noSource: HistorySource = {
  write: () => Promise.resolve({ trouble: 'the ledger holds no session yet' }),
  timeline: () => ({ trouble: 'the ledger holds no session yet' }),
  compare: () => ({ trouble: 'the ledger holds no session yet' }),
  statistics: () => ({ trouble: 'the ledger holds no session yet' }),
};

/** A session that cannot be read is told of on the screen, which stays. */
const sourceOf = (ledger: Ledger, signs: Signs): Omit<HistorySource, 'write'> => ({
  timeline: (session) => told(() => timelineOf(readFacts(ledger, session))),
  statistics: () => told(() => statisticsLines(ledger, signs)),
  compare: (left, right) => told(() => sideBySide(recordOf(ledger, left), recordOf(ledger, right))),
});

function statisticsLines(ledger: Ledger, signs: Signs): readonly string[] {
  if (ledger.figuresAreDue())
    throw new OperatorError('The figures of older sessions are not made yet.', ['Run once: walkback stats']);
  const toMs = systemClock().now().ms;
  const query = { fromMs: null, toMs };
  const counted = { sessions: ledger.figures(query), allDeployments: ledger.deployments(query) };
  return statisticsText(statisticsOf({ ...counted, ...query }), signs)
    .trimEnd()
    .split('\n');
}

function told<Value>(read: () => Value): Value | { readonly trouble: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof OperatorError) return { trouble: [error.message, ...error.nextSteps].join(' ') };
    throw error;
  }
}
