import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInTerminal } from '../../actions/run-in-terminal.ts';
import type { OutputFeed } from '../../session/client.ts';
import type { Surroundings } from '../surroundings.ts';

/** Shows what is known of an output in the person's pager; the screen has let go of the terminal. */
export async function openPager(around: Surroundings, feed: OutputFeed): Promise<void> {
  const text = feed
    .lines(0, feed.count())
    .map((line) => line.text)
    .join('\n');
  await withFile(around, 'output.txt', `${text}\n`, async (file) => {
    await runInTerminal(around.env, around.env['PAGER'] ?? 'less -R', file);
  });
}

/** Lets the person edit a text; null where their editor failed or they emptied it. */
export async function openEditor(around: Surroundings, text: string): Promise<string | null> {
  return withFile(around, 'text.md', text, async (file) => {
    const editor = around.env['VISUAL'] ?? around.env['EDITOR'] ?? 'vi';
    const ended = await runInTerminal(around.env, editor, file);
    const edited = readFileSync(file, 'utf8');
    return ended && edited.trim() !== '' ? edited : null;
  });
}

async function withFile<Result>(
  around: Surroundings,
  name: string,
  text: string,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(around.temporaryFolder, 'walkback-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
