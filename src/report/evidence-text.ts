import type { SessionView } from '../machine/view.ts';

/** What is being taken beside the steps, and how long that may still go on; null where there is none. */
export function evidenceText({ evidence }: SessionView, leftMs: (until: string) => number): string | null {
  if (evidence === undefined) return null;
  const { items, until } = evidence;
  const done = items.filter(({ state }) => state !== 'running').length;
  const partial = items.filter(({ state }) => state === 'partial').map(({ id }) => id);
  const cut = partial.length === 0 ? '' : `, in part: ${partial.join(', ')}`;
  if (done === items.length) return `evidence: ${String(done)} of ${String(items.length)} taken${cut}`;
  const seconds = Math.max(0, Math.ceil(leftMs(until) / 1000));
  const running = items.flatMap(({ id, state }) => (state === 'running' ? [id] : []));
  return `evidence: ${String(done)} of ${String(items.length)} taken${cut}; ${running.join(', ')} for at most ${String(seconds)} s more, nothing waits for it`;
}

/** How long the numbers are still to be watched before the first change; null where nothing holds it up. */
export function observationText(
  { observation }: SessionView,
  leftMs: (until: string) => number,
): string | null {
  if (observation === undefined) return null;
  const left = Math.ceil(leftMs(observation.until) / 1000);
  if (left <= 0) return null;
  return `watch first: the numbers do not say roll back; a change may begin in ${String(left)} s`;
}
