import { z } from 'zod';
import { actionClasses } from '../model/criteria.ts';
import { probe } from './measures.ts';
import { duration, exactlyOne, name, names, rule, template, text } from './values.ts';

/** When a release may go back: the window that it opens, the standby that is kept for it, the calendar. */

export const window = z.strictObject({
  opens: text.meta({ description: 'The event that opens it, such as `release.finished`.' }),
  at: template.optional().meta({ description: 'When that was: an input or a probe.' }),
  events: z
    .union([name, probe])
    .optional()
    .meta({ description: 'Reports a list of `{ id, event, at }`, or the one time at which it was opened.' }),
  evaluate: duration,
  extended: duration,
  closes_on: names.optional(),
});

export const standby = z
  .strictObject({
    ready: z.union([name, probe]).meta({
      description:
        'Ends with 0 (or answers below 400) while the whole standby is up; 30 where that cannot be told.',
    }),
    keep_for: duration.meta({ description: 'From the release on: as long as the window, at least.' }),
  })
  .meta({
    id: 'standby',
    description:
      'The release that stays up to take the traffic back; `walkback check` looks whether it still does.',
  });

export const calendarRule = exactlyOne(
  z.strictObject({
    id: name,
    cron: text.optional(),
    rrule: text.optional(),
    ics: text.optional().meta({ description: 'A calendar file beside the runbook.' }),
    start: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, {
        error: 'is not a local time: write 2026-01-05T08:00',
      })
      .optional()
      .meta({ description: 'The first one, as a local time; with `rrule`.' }),
    tz: text.optional().meta({ description: 'An IANA time zone, such as Europe/Berlin.' }),
    for: duration.optional(),
    effect: z.enum(['avoid', 'forbid']),
    classes: z.array(z.enum(actionClasses)).min(1).optional(),
  }),
  ['cron', 'rrule', 'ics'],
  'A rule of the calendar',
)
  .refine(
    (value) => 'ics' in value || ('for' in value && 'tz' in value),
    rule('WB102', 'A rule with `cron` or `rrule` says `tz`, and `for` how long'),
  )
  .refine(
    (value) => !('rrule' in value) || 'start' in value || /^DTSTART/m.test(value.rrule ?? ''),
    rule('WB102', '`rrule` needs `start`: the first one, as a local time'),
  )
  .meta({ id: 'calendar_rule' });
