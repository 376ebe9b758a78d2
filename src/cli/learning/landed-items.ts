import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { FactOf } from '../../machine/facts.ts';
import { itemsIn, type ActionItem } from '../../report/postmortem-told.ts';
import { eventsOf } from '../../report/story.ts';
import { heldTo } from '../../runbook/overlay.ts';
import { examine } from '../load.ts';
import { repositoryOf } from './learning-repository.ts';
import { overlaysHere } from '../trust/overlay.ts';
import { reviewFound } from '../trust/review.ts';
import { readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** An action item of a session, with what the runbook says of it now. */
export interface ItemHere extends ActionItem {
  readonly session: string;
}

const itemKey = /^AI-\d+$/;

/**
 * Every action item that is not closed, oldest first. What a change by hand left behind has no debt of its own: it ends with
 * the debt of that change, and no version of a runbook resolves it.
 */
export function openItems(ledger: Ledger): readonly ItemHere[] {
  const owed = ledger.obligations({ open: true }).filter(({ key }) => itemKey.test(key));
  return [...new Set(owed.map(({ session }) => session))].flatMap((session) => {
    const keys = new Set(owed.filter((debt) => debt.session === session).map(({ key }) => key));
    return itemsIn(readFacts(ledger, session))
      .filter(({ id, closed }) => closed === null && keys.has(id))
      .map((item) => ({ ...item, session }));
  });
}

export type Landing =
  | {
      readonly landed: true;
      readonly runbook: NonNullable<FactOf<'pm.item_closed'>['runbook']>;
      readonly reason: string;
    }
  | { readonly landed: false; readonly why: string };

/**
 * Whether a version of the session's runbook that resolves an item has landed: its text names the item, it is committed on
 * the branch that it was proposed for, and somebody else than its author has reviewed exactly these bytes.
 */
export async function landingOf(around: Surroundings, ledger: Ledger, item: ItemHere): Promise<Landing> {
  const not = (why: string): Landing => ({ landed: false, why });
  const start = startOf(around, item.session);
  if (start === null) return not('the runbook of its session is not on this machine');
  const file = join(start.root, start.runbook);
  const { loaded } = examine(file);
  if (!loaded.ok) return not(`${file} does not compile`);
  const runbook = heldTo(overlaysHere(around), loaded.runbook);
  const change = (runbook.changes ?? []).find(
    ({ resolves, session }) => resolves.includes(item.id) && (session === null || session === item.session),
  );
  if (change === undefined) return not(`no version of ${runbook.id} resolves it`);
  const proposed = eventsOf(readFacts(ledger, item.session), 'learn.proposed').findLast(({ fact }) =>
    fact.resolves.includes(item.id),
  )?.fact;
  const repository = await repositoryOf(around, file);
  let commit: string | null = null;
  if (repository !== null) {
    const base = proposed?.base ?? repository.branch ?? 'HEAD';
    const there = await repository.git(['show', `${base}:${repository.path}`]);
    if (!there.ok || there.out !== readFileSync(file, 'utf8'))
      return not(`version ${String(change.version)} has not landed on ${base}`);
    commit = (await repository.git(['rev-parse', base])).out.trim();
  }
  const review = await reviewFound(around, runbook, file, proposed?.by ?? around.user);
  if (!review.ok) return not(`version ${String(change.version)}: ${review.problem}`);
  return {
    landed: true,
    runbook: { id: runbook.id, hash: runbook.hash, version: change.version, commit },
    reason: `version ${String(change.version)} of ${runbook.id}, reviewed by ${review.reviewed.by.join(', ')}`,
  };
}

function startOf(around: Surroundings, session: string) {
  try {
    return readStartFile(around, session);
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}
