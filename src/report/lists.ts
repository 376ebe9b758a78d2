import { alignedTable } from './columns.ts';
import { commandText, inertJson } from './inert.ts';
import { dateText, durationText } from './time.ts';

/** One line of `walkback sessions`. */
export interface SessionLine {
  readonly id: string;
  readonly runbook: string;
  readonly environment: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly operator: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly status: string;
  readonly outcome: string | null;
  readonly openDebts: number;
  readonly durationMs: number | null;
}

/** One line of `walkback obligations`. */
export interface ObligationLine {
  readonly session: string;
  readonly key: string;
  readonly title: string;
  readonly openedAt: string;
  readonly ageMs: number;
  readonly ttlMs: number | null;
  readonly overdue: boolean;
  readonly state: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly release: readonly string[];
}

const sessionsSchemaId = 'walkback.sessions/1';
const obligationsSchemaId = 'walkback.obligations/1';

/** How often a runbook was started by override. */
export interface OverrideLine {
  readonly runbook: string;
  readonly sessions: number;
  readonly overridden: number;
}

const rateText = ({ runbook, sessions, overridden }: OverrideLine): string =>
  `override: ${runbook} in ${String(overridden)} of ${String(sessions)} sessions (${String(Math.round((100 * overridden) / sessions))} %)\n`;

export function sessionsText(
  lines: readonly SessionLine[],
  width: number,
  overrides: readonly OverrideLine[] = [],
): string {
  return `${sessionTable(lines, width)}${overrides.map(rateText).join('')}`;
}

function sessionTable(lines: readonly SessionLine[], width: number): string {
  if (lines.length === 0) return 'No sessions yet.\n';
  return alignedTable(
    lines,
    [
      { title: 'session', value: ({ id }) => id },
      { title: 'started (UTC)', value: ({ startedAt }) => dateText(startedAt) },
      {
        title: 'took',
        value: ({ durationMs }) => (durationMs === null ? '-' : durationText(durationMs)),
        align: 'right',
      },
      { title: 'runbook', value: ({ runbook }) => runbook, shrinks: true },
      { title: 'where', value: ({ environment, mode }) => `${environment} ${mode}` },
      { title: 'by', value: ({ operator }) => operator, shrinks: true },
      { title: 'status', value: ({ status, outcome }) => outcome ?? status },
      {
        title: 'owed',
        value: ({ openDebts }) => (openDebts === 0 ? '-' : String(openDebts)),
        align: 'right',
      },
    ],
    width,
  );
}

/** Debts, those past their limit first. */
export function obligationsText(lines: readonly ObligationLine[], width: number): string {
  if (lines.length === 0) return 'Nothing is owed.\n';
  return alignedTable(
    lines.toSorted((left, right) => Number(right.overdue) - Number(left.overdue) || right.ageMs - left.ageMs),
    [
      { title: 'debt', value: ({ key }) => key },
      { title: 'age', value: ({ ageMs }) => durationText(ageMs), align: 'right' },
      {
        title: 'limit',
        value: ({ ttlMs, overdue }) =>
          ttlMs === null ? '-' : `${durationText(ttlMs)}${overdue ? ' OVERDUE' : ''}`,
      },
      { title: 'state', value: ({ state }) => state },
      { title: 'owner', value: ({ owner }) => owner ?? '-', shrinks: true },
      { title: 'session', value: ({ session }) => session },
      { title: 'what', value: ({ title }) => title, shrinks: true },
      { title: 'way back', value: ({ release }) => commandText(release), shrinks: true },
    ],
    width,
  );
}

/** Proposals stand beside the sessions: nothing of them has started. */
export const sessionsJson = (
  lines: readonly SessionLine[],
  proposals: readonly SessionLine[] = [],
  overrides: readonly OverrideLine[] = [],
): string => {
  const forced = overrides.length === 0 ? {} : { overrides };
  return `${inertJson({ schema: sessionsSchemaId, sessions: lines, proposals, ...forced }, 2)}
`;
};

export const obligationsJson = (lines: readonly ObligationLine[]): string =>
  `${inertJson({ schema: obligationsSchemaId, obligations: lines }, 2)}\n`;
