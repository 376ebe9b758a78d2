import { useCursor, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { splitKeys } from '../keys/split-keys.ts';
import { Pane } from '../kit/pane.tsx';
import type { Look } from '../look.ts';
import { useSuspend } from '../use-suspend.ts';
import { tellingFrame } from './telling-rows.ts';
import type { TellingStore } from './telling-store.ts';

export function TellingScreen({ store, look }: { readonly store: TellingStore; readonly look: Look }) {
  const { state, telling, size, generation } = useSyncExternalStore(store.subscribe, store.snapshot);
  const { setCursorPosition } = useCursor();
  const suspend = useSuspend();
  useEffect(() => store.attachTerminal(suspend), [store, suspend]);
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  const frame = tellingFrame(telling, state, size, look);
  setCursorPosition(frame.cursor ?? undefined);
  return <Pane key={generation} rows={frame.rows} theme={look.theme} />;
}
