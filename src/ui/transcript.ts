import type { SessionView } from '../machine/view.ts';
import { dueText, nextSteps } from '../report/next-steps.ts';
import { outcomeText } from './screens/overviews.ts';
import { dueLater, owedNow } from './state/debts.ts';
import { commandLine } from './text/argv.ts';
import { plain } from './text/plain.ts';
import { clockText, epochMs, since } from './time.ts';

export type Left = 'detached' | 'ended' | 'stop' | 'lost';

function standing(view: SessionView, left: Left, nowMs: number): string {
  const { session } = view;
  const elapsed = clockText((epochMs(view.endedAt) ?? nowMs) - (epochMs(session.startedAt) ?? nowMs));
  const name = `${plain(session.runbook.service)}: ${plain(session.runbook.title)} (${plain(session.environment)} ${session.mode})`;
  if (view.status === 'ended' || view.status === 'closed')
    return `${name}: ${outcomeText(view)} after ${elapsed}`;
  switch (left) {
    case 'stop':
      return `${name}: stopped after ${elapsed}, can be resumed`;
    case 'lost':
      return `${name}: the connection to the session was lost after ${elapsed}`;
    default:
      return `${name}: the session goes on without this screen, ${elapsed} so far`;
  }
}

/** What stays on the primary screen: how it came out, what is owed, how to go on, where the record is. Plain text. */
export function transcriptOf(
  view: SessionView,
  left: Left,
  nowMs: number,
  draft: string | null = null,
): string {
  const { id } = view.session;
  const owed = owedNow(view);
  const lines = [standing(view, left, nowMs)];
  if (view.last !== null) lines.push(`last: ${plain(view.last.text)}`);
  lines.push(owed.length === 0 ? 'owed: nothing' : `owed: ${owed.length}`);
  for (const debt of owed) {
    const late = debt.overdue ? ', OVERDUE' : '';
    lines.push(`  - ${plain(debt.title)} (for ${clockText(since(debt.openedAt, nowMs))}${late})`);
    lines.push(`    give back: ${debt.release.length === 0 ? 'by hand' : plain(commandLine(debt.release))}`);
  }
  for (const debt of dueLater(view))
    lines.push(`  - due later: ${plain(debt.title)}, ${plain(debt.owner ?? 'no owner')}, ${dueText(debt)}`);
  if (view.status !== 'closed') lines.push(`resume: walkback resume ${id}`);
  if (view.status === 'closed') {
    const [first] = nextSteps(view, null);
    if (first !== undefined) lines.push(`${first.label}: ${first.command} (${first.note})`);
    if (draft !== null) lines.push(`its draft: ${draft}`);
  }
  lines.push(`export: walkback export ${id}`);
  return `${lines.map(plain).join('\n')}\n`;
}
