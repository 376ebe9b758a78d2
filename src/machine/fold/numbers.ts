import type { Context } from '../context.ts';
import type { TimedFact } from '../facts.ts';
import { investigatingAfter } from '../observation.ts';

type NumberFact = Extract<
  TimedFact,
  {
    readonly type:
      | 'trigger.changed'
      | 'trigger.blind'
      | 'advice.changed'
      | 'success.changed'
      | 'window.changed'
      | 'window.rang'
      | 'event.reported'
      | 'calendar.changed'
      | 'watch.breached'
      | 'watch.cleared';
  }
>;

/** What the numbers say: triggers and their advice, success, watches, and whether the way back is open. */
export function foldNumbers(context: Context, fact: NumberFact): Context {
  switch (fact.type) {
    case 'trigger.changed': {
      const { id, state, value, detail, samples, code } = fact;
      const why = code === null ? {} : { code };
      return {
        ...context,
        fired: state === 'FIRED' && !context.fired.includes(id) ? [...context.fired, id] : context.fired,
        triggers: {
          ...context.triggers,
          [id]: { id, state, value, detail, since: fact.at, samples, ...why },
        },
      };
    }
    case 'trigger.blind': {
      const trigger = context.triggers[fact.id];
      if (trigger === undefined) return context;
      return { ...context, triggers: { ...context.triggers, [fact.id]: { ...trigger, blind: true } } };
    }
    case 'advice.changed':
      return {
        ...context,
        advice: { advice: fact.advice, because: fact.because, since: fact.at },
        investigating: investigatingAfter(context, fact),
      };
    case 'success.changed': {
      const { id, result, code, detail } = fact;
      return { ...context, success: { ...context.success, [id]: { id, result, code, detail } } };
    }
    case 'window.changed': {
      const { state, until, reason, leftMs, event, at: asOf } = fact;
      const same = context.window?.state === state && context.window.until === until;
      const rung = same ? (context.window?.rung ?? null) : null;
      return { ...context, window: { state, until, reason, leftMs, event, asOf, rung } };
    }
    case 'window.rang':
      return context.window === null
        ? context
        : { ...context, window: { ...context.window, rung: fact.share, leftMs: fact.leftMs, asOf: fact.at } };
    case 'event.reported': {
      const { at: _at, ...event } = fact;
      return { ...context, events: [...context.events, event] };
    }
    case 'calendar.changed': {
      const { at: _at, type: _type, ...calendar } = fact;
      return { ...context, calendar };
    }
    case 'watch.breached':
    case 'watch.cleared': {
      const watch = { id: fact.id, breached: fact.type === 'watch.breached', reading: fact.reading };
      const held =
        fact.type === 'watch.breached' && fact.hold
          ? `watch ${fact.id}: ${fact.reading.detail}`
          : context.held;
      return { ...context, held, watches: { ...context.watches, [fact.id]: watch } };
    }
  }
}
