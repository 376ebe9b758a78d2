import { systemClock } from '../../actions/clock.ts';
import { exitCode } from '../../errors.ts';
import { inertJson } from '../../report/inert.ts';
import { durationText } from '../../report/time.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { homeLists } from '../records/home-lists.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';

/**
 * `walkback status`: what is proposed, open and owed, what is overdue first. Exit 5 where something is overdue.
 * @param nowMs epoch milliseconds: what overdue is counted by
 */
export function status(
  around: Surroundings,
  flags: { readonly json?: true },
  nowMs: number = systemClock().now().ms,
): number {
  const { proposals, sessions, obligations } = homeLists(around, nowMs);
  const overdue = obligations.filter((debt) => debt.overdue);
  const later = obligations.filter((debt) => !debt.overdue);
  if (flags.json === true) {
    around.write(
      `${inertJson({ schema: 'walkback.status/1', overdue, owed: later, sessions, proposals }, 2)}\n`,
    );
  } else {
    const lines = [
      `overdue: ${String(overdue.length)}`,
      ...overdue.map((debt) => debtLine(debt, nowMs)),
      `owed: ${String(later.length)}`,
      ...later.map((debt) => debtLine(debt, nowMs)),
      `open sessions: ${String(sessions.length)}`,
      ...sessions.map(
        ({ id, title, environment, status: state }) =>
          `  ${id}  ${title} (${environment}) ${state}: walkback resume ${id}`,
      ),
      `proposed: ${String(proposals.length)}`,
      ...proposals.map(
        ({ id, what, words }) => `  ${id}  ${what}, ${words}: walkback proposals --start ${id}`,
      ),
    ];
    around.write(lines.map((line) => `${inertLine(line)}\n`).join(''));
  }
  return overdue.length > 0 ? exitCode.openObligations : exitCode.done;
}

function debtLine(debt: ReturnType<typeof homeLists>['obligations'][number], nowMs: number): string {
  const { key, title, session, owner, due, release, overdue } = debt;
  const late = overdue && due !== null ? `OVERDUE by ${durationText(nowMs - epochMsOf(due))}, ` : '';
  const when = due === null ? 'no date' : `due ${due.slice(0, 10)}`;
  return `  ${key}  ${title}: ${late}${when}, ${owner ?? 'no owner'}, session ${session}${release.length === 0 ? '' : `: ${release.join(' ')}`}`;
}
