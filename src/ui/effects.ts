import type { OutputFeed, SessionClient } from '../session/client.ts';
import type { Answer } from '../session/intents.ts';
import { clipboardSequence } from './clipboard.ts';
import type { Suspend } from './kit/screen-store.ts';
import type { ScreenOptions } from './options.ts';
import { readSignature, writePieces, writePrivate } from './private-file.ts';
import { selectedStep, type Effect, type ScreenState } from './state/screen-state.ts';
import { textToCopy } from './text/argv.ts';

/** What effects need of the running screen. */
export interface Hands {
  readonly client: SessionClient;
  readonly options: ScreenOptions;
  readonly write: (bytes: string) => void;
  /** Lets go of the terminal while something else has it. */
  readonly suspend: Suspend;
  readonly feed: () => OutputFeed | null;
  readonly state: () => ScreenState;
}

const sliceLines = 2000;

/** The text of the lines that this terminal holds, in slices, and how many they were. */
function* linesOf(feed: OutputFeed, counted: { lines: number }): Generator<string> {
  for (let from = 0; from < feed.count(); from += sliceLines) {
    const lines = feed.lines(from, sliceLines);
    counted.lines += lines.length;
    // eslint-disable-next-line no-control-regex
    yield lines.map(({ text }) => `${text.replaceAll(/\u001b\[[0-9;]*m/g, '')}\n`).join('');
  }
}

async function copyOutput(feed: OutputFeed, { options, write }: Hands): Promise<string> {
  const held = { lines: 0 };
  const name = `output-${safeName(feed.attempt)}.txt`;
  const path = await writePieces(options.copyFolder, name, linesOf(feed, held));
  const part = held.lines < feed.count() ? `the ${held.lines} of ${feed.count()} lines held here, ` : '';
  const sequence =
    held.lines <= sliceLines ? clipboardSequence([...linesOf(feed, { lines: 0 })].join('')) : null;
  if (sequence === null) return `The output is too long for the clipboard; ${part}written to ${path}`;
  write(sequence);
  return `Output sent to the terminal's clipboard; ${part}written to ${path}`;
}

const safeName = (text: string): string => text.replaceAll(/[^\w.-]+/g, '_');

/** What is said of a copied text, and the file that it is written to as well. */
const copies = {
  message: { name: () => 'Message', file: 'message.txt' },
  patch: { name: () => 'Patch', file: 'drift.patch' },
  rebase: { name: (text: string) => text, file: 'rebase.txt' },
} as const;

/** Puts something into the terminal's clipboard and, since no terminal says whether it took it, into a file. */
export async function copy(effect: Extract<Effect, { kind: 'copy' }>, hands: Hands): Promise<string> {
  const { client, options, write } = hands;
  if ('text' in effect) {
    const { name, file } = copies[effect.what];
    const sequence = clipboardSequence(effect.text);
    if (sequence !== null) write(sequence);
    const text = effect.what === 'patch' ? effect.text : `${effect.text}\n`;
    const path = await writePrivate(options.copyFolder, file, text);
    return `${name(effect.text)} sent to the terminal's clipboard; written to ${path}`;
  }
  const { what } = effect;
  const view = client.view();
  const feed = hands.feed();
  if (what === 'output') return feed === null ? 'There is no output to copy.' : copyOutput(feed, hands);
  const step = selectedStep(view, hands.state().selected);
  const text = textToCopy(step?.shown ?? null);
  if (text === null) return 'This step starts no command.';
  const sequence = clipboardSequence(text);
  if (sequence !== null) write(sequence);
  const path = await writePrivate(
    options.copyFolder,
    `${what}-${safeName(step?.attempt ?? view.session.id)}.txt`,
    `${text}\n`,
  );
  return `${step?.shown?.argv == null ? 'Text' : 'Command'} sent to the terminal's clipboard; written to ${path}`;
}

/** Writes the session as a page into the folder where the person is; says where, and how to have it otherwise. */
export async function exportNow(session: string, { writeExport }: ScreenOptions): Promise<string> {
  const otherwise = `walkback export ${session}`;
  if (writeExport === undefined) return `To export it: ${otherwise}`;
  const done = await writeExport({ kind: 'session', session }, null);
  return 'file' in done
    ? `Written to ${done.file}; in another form: ${otherwise} --format md`
    : `${done.trouble} By hand: ${otherwise}`;
}

/** Sends an intent; a signature is read from the file that was named. What goes wrong on the way is an answer too. */
export async function send(
  effect: Extract<Effect, { kind: 'send' }>,
  client: SessionClient,
): Promise<Answer> {
  const { intent } = effect;
  try {
    if (intent.type !== 'sign') return await client.send(intent);
    return await client.send({ ...intent, signature: await readSignature(intent.signature) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      code: 'E_SCREEN',
      message,
      next: 'Nothing was recorded; try again, or use another terminal.',
    };
  }
}
