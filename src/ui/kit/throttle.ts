/** Calls `call` at once when it is asked to, and while it goes on being asked at most every `ms`. */
export function throttled(
  every: (ms: number, call: () => void) => () => void,
  ms: number,
  call: () => void,
): { readonly ask: () => void; readonly stop: () => void } {
  let stopTimer: (() => void) | null = null;
  let asked = false;
  const stop = (): void => {
    stopTimer?.();
    stopTimer = null;
  };
  return {
    ask() {
      if (stopTimer !== null) {
        asked = true;
        return;
      }
      call();
      stopTimer = every(ms, () => {
        if (!asked) return stop();
        asked = false;
        call();
      });
    },
    stop,
  };
}
