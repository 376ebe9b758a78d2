import type { ActionClass, CalendarRule } from '../model/criteria.ts';
import type { Runbook } from '../model.ts';
import { actionClasses } from '../model/criteria.ts';
import { type Node, child } from '../node.ts';
import { readIcs } from '../read-ics.ts';
import { knowsZone, nextStart, slotsOf } from '../recurrence.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, has, msOf, say } from './context.ts';

/** How a calendar file is read; its bytes become part of what the runbook's hash covers. */
export type ReadFile = (path: string, at: Node['at']) => string | null;

type CalendarDoc = NonNullable<RunbookDoc['calendar']>[number];

/** The calendar, each recurrence read once: what cannot be read, never comes or names no zone is refused here. */
export function calendarOf(
  context: Context,
  doc: RunbookDoc['calendar'],
  node: Node,
  read: ReadFile,
): NonNullable<Runbook['calendar']> {
  return (doc ?? []).flatMap((one, index): readonly CalendarRule[] => {
    const at = child(node, index);
    const tz = one.tz ?? 'UTC';
    if (!knowsZone(tz)) {
      say(context, 'WB631', child(at, 'tz').at, `There is no time zone \`${tz}\`.`);
      return [];
    }
    const recurrence = recurrenceOf(context, one, at, tz, read);
    if (recurrence === null) return [];
    const rule: CalendarRule = {
      id: one.id,
      recurrence,
      tz,
      effect: one.effect,
      classes: one.classes ?? allClasses,
      at: at.at,
    };
    return comes(context, rule, placeOf(at)) ? [rule] : [];
  });
}

const allClasses: readonly ActionClass[] = actionClasses;

const placeOf = (at: Node): Node =>
  child(at, (['cron', 'rrule', 'ics'] as const).find((key) => has(at, key)) ?? 'cron');

function recurrenceOf(
  context: Context,
  doc: CalendarDoc,
  at: Node,
  tz: string,
  read: ReadFile,
): CalendarRule['recurrence'] | null {
  if (doc.ics !== undefined) return fileOf(context, doc.ics, child(at, 'ics'), tz, read);
  const forMs = has(at, 'for') ? msOf(context, child(at, 'for')) : 0;
  if (doc.cron !== undefined) return { kind: 'cron', pattern: doc.cron, forMs };
  const rule = doc.rrule ?? '';
  if (/^DTSTART/m.test(rule)) return { kind: 'rrule', text: rule, forMs };
  const start = (doc.start ?? '').replaceAll(/[-:]/g, '');
  const from = start.length === 13 ? `${start}00` : start;
  return {
    kind: 'rrule',
    text: `DTSTART;TZID=${tz}:${from}\nRRULE:${rule.replace(/^RRULE:/, '')}`,
    forMs,
  };
}

function fileOf(
  context: Context,
  path: string,
  node: Node,
  tz: string,
  read: ReadFile,
): CalendarRule['recurrence'] | null {
  const text = read(path, node.at);
  if (text === null) return null;
  const found = readIcs(text, tz);
  if (!found.ok) {
    say(context, 'WB632', node.at, `\`${path}\` is not a calendar: ${found.detail}.`);
    return null;
  }
  const strange = found.events.find((event) => !knowsZone(event.tz));
  if (strange !== undefined) {
    say(context, 'WB631', node.at, `\`${path}\` names the time zone \`${strange.tz}\`, which there is not.`);
    return null;
  }
  return { kind: 'ics', file: path, events: found.events };
}

/** Whether it comes at all, ever. */
function comes(context: Context, rule: CalendarRule, place: Node): boolean {
  try {
    const empty = slotsOf(rule).every(({ lengthMs }) => lengthMs <= 0);
    if (!empty && nextStart(rule, 0) !== null) return true;
    const why = empty && slotsOf(rule).length > 0 ? 'lasts no time' : 'never comes';
    say(context, 'WB632', place.at, `\`${rule.id}\` ${why}.`);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    say(
      context,
      'WB632',
      place.at,
      `The recurrence of \`${rule.id}\` cannot be read: ${detail.slice(0, 120)}.`,
    );
  }
  return false;
}
