import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { inertJson } from '../../report/inert.ts';
import { isOverdue } from '../../report/overdue.ts';
import { inertLine } from '../inert-line.ts';
import { landingOf, openItems, type ItemHere } from '../learning/landed-items.ts';
import { openLedgerForReading } from '../ledger.ts';
import { recordAfterwards } from '../trust/settle-debt.ts';
import type { Surroundings } from '../surroundings.ts';

export interface ActionFlags {
  readonly drop?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `walkback actions`: action items, those whose reviewed runbook has landed closed on the way; exit 5 where one is overdue. */
export async function actions(
  around: Surroundings,
  flags: ActionFlags,
  nowMs: number = systemClock().now().ms,
): Promise<number> {
  const ledger = openLedgerForReading(around);
  const items = ledger === null ? [] : openItems(ledger);
  if (flags.drop !== undefined) {
    ledger?.close();
    return drop(around, items, flags.drop, flags.reason ?? '');
  }
  const looked: { readonly item: ItemHere; readonly state: 'open' | 'resolved'; readonly why: string }[] = [];
  for (const item of items) {
    const landing = ledger === null ? null : await landingOf(around, ledger, item);
    if (landing?.landed !== true) {
      looked.push({ item, state: 'open', why: landing?.why ?? '' });
      continue;
    }
    const { runbook, reason } = landing;
    await close(around, item, { how: 'resolved', reason, runbook });
    looked.push({ item, state: 'resolved', why: reason });
  }
  ledger?.close();
  const lines = looked.map(({ item, state, why }) => ({
    ...item,
    state,
    why,
    overdue: state === 'open' && isOverdue({ overdue: false, due: item.due }, nowMs),
  }));
  around.write(
    flags.json === true
      ? `${inertJson({ schema: 'walkback.actions/1', items: lines }, 2)}\n`
      : lines.length === 0
        ? 'No action item is open.\n'
        : lines.map((line) => `${inertLine(textOf(line))}\n`).join(''),
  );
  return lines.some(({ overdue }) => overdue) ? exitCode.openObligations : exitCode.done;
}

const textOf = (
  line: ItemHere & { readonly state: string; readonly why: string; readonly overdue: boolean },
): string =>
  `${line.id}  ${line.overdue ? 'OVERDUE' : line.state}  ${line.kind}: ${line.text} (${line.owner ?? 'no owner'}, ${line.due ?? 'no date'}, session ${line.session}): ${line.why}`;

/** Given up is not resolved: it leaves the list, and the document says so. */
async function drop(
  around: Surroundings,
  items: readonly ItemHere[],
  id: string,
  reason: string,
): Promise<number> {
  const item = items.find((one) => one.id === id);
  if (item === undefined)
    throw new OperatorError(`There is no open action item ${id}.`, ['List them: walkback actions']);
  if (reason.trim() === '') throw new OperatorError('A reason is needed.', ['Give one: --reason "…"']);
  await close(around, item, { how: 'dropped', reason: reason.trim(), runbook: null });
  around.write(`${id}: dropped\n`);
  return exitCode.done;
}

async function close(
  around: Surroundings,
  { id, session }: ItemHere,
  closing: Omit<Extract<Fact, { type: 'pm.item_closed' }>, 'type' | 'by' | 'id'>,
): Promise<void> {
  const by = around.user;
  await recordAfterwards(
    around,
    session,
    { type: 'pm.item_closed', by, id, ...closing },
    {
      type: 'obligation.discharged',
      by,
      key: id,
      how: closing.how === 'resolved' ? 'proved' : 'waived',
      reason: closing.reason,
      owner: null,
      due: null,
    },
  );
}
