import type { SessionClient } from '../session/client.ts';
import { SessionScreen } from './app.tsx';
import { withFullScreen } from './full-screen.tsx';
import { lookOf } from './look.ts';
import type { ScreenOptions } from './options.ts';
import { openStore } from './store.ts';
import { transcriptOf, type Left } from './transcript.ts';

export type { ScreenOptions };

/**
 * Shows a session on the full screen until the person leaves it, it ends, or its host is lost. The answer's transcript
 * is plain text for the primary screen; printing it is the caller's part. Rejects where the screen itself failed, with
 * the terminal given back.
 */
export async function runSessionScreen({
  client,
  stdin,
  stdout,
  options,
}: {
  readonly client: SessionClient;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly options: ScreenOptions;
}): Promise<{ readonly left: Left; readonly transcript: string }> {
  const look = lookOf(options);
  const store = openStore(client, options, look, { columns: stdout.columns, rows: stdout.rows });
  try {
    const left = await withFullScreen(
      <SessionScreen store={store} theme={look.theme} />,
      { stdin, stdout },
      store.left,
      {
        resized: store.resize,
        woken: () => store.press(['ctrl+l']),
        broken: () => store.leave('detached'),
      },
    );
    if (left === 'detached' || left === 'stop') client.detach();
    return { left, transcript: transcriptOf(client.view(), left, options.now().ms, options.draft ?? null) };
  } finally {
    store.dispose();
  }
}
