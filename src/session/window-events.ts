import type { FactOf } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Json } from '../runbook/model/values.ts';
import type { Window } from '../runbook/model/criteria.ts';

/** Numbers below this are seconds: as milliseconds they would lie in 1973. */
const secondsBelow = 100_000_000_000;

/** Epoch milliseconds of an ISO time with its zone, or of epoch seconds or milliseconds; null for anything else. */
export function instantOf(value: Json): number | null {
  if (typeof value === 'number') {
    return Number.isFinite(value) && value > 0
      ? Math.round(value < secondsBelow ? value * 1000 : value)
      : null;
  }
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return instantOf(Number(text));
  // without a zone a time means something else on every machine
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)) return null;
  const ms = epochMsOf(text);
  return Number.isNaN(ms) ? null : ms;
}

/** What a probe of events says: a list of `{ id, event, at }`, or the one time at which the window was opened. */
export function reportedEvents(
  window: Window,
  value: Json,
  source: string,
): readonly FactOf<'event.reported'>[] {
  const said = parsed(value);
  const one = instantOf(said);
  if (one !== null) return [factOf(window.opens, window.opens, one, source)];
  const list: readonly Json[] = Array.isArray(said) ? said : [said];
  const wanted = new Set([window.opens, ...window.closesOn]);
  const found = list.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [];
    const fields = entry as { readonly [key: string]: Json | undefined };
    const event = fields['event'] ?? fields['tag'];
    const atMs = instantOf(fields['at'] ?? null);
    if (typeof event !== 'string' || atMs === null || !wanted.has(event)) return [];
    const id = fields['id'];
    const name = typeof id === 'string' || typeof id === 'number' ? String(id) : `${event} ${isoOf(atMs)}`;
    return [factOf(event, name, atMs, source)];
  });
  // of several releases the newest is the one in question
  const opening = found.filter(({ event }) => event === window.opens);
  const newest = opening.toSorted((a, b) => epochMsOf(a.happenedAt) - epochMsOf(b.happenedAt)).at(-1);
  return found.filter((fact) => fact.event !== window.opens || fact === newest);
}

const factOf = (event: string, id: string, atMs: number, source: string): FactOf<'event.reported'> => ({
  type: 'event.reported',
  by: 'walkback',
  event,
  id,
  happenedAt: isoOf(atMs),
  source,
});

/** What a command printed may be JSON. */
function parsed(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
