import { Text, useCursor, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { splitKeys } from '../keys/split-keys.ts';
import { Pane } from '../kit/pane.tsx';
import type { Look } from '../look.ts';
import { useSuspend } from '../use-suspend.ts';
import type { HomeStore } from './home-store.ts';
import { homeFrame, homeTooSmall } from './home-rows.ts';

export function HomeScreen({ store, look }: { readonly store: HomeStore; readonly look: Look }) {
  const { state, seen, data, generation } = useSyncExternalStore(store.subscribe, store.snapshot);
  const { setCursorPosition } = useCursor();
  const suspend = useSuspend();
  useEffect(() => store.attachTerminal(suspend), [store, suspend]);
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  const tooSmall = homeTooSmall(seen);
  const frame = homeFrame(data, state, seen, look);
  setCursorPosition(tooSmall === null ? (frame.cursor ?? undefined) : undefined);
  return tooSmall === null ? (
    <Pane key={generation} rows={frame.rows} theme={look.theme} />
  ) : (
    <Text key={generation} wrap="truncate">
      {tooSmall}
    </Text>
  );
}
