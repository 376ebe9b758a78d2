import { createHash } from 'node:crypto';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { postmortemDebt } from '../../session/postmortem-duty.ts';
import type { ItemDraft, Telling, TellingDesk } from '../../report/telling.ts';
import { readTelling } from '../../report/telling.ts';
import { documentOf } from './export-formats.ts';
import { openEditor } from '../hosting/programs-of-the-person.ts';
import { maskAfterwards } from './mask-afterwards.ts';
import { readRecord } from './record.ts';
import { appendAfterwards, sessionIsOver } from '../trust/settle-debt.ts';
import type { Surroundings } from '../surroundings.ts';

const itemKey = /^AI-(\d+)$/;

/** The human part of one session's post-mortem, over the ledger; what is told is masked. The session has to be over. */
export async function openTellingDesk(around: Surroundings, given: string | undefined): Promise<TellingDesk> {
  const first = readRecord(around, given);
  first.ledger.close();
  const session = first.id;
  await sessionIsOver(around, session);
  const read = (): Telling => {
    const { ledger, outcome, events } = readRecord(around, session);
    ledger.close();
    return readTelling(session, outcome, events);
  };
  const mask = await maskAfterwards(around, session);
  const tell = (...facts: readonly Fact[]): void => appendAfterwards(around, session, mask.facts(facts));
  return {
    warnings: mask.warning === null ? [] : [mask.warning],
    read,
    answer: (part, text) => tell({ type: 'pm.edited', by: around.user, part, text: text.trim() }),
    setItem: (draft) => {
      const telling = read();
      const id = draft.id ?? nextItem(around, telling);
      tell(...itemFacts(around, { ...draft, id }, telling));
      return id;
    },
    finish: () => {
      const telling = read();
      if (telling.missing.length > 0) return `Not yet finished. Missing: ${telling.missing.join('; ')}.`;
      tell(...finishFacts(around, telling));
      return null;
    },
    edit: (text) => openEditor(around, text),
  };
}

/**
 * Items are numbered through the whole ledger, so that `resolves: AI-12` means one thing. What a change by hand left behind
 * in this session has a number and no debt of that name.
 */
function nextItem(around: Surroundings, { session, items }: Telling): string {
  const { ledger } = readRecord(around, session);
  const keys = [...ledger.obligations({}).map(({ key }) => key), ...items.map(({ id }) => id)];
  ledger.close();
  const numbers = keys.map((key) => Number(itemKey.exec(key)?.[1] ?? 0));
  return `AI-${String(Math.max(0, ...numbers) + 1)}`;
}

/** The item, and the debt that keeps it in sight until it is closed. */
function itemFacts(
  { user }: Surroundings,
  item: ItemDraft & { readonly id: string },
  { items, title }: Telling,
): readonly Fact[] {
  const known = items.find(({ id }) => id === item.id);
  if (known?.closed != null)
    throw new OperatorError(`${item.id} is ${known.closed.how} already.`, ['Make a new one: --item new'], {
      exitCode: exitCode.refused,
    });
  const reason = `action item after ${title}`;
  const { owner, due, id, ...rest } = item;
  const opened: Fact = {
    type: 'obligation.opened',
    by: user,
    obligation: {
      key: id,
      id: 'action-item',
      title: item.text,
      ttlMs: null,
      release: ['walkback', 'actions'],
    },
    due,
    reason,
  };
  return [
    { type: 'pm.item', by: user, id, owner, due, ...rest },
    ...(known === undefined ? [opened] : []),
    { type: 'obligation.discharged', by: user, key: id, how: 'carried', reason, owner, due },
  ];
}

function finishFacts(around: Surroundings, { session, questions, owed }: Telling): readonly Fact[] {
  const record = readRecord(around, session);
  const document = documentOf(around, record, 'md', 'roles');
  record.ledger.close();
  const sha256 = createHash('sha256').update(document).digest('hex');
  const answered = questions.filter(({ answer }) => answer !== null).length;
  const finished: Fact = {
    type: 'pm.finished',
    by: around.user,
    answered,
    questions: questions.length,
    sha256,
  };
  if (!owed) return [finished];
  const reason = `written: ${String(answered)} of ${String(questions.length)} questions answered, sha256 ${sha256}`;
  return [
    finished,
    {
      type: 'obligation.discharged',
      by: around.user,
      key: postmortemDebt,
      how: 'proved',
      reason,
      owner: null,
      due: null,
    },
  ];
}
