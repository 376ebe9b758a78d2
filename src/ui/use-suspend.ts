import { useApp, useStdout } from 'ink';
import { useCallback } from 'react';
import type { Suspend } from './kit/screen-store.ts';

/**
 * Lends the terminal to something else. The alternate screen opens where the cursor was: from any column but the first,
 * a row as wide as the screen would wrap and push the frame out of its place.
 */
export function useSuspend(): Suspend {
  const { suspendTerminal } = useApp();
  const { stdout } = useStdout();
  return useCallback(
    (meanwhile) =>
      suspendTerminal(async () => {
        await meanwhile();
        stdout.write('\r');
      }),
    [suspendTerminal, stdout],
  );
}
