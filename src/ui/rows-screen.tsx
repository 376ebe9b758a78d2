import { Text, useCursor, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { splitKeys } from './keys/split-keys.ts';
import { tooSmall, type RowsFrame } from './kit/frame.ts';
import { Pane } from './kit/pane.tsx';
import type { ScreenSnapshot, TerminalScreen } from './kit/screen-store.ts';
import type { Look } from './look.ts';
import { stopProcess } from './stop-process.ts';
import { useSuspend } from './use-suspend.ts';

/** A screen that is one list of rows: keys and pasted text into its store, rows out of it. */
export function RowsScreen<Snapshot extends ScreenSnapshot>({
  store,
  frameOf,
  look,
}: {
  readonly store: TerminalScreen<Snapshot>;
  readonly frameOf: (snapshot: Snapshot) => RowsFrame;
  readonly look: Look;
}) {
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot);
  const { setCursorPosition } = useCursor();
  const suspend = useSuspend();
  useEffect(() => store.attachTerminal(suspend, stopProcess), [store, suspend]);
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  const small = tooSmall(snapshot.seen);
  if (small !== null) {
    setCursorPosition(undefined);
    return (
      <Text key={snapshot.generation} wrap="truncate">
        {small}
      </Text>
    );
  }
  const frame = frameOf(snapshot);
  setCursorPosition(frame.cursor ?? undefined);
  return <Pane key={snapshot.generation} rows={frame.rows} theme={look.theme} />;
}
