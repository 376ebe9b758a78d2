import { Text, useCursor, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { splitKeys } from '../keys/split-keys.ts';
import { Pane } from '../kit/pane.tsx';
import type { Look } from '../look.ts';
import { useSuspend } from '../use-suspend.ts';
import { historyFrame, historyTooSmall } from './history-rows.ts';
import type { HistoryStore } from './history-store.ts';

export function HistoryScreen({ store, look }: { readonly store: HistoryStore; readonly look: Look }) {
  const { state, seen, generation } = useSyncExternalStore(store.subscribe, store.snapshot);
  const { setCursorPosition } = useCursor();
  const suspend = useSuspend();
  useEffect(() => store.attachTerminal(suspend), [store, suspend]);
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  const tooSmall = historyTooSmall(seen);
  const frame = historyFrame(state, seen, look);
  setCursorPosition(tooSmall === null ? (frame.cursor ?? undefined) : undefined);
  return tooSmall === null ? (
    <Pane key={generation} rows={frame.rows} theme={look.theme} />
  ) : (
    <Text key={generation} wrap="truncate">
      {tooSmall}
    </Text>
  );
}
