import type { RecordedFact } from '../session/ports.ts';
import { bullets, table } from './markdown.ts';
import { eventsOf } from './story.ts';
import { clockText } from './time.ts';

/** Rows before and after each step that may have changed them, and who agreed to what was lost; empty without counts. */
export function dataTables(events: readonly RecordedFact[]): readonly string[] {
  const measured = eventsOf(events, 'data.measured').filter(({ fact }) => fact.tables.length > 0);
  const accepted = eventsOf(events, 'data.accepted');
  const most = new Map<string, number>();
  const rows = measured.flatMap(({ at, fact }) =>
    fact.tables.map(({ table: name, rows: now, detail, hash }) => {
      const known = most.get(name);
      const change = known === undefined || now === null ? '' : signed(now - known);
      if (now !== null && fact.moment !== 'start') most.set(name, Math.max(known ?? now, now));
      const when = `${fact.moment}${fact.step === '' ? '' : ` ${fact.step}`}`;
      return [
        clockText(at),
        when,
        name,
        now === null ? `not counted: ${detail}` : String(now),
        change,
        hash.slice(0, 12),
      ];
    }),
  );
  return [
    ...(rows.length === 0 ? [] : [table(['time', 'when', 'table', 'rows', 'change', 'query'], rows, '')]),
    ...(accepted.length === 0
      ? []
      : [
          '**Agreed to as it stood:**',
          bullets(
            accepted.map(
              ({ at, fact }) =>
                `${clockText(at)} ${fact.items.map(({ id, value }) => `${id} (${value})`).join(', ')} by ${fact.principal ?? fact.by}, ${fact.level}${fact.override ? ', BY OVERRIDE' : ''}: ${fact.reason}`,
            ),
          ),
        ]),
  ];
}

const signed = (change: number): string => (change > 0 ? `+${String(change)}` : String(change));
