import { Temporal } from 'temporal-polyfill';
import type { ActionClass, CalendarRule } from '../runbook/model/criteria.ts';
import { nextStart, slotsOf } from '../runbook/recurrence.ts';

/** R8.2, whether an action is unwelcome at a moment, and until when. Times are epoch milliseconds. */

export interface Slot {
  readonly startMs: number;
  readonly endMs: number;
}

export interface CalendarState {
  readonly id: string;
  readonly effect: 'avoid' | 'forbid';
  readonly tz: string;
  /** Whether it holds for the class of action that was asked about. */
  readonly applies: boolean;
  /** The slot at that moment, or null. */
  readonly slot: Slot | null;
  /** The start of the next one; null where no event lies ahead. */
  readonly nextMs: number | null;
}

export interface CalendarVerdict {
  readonly state: 'quiet' | 'avoid' | 'forbid';
  readonly rules: readonly CalendarState[];
  /** The rule behind the state that lasts longest; null while quiet. */
  readonly because: CalendarState | null;
  /** The next moment at which nothing that applies is on; now while quiet, null where none was found. */
  readonly quietMs: number | null;
  /** When any rule begins or ends next, or null. */
  readonly changesMs: number | null;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Slots in a row that are looked through for a quiet moment. */
const mostSlots = 200;

/** The slot of a rule at a moment: the one that ends last, where several overlap. */
function slotAt(rule: CalendarRule, ms: number): Slot | null {
  let found: Slot | null = null;
  for (const { after, endOf, lengthMs } of slotsOf(rule)) {
    // a slot over the change of the clocks lasts up to an hour longer than it says
    let start = after(ms - lengthMs - 2 * hourMs);
    for (let count = 0; start !== null && start <= ms && count < mostSlots; count += 1) {
      const endMs = endOf(start);
      if (ms < endMs && (found === null || endMs > found.endMs)) found = { startMs: start, endMs };
      start = after(start);
    }
  }
  return found;
}

/** What the calendar says of a class of action at a moment. */
export function judgeCalendar(
  rules: readonly CalendarRule[],
  action: ActionClass,
  nowMs: number,
): CalendarVerdict {
  const states = rules.map((rule): CalendarState => ({
    id: rule.id,
    effect: rule.effect,
    tz: rule.tz,
    applies: rule.classes.includes(action),
    slot: slotAt(rule, nowMs),
    nextMs: nextStart(rule, nowMs),
  }));
  const on = states.filter(({ applies, slot }) => applies && slot !== null);
  const forbids = on.filter(({ effect }) => effect === 'forbid');
  const worst = forbids.length > 0 ? forbids : on;
  const because = worst.toSorted((a, b) => (b.slot?.endMs ?? 0) - (a.slot?.endMs ?? 0))[0] ?? null;
  const changes = states.flatMap(({ slot, nextMs }) => [slot?.endMs ?? [], nextMs ?? []].flat());
  const applying = rules.filter(({ classes }) => classes.includes(action));
  return {
    state: because?.effect ?? 'quiet',
    rules: states,
    because,
    quietMs: quietFrom(applying, nowMs),
    changesMs: changes.length === 0 ? null : Math.min(...changes),
  };
}

/** The first moment from then on at which none of the rules is on. */
function quietFrom(rules: readonly CalendarRule[], fromMs: number): number | null {
  let ms = fromMs;
  for (let count = 0; count < mostSlots; count += 1) {
    const ends = rules.flatMap((rule) => slotAt(rule, ms)?.endMs ?? []);
    if (ends.length === 0) return ms;
    ms = Math.max(...ends);
  }
  return null;
}

/** `14:00 Europe/Berlin`. */
const zonedText = (ms: number, tz: string, nearMs: number): string => `${localText(ms, tz, nearMs)} ${tz}`;

/** `14:00` in a zone; the date stands before it where it is not the day of `nearMs` there. */
function localText(ms: number, tz: string, nearMs: number): string {
  const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);
  const near = Temporal.Instant.fromEpochMilliseconds(nearMs).toZonedDateTimeISO(tz);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = at.toPlainDate().equals(near.toPlainDate()) ? '' : `${at.toPlainDate().toString()} `;
  return `${day}${two(at.hour)}:${two(at.minute)}`;
}

/** `peak until 14:00 Europe/Berlin, next quiet 14:00`, or until when it is quiet. */
export function calendarText({ because, quietMs, rules }: CalendarVerdict, nowMs: number): string {
  if (because === null || because.slot === null) {
    const soon = rules.filter(({ applies, nextMs }) => applies && nextMs !== null && nextMs - nowMs < dayMs);
    const [next] = soon.toSorted((a, b) => (a.nextMs ?? 0) - (b.nextMs ?? 0));
    if (next === undefined || next.nextMs === null) return 'quiet';
    return `quiet until ${zonedText(next.nextMs, next.tz, nowMs)} (${next.id})`;
  }
  const until = zonedText(because.slot.endMs, because.tz, nowMs);
  const quiet =
    quietMs === null ? 'no quiet time was found' : `next quiet ${localText(quietMs, because.tz, nowMs)}`;
  return `${because.id} until ${until}, ${quiet}`;
}
