import type { Measured } from '../../session/ports.ts';

/** What a command printed before it failed, or an error page, is no measurement: as a session judges it. */
export function endingOf({
  exit,
  status,
}: Extract<Measured, { ok: true }>): { readonly code: string; readonly detail: string } | null {
  if (exit !== null && exit !== 0) return { code: 'exit', detail: `The command exited ${exit}.` };
  if (status !== null && status >= 400) return { code: 'status', detail: `The answer was ${status}.` };
  return null;
}
