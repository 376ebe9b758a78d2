import { alignedTable } from './columns.ts';
import { commandText, inertJson, visibleLine } from './inert.ts';
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

/** A debt whose date has passed, whatever became of its session. */
type OverdueLine = Pick<ObligationLine, 'key' | 'title' | 'session' | 'due' | 'owner'>;

const overdueText = ({ key, title, session, due, owner }: OverdueLine): string =>
  `OVERDUE: ${visibleLine(`${key} ${title}, due ${due ?? '-'}, ${owner ?? 'no owner'}, session ${session}`)}\n`;

export function sessionsText(
  lines: readonly SessionLine[],
  width: number,
  overrides: readonly OverrideLine[] = [],
  overdue: readonly OverdueLine[] = [],
): string {
  return `${overdue.map(overdueText).join('')}${sessionTable(lines, width)}${overrides.map(rateText).join('')}`;
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
        value: ({ ttlMs, due, overdue }) =>
          `${ttlMs === null ? (due ?? '-').slice(0, 10) : durationText(ttlMs)}${overdue ? ' OVERDUE' : ''}`,
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
  overdue: readonly OverdueLine[] = [],
): string => {
  const forced = {
    ...(overrides.length === 0 ? {} : { overrides }),
    ...(overdue.length === 0
      ? {}
      : {
          overdue: overdue.map(({ key, title, session, due, owner }) => ({
            key,
            title,
            session,
            due,
            owner,
          })),
        }),
  };
  return `${inertJson({ schema: sessionsSchemaId, sessions: lines, proposals, ...forced }, 2)}
`;
};

export const obligationsJson = (lines: readonly ObligationLine[]): string =>
  `${inertJson({ schema: obligationsSchemaId, obligations: lines }, 2)}\n`;
