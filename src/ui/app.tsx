import { useApp, useInput, usePaste, useStdout } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { FrameView } from './frame-view.tsx';
import { splitKeys } from './keys/split-keys.ts';
import type { ScreenStore } from './store.ts';
import type { Theme } from './theme.ts';

/** The session screen: frames out of the store, keys and pasted text into it. */
export function SessionScreen({ store, theme }: { readonly store: ScreenStore; readonly theme: Theme }) {
  const frame = useSyncExternalStore(store.subscribe, store.frame);
  const { suspendTerminal } = useApp();
  const { stdout } = useStdout();
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  useEffect(
    () => store.useTerminal({ write: (bytes) => void stdout.write(bytes), suspend: suspendTerminal }),
    [store, stdout, suspendTerminal],
  );
  return <FrameView frame={frame} theme={theme} />;
}
