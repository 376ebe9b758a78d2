import type { TellingDesk } from '../report/telling.ts';
import { withFullScreen } from './full-screen.tsx';
import { lookOf } from './look.ts';
import { TellingScreen } from './telling/telling-screen.tsx';
import { openTellingStore } from './telling/telling-store.ts';

/** Asks for the human part of a post-mortem, one question a page, until the person leaves. */
export async function runTellingScreen({
  desk,
  stdin,
  stdout,
  options,
}: {
  readonly desk: TellingDesk;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly options: { readonly ascii: boolean; readonly noColor: boolean };
}): Promise<void> {
  const store = openTellingStore(desk, { columns: stdout.columns, rows: stdout.rows });
  await withFullScreen(
    <TellingScreen store={store} look={lookOf(options)} />,
    { stdin, stdout },
    store.left,
    {
      resized: store.resize,
      woken: store.redraw,
      broken: store.leave,
    },
  );
}
