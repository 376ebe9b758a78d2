import { exitCode } from '../../errors.ts';
import { formatDuration } from '../../runbook/duration.ts';
import type { Standby, Window } from '../../runbook/model/criteria.ts';
import type { Fill, Measured, Measurer } from '../../session/ports.ts';
import { endingOf } from './ending.ts';
import { readOpening } from './release-time.ts';

/** The code of a standby that is owed to the window, and is not up. */
export const standbyGone = 'standby_gone';

export interface StandbyRead {
  readonly value: string | null;
  /** Null where it is ready, or not owed any more. */
  readonly code: string | null;
  readonly detail: string;
}

/**
 * Whether the standby is still up (R8.4). It is owed from the release until `keep_for` is over; where the time of the
 * release cannot be read it is owed as well, since nobody can say that it is not.
 */
export async function readStandby(
  { ready, keepForMs }: Standby,
  window: Window | null,
  { nowMs, ...ports }: { readonly measurer: Measurer; readonly fill: Fill; readonly nowMs: number },
): Promise<StandbyRead> {
  const within = (ms: number): AbortSignal => AbortSignal.timeout(ms + 1000);
  const opening =
    window === null
      ? null
      : await readOpening(window, { ...ports, signal: within(window.events?.timeoutMs ?? 0) });
  const kept = formatDuration(keepForMs);
  if (opening !== null && 'ms' in opening && nowMs > opening.ms + keepForMs)
    return { value: `"not owed any more: it was kept for ${kept}"`, code: null, detail: '' };
  const measured = await ports.measurer.measure(ready, ports.fill, within(ready.timeoutMs * ready.times));
  if (!measured.ok) return { value: null, code: measured.code, detail: measured.detail };
  const ending = endingOf(measured);
  if (ending === null) return { value: '"ready"', code: null, detail: '' };
  if (measured.exit === exitCode.unknown) return { value: null, ...ending };
  const said = saidOf(measured);
  return {
    value: null,
    code: standbyGone,
    detail: `It is owed for ${kept} from the release on, and is not up: ${ending.detail}${said === '' ? '' : ` ${said}`}`,
  };
}

const saidOf = ({ value }: Extract<Measured, { ok: true }>): string =>
  typeof value === 'string' ? value.trim() : '';
