import { Text, useApp, useCursor, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { splitKeys } from '../keys/split-keys.ts';
import { Pane } from '../kit/pane.tsx';
import type { Look } from '../look.ts';
import type { HomeStore } from './home-store.ts';
import { homeFrame, homeTooSmall } from './home-rows.ts';

export function HomeScreen({ store, look }: { readonly store: HomeStore; readonly look: Look }) {
  const { state, seen, data } = useSyncExternalStore(store.subscribe, store.snapshot);
  const { setCursorPosition } = useCursor();
  const { suspendTerminal } = useApp();
  useEffect(() => store.useTerminal(suspendTerminal), [store, suspendTerminal]);
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  const tooSmall = homeTooSmall(seen);
  const frame = homeFrame(data, state, seen, look);
  setCursorPosition(tooSmall === null ? (frame.cursor ?? undefined) : undefined);
  return tooSmall === null ? (
    <Pane rows={frame.rows} theme={look.theme} />
  ) : (
    <Text wrap="truncate">{tooSmall}</Text>
  );
}
