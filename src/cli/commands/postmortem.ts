import { readFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import type { ActionKind } from '../../machine/action-kinds.ts';
import { tellPostmortem } from '../../plain/tell-postmortem.ts';
import { inertJson } from '../../report/inert.ts';
import { flaggedText, isDueDay, type Telling, type TellingDesk } from '../../report/telling.ts';
import { readTellingFile, tellingFile } from '../../report/telling-file.ts';
import { askLine } from '../starting/ask.ts';
import { fullScreenFits } from '../hosting/full-screen-fits.ts';
import { inertLine } from '../inert-line.ts';
import { settleForInk, type Surroundings } from '../surroundings.ts';
import { openTellingDesk } from '../records/telling-desk.ts';

export interface PostmortemFlags {
  readonly answer?: string;
  readonly text?: string;
  readonly item?: string;
  readonly kind?: ActionKind;
  readonly owner?: string;
  readonly due?: string;
  readonly proof?: string;
  readonly lasting?: true;
  readonly finding?: string;
  readonly editor?: true;
  readonly from?: string;
  readonly template?: true;
  readonly finish?: true;
  readonly list?: true;
  readonly json?: true;
  readonly plain?: true;
  readonly ascii?: true;
}

/** `walkback postmortem`: asks what only people can tell, one by one; or takes it by flags, from a file, from an editor. */
export async function postmortem(
  around: Surroundings,
  given: string | undefined,
  flags: PostmortemFlags,
): Promise<number> {
  refuseStray(flags);
  const desk = await openTellingDesk(around, given);
  const { write } = around;
  const writes = [flags.answer, flags.item, flags.from, flags.editor, flags.template].some(
    (way) => way !== undefined,
  );
  if (writes) for (const warning of desk.warnings) around.warn(`walkback: ${warning}\n`);
  if (flags.answer !== undefined) answerOne(around, desk, flags.answer, flags.text);
  else if (flags.item !== undefined) setItem(around, desk, flags.item, flags);
  else if (flags.from !== undefined) takeFile(around, desk, readFileSync(flags.from, 'utf8'));
  else if (flags.template === true) write(tellingFile(desk.read()));
  else if (flags.editor === true) {
    const edited = await desk.edit(tellingFile(desk.read()));
    if (edited === null) around.warn('walkback: the editor gave nothing back; nothing was changed\n');
    else takeFile(around, desk, edited);
  } else if (flags.finish === true) return finish(around, desk);
  else if (flags.list === true || flags.json === true || !around.isTerminal) list(around, desk.read(), flags);
  else if (fullScreenFits(around, { plain: flags.plain === true })) await onScreen(around, desk, flags);
  else
    await tellPostmortem(desk, {
      say: (text) => write(`${inertLine(text)}\n`),
      ask: (question) => askLine(question),
    });
  return exitCode.done;
}

const ways = ['answer', 'item', 'from', 'template', 'editor', 'finish', 'list'] as const;
const partsOfAnItem = ['kind', 'owner', 'due', 'proof', 'lasting', 'finding'] as const;

/** One thing at a time, and nothing that would be passed over in silence. */
function refuseStray(flags: PostmortemFlags): void {
  const [one, other] = ways.filter((way) => flags[way] !== undefined);
  if (one !== undefined && other !== undefined)
    throw new OperatorError(`--${one} and --${other} do not go together.`, ['Call it once for each.']);
  const stray = partsOfAnItem.find((part) => flags[part] !== undefined && flags.item === undefined);
  if (stray !== undefined)
    throw new OperatorError(`--${stray} is of an action item, and none is named.`, [
      'Name it: --item AI-12, or --item new.',
    ]);
  if (flags.text !== undefined && flags.answer === undefined && flags.item === undefined)
    throw new OperatorError('--text is of an answer or an action item, and none is named.', [
      'Name it: --answer summary.felt, or --item new.',
    ]);
}

function answerOne(around: Surroundings, desk: TellingDesk, id: string, text: string | undefined): void {
  const { questions } = desk.read();
  if (!questions.some((question) => question.id === id))
    throw new OperatorError(`The post-mortem has no question ${id}.`, [
      'List them: walkback postmortem --list',
    ]);
  if (text === undefined)
    throw new OperatorError('An answer needs its text.', [
      'Give it: --text "…"; an empty one takes it back.',
    ]);
  desk.answer(id, text);
  tellFlagged(around, desk.read(), id);
}

function setItem(around: Surroundings, desk: TellingDesk, given: string, flags: PostmortemFlags): void {
  const { items, drafts } = desk.read();
  const known = items.find(({ id }) => id === given) ?? null;
  if (known === null && given !== 'new')
    throw new OperatorError(`There is no action item ${given}.`, ['Make one: --item new']);
  if (flags.due !== undefined && !isDueDay(flags.due))
    throw new OperatorError(`${flags.due} is not a day.`, ['Write it as --due 2026-12-31']);
  const finding = flags.finding === undefined ? null : drafts[Number(flags.finding) - 1];
  if (finding === undefined)
    throw new OperatorError(`There is no draft ${flags.finding ?? ''}.`, [
      'Drafts are numbered: walkback postmortem --list',
    ]);
  const text = flags.text ?? known?.text ?? '';
  if (text.trim() === '')
    throw new OperatorError('An action item needs what is to change.', ['Give it: --text "…"']);
  const id = desk.setItem({
    id: known?.id ?? null,
    kind: flags.kind ?? known?.kind ?? finding?.kind ?? 'process',
    text: text.trim(),
    owner: flags.owner ?? known?.owner ?? null,
    due: flags.due ?? known?.due ?? null,
    proof: flags.proof ?? known?.proof ?? null,
    lasting: flags.lasting ?? known?.lasting ?? false,
    finding: finding?.text ?? known?.finding ?? null,
  });
  around.write(`${id}\n`);
  tellFlagged(around, desk.read(), id);
}

function takeFile(around: Surroundings, desk: TellingDesk, text: string): void {
  const { changed, unknown } = readTellingFile(text, desk.read());
  if (unknown.length > 0)
    throw new OperatorError(
      `The text answers questions that nobody asked: ${unknown.map(inertLine).join(', ')}.`,
      ['Start from: walkback postmortem --template'],
    );
  for (const { id, text: answer } of changed) desk.answer(id, answer);
  const telling = desk.read();
  around.write(`${String(changed.length)} answers changed\n`);
  for (const { id } of changed) tellFlagged(around, telling, id);
}

/** Recorded all the same: words are for people to weigh. */
function tellFlagged(around: Surroundings, { flagged }: Telling, part: string): void {
  for (const one of flagged) if (one.part === part) around.warn(`walkback: ${inertLine(flaggedText(one))}\n`);
}

function finish(around: Surroundings, desk: TellingDesk): number {
  const why = desk.finish();
  if (why !== null)
    throw new OperatorError(why, ['Answer what is missing: walkback postmortem'], {
      exitCode: exitCode.refused,
    });
  around.write('finished\n');
  return exitCode.done;
}

function list(around: Surroundings, telling: Telling, flags: PostmortemFlags): void {
  const { session, title, due, owed, finished, questions, items, drafts, flagged, missing } = telling;
  if (flags.json === true) {
    around.write(
      `${inertJson({ schema: 'walkback.postmortem/1', session, title, due, owed, finished, questions, items, drafts, flagged, missing }, 2)}\n`,
    );
    return;
  }
  const lines = [
    `post-mortem of ${title} (${session})${owed ? `, due ${due ?? 'some day'}` : ''}${finished ? ', finished' : ''}`,
    ...questions.map(({ id, ask, answer }) => `${answer === null ? '[ ]' : '[x]'} ${id}  ${answer ?? ask}`),
    ...items.map(
      ({ id, kind, text, owner, due: day, closed }) =>
        `${closed === null ? '[ ]' : '[x]'} ${id}  ${kind}: ${text} (${owner ?? 'no owner'}, ${day ?? 'no date'}${closed === null ? '' : `, ${closed.how}`})`,
    ),
    ...drafts.map(({ kind, text }, index) => `draft ${String(index + 1)}  ${kind}: ${text}`),
    ...flagged.map((one) => `look again  ${flaggedText(one)}`),
    ...missing.map((one) => `missing  ${one}`),
  ];
  around.write(lines.map((line) => `${inertLine(line)}\n`).join(''));
}

async function onScreen(around: Surroundings, desk: TellingDesk, flags: PostmortemFlags): Promise<void> {
  settleForInk(around);
  const { runTellingScreen } = await import('../../ui/run-telling.tsx');
  await runTellingScreen({
    desk,
    stdin: process.stdin,
    stdout: process.stdout,
    options: {
      ascii: flags.ascii === true,
      noColor: (around.env['NO_COLOR'] ?? '') !== '',
    },
  });
  list(around, desk.read(), {});
}
