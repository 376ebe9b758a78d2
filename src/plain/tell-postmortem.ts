import {
  flaggedText,
  isDueDay,
  isItemKind,
  itemKinds,
  wordingOf,
  type Telling,
  type TellingDesk,
} from '../report/telling.ts';

/** What the conversation needs of the terminal. */
export interface Listener {
  readonly say: (text: string) => void;
  /** One line; null when nobody is there any more. */
  readonly ask: (question: string) => Promise<string | null>;
}

/** Asks the open questions one by one, then for an action item for each finding. Each answer is on record at once. */
export async function tellPostmortem(desk: TellingDesk, { say, ask }: Listener): Promise<void> {
  const telling = desk.read();
  const open = telling.questions.filter(({ answer }) => answer === null);
  say(
    `Post-mortem of ${telling.title}: ${String(telling.questions.length - open.length)} of ${String(telling.questions.length)} questions answered.`,
  );
  for (const warning of desk.warnings) say(warning);
  say('Enter alone leaves a question open, `e` opens your editor, `q` stops; what is written is kept.');
  for (const [index, { id, ask: question }] of open.entries()) {
    say(`${String(index + 1)}/${String(open.length)} ${id}: ${question}`);
    const answer = await written(desk, id, { say, ask });
    if (answer === null) return;
    if (answer !== '') desk.answer(id, answer);
  }
  for (const draft of telling.drafts) if (!(await tellItem(desk, draft, { say, ask }))) return;
  const left = desk.read().missing;
  if (left.length > 0) {
    say(`Missing before it is finished: ${left.join('; ')}`);
    return;
  }
  if ((await ask('Is it finished? y or Enter for not yet: ')) === 'y') say(desk.finish() ?? 'Finished.');
}

/** One answer, which is read again where its words blame somebody; null where the person stops. */
async function written(desk: TellingDesk, id: string, { say, ask }: Listener): Promise<string | null> {
  for (let kept = ''; ;) {
    const line = await ask('> ');
    if (line === null || line.trim() === 'q') return null;
    // Enter after a warning keeps what was written
    if (line.trim() === '') return kept;
    const text = line.trim() === 'e' ? ((await desk.edit(kept)) ?? kept) : line;
    const flagged = wordingOf(desk.read(), id, text);
    if (flagged.length === 0) return text;
    for (const one of flagged) say(flaggedText(one));
    say('Write it again, or keep it with Enter.');
    kept = text;
  }
}

/** False where the person stops. */
async function tellItem(
  desk: TellingDesk,
  draft: Telling['drafts'][number],
  { say, ask }: Listener,
): Promise<boolean> {
  say(`finding (${draft.kind}): ${draft.text}`);
  say('What is to change? Enter for no action item.');
  const text = await written(desk, 'AI-new', { say, ask });
  if (text === null) return false;
  if (text === '') return true;
  const kind = (await ask(`kind: ${itemKinds.join(', ')} [${draft.kind}]: `)) ?? '';
  const owner = await ask('owner: ');
  const due = await dayFrom({ say, ask });
  const proof = await ask('how shall we know that it worked: ');
  const lasting = await ask('does it last, without anybody being more careful? y or Enter for no: ');
  const orNull = (value: string | null): string | null => (value?.trim() ? value.trim() : null);
  const id = desk.setItem({
    id: null,
    kind: isItemKind(kind) ? kind : draft.kind,
    text,
    owner: orNull(owner),
    due,
    proof: orNull(proof),
    lasting: lasting?.trim() === 'y',
    finding: draft.text,
  });
  say(`${id} is on record.`);
  return true;
}

async function dayFrom({ say, ask }: Listener): Promise<string | null> {
  for (;;) {
    const day = ((await ask('by which day (2026-12-31): ')) ?? '').trim();
    if (day === '') return null;
    if (isDueDay(day)) return day;
    say('That is not a day: write it as 2026-12-31.');
  }
}
