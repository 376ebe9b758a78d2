const longest = 2 ** 31 - 1;

/**
 * Calls once after `ms` of running time; answers how to stop it. Longer waits than a timer can hold (24.8 days) are cut in
 * pieces: Node would fire such a timer at once. Time that the machine sleeps does not count.
 */
export function longTimer(ms: number, call: () => void): () => void {
  const piece = Math.min(ms, longest);
  let stop = (): void => clearTimeout(timer);
  const timer = setTimeout(() => {
    if (ms > longest) stop = longTimer(ms - longest, call);
    else call();
  }, piece);
  return () => stop();
}
