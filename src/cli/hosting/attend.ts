import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { ringAlarm } from '../../actions/ring-alarm.ts';
import type { SessionClient } from '../../session/client.ts';
import { exitCodeOf } from '../../plain/exit-code.ts';
import { askLine } from '../starting/ask.ts';
import { exportFileHere } from '../records/export-file.ts';
import { draftFile } from '../starting/session-folder.ts';
import { openEditor, openPager } from './programs-of-the-person.ts';
import type { Surroundings } from '../surroundings.ts';
import { settleForInk } from '../surroundings.ts';
import { fullScreenFits } from './full-screen-fits.ts';

export interface FrontOptions {
  /** The linear front end even where a full screen would do. */
  readonly plain: boolean;
  readonly ascii: boolean;
  /** Somebody's first session: the keys are shown once. */
  readonly firstTime: boolean;
  /** Set where something else answers. */
  readonly driven: boolean;
}

/** Attends a session until it is over or left, on whatever front end fits here. Answers the exit code. */
export async function attend(
  around: Surroundings,
  client: SessionClient,
  options: FrontOptions,
): Promise<number> {
  return fullScreenFits(around, options)
    ? onScreen(around, client, options)
    : onPaper(around, client, options);
}

/** Begins to load what the full screen needs, where it will be shown; meanwhile the session's agent starts. */
export function loadScreenAhead(around: Surroundings, options: Pick<FrontOptions, 'plain'>): void {
  if (!fullScreenFits(around, options)) return;
  settleForInk(around);
  // `onScreen` imports it again, and tells what may be wrong with it
  import('../../ui/run-screen.tsx').catch(() => undefined);
}

async function onScreen(around: Surroundings, client: SessionClient, options: FrontOptions): Promise<number> {
  settleForInk(around);
  const { runSessionScreen } = await import('../../ui/run-screen.tsx');
  const clock = systemClock();
  const alarm = around.env['WALKBACK_NOTIFY'] ?? '';
  const copyFolder = join(around.dataFolder, 'copies');
  mkdirSync(copyFolder, { recursive: true, mode: 0o700 });
  const { transcript } = await runSessionScreen({
    client,
    stdin: process.stdin,
    stdout: process.stdout,
    options: {
      ascii: options.ascii,
      noColor: around.env['NO_COLOR'] !== undefined && around.env['NO_COLOR'] !== '',
      user: around.user,
      firstTime: options.firstTime,
      copyFolder,
      draft: draftFile(around, client.view().session.id),
      writeExport: exportFileHere(around),
      openPager: (feed) => openPager(around, feed),
      openEditor: (text) => openEditor(around, text),
      ...(alarm === '' ? {} : { notify: (text) => void ringAlarm(around.env, alarm, text) }),
      now: () => clock.now(),
      every: (ms, call) => {
        const timer = setInterval(call, ms);
        return () => clearInterval(timer);
      },
    },
  });
  const code = exitCodeOf(client.view());
  client.detach();
  around.write(`${transcript.trimEnd()}\n`);
  return code;
}

async function onPaper(around: Surroundings, client: SessionClient, options: FrontOptions): Promise<number> {
  const { runPlain } = await import('../../plain/run-plain.ts');
  const clock = systemClock();
  const interactive = around.isTerminal && !options.driven;
  const closed = new AbortController();
  process.stdout.on('error', () => closed.abort());
  const end = await runPlain({
    client,
    write: (text) => around.write(text),
    interactive,
    driven: options.driven,
    now: () => clock.now(),
    user: around.user,
    closed: closed.signal,
    draft: draftFile(around, client.view().session.id),
    ...(interactive ? { ask: askLine } : {}),
  });
  client.detach();
  return end.exitCode;
}
