import { useInput, usePaste, useStdout } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { FrameView } from './frame-view.tsx';
import { splitKeys } from './keys/split-keys.ts';
import type { ScreenStore } from './store.ts';
import type { Theme } from './theme.ts';
import { stopProcess } from './stop-process.ts';
import { useSuspend } from './use-suspend.ts';

/** The session screen: frames out of the store, keys and pasted text into it. */
export function SessionScreen({ store, theme }: { readonly store: ScreenStore; readonly theme: Theme }) {
  const frame = useSyncExternalStore(store.subscribe, store.frame);
  const suspend = useSuspend();
  const { stdout } = useStdout();
  useInput((input, key) => store.press(splitKeys(input, key)));
  usePaste(store.paste);
  useEffect(
    () => store.attachTerminal({ write: (bytes) => void stdout.write(bytes), suspend, stop: stopProcess }),
    [store, stdout, suspend],
  );
  return <FrameView frame={frame} theme={theme} />;
}
