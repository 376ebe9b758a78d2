import type { RecordedFact } from '../../session/ports.ts';
import type { Names } from '../actors.ts';
import { personOf } from '../actors.ts';
import { placeKey } from '../../machine/place-key.ts';
import { sayFact } from '../sentences.ts';
import { between } from '../time.ts';
import { csvLine, inertCell } from './csv-cells.ts';

const heads = ['seq', 'time', 'elapsed_s', 'actor', 'type', 'step', 'attempt', 'what', 'evidence', 'hash'];

/**
 * One event a row, as RFC 4180 wants it: CRLF line ends, a head, every field that needs it quoted. A text that a
 * spreadsheet would calculate gets an apostrophe before it, which spreadsheets take as "this is text".
 */
export function exportCsv(events: readonly RecordedFact[], name: Names): string {
  const first = events[0]?.at ?? '';
  const rows = events.map(({ seq, at, actor, fact, hash }) => {
    const { what, evidence } = sayFact(fact);
    return [
      String(seq),
      at,
      (between(first, at) / 1000).toFixed(3),
      name(personOf(fact) ?? actor),
      fact.type,
      'place' in fact ? placeKey(fact.place) : '',
      'attempt' in fact ? (fact.attempt ?? '') : '',
      what,
      evidence,
      hash,
    ].map((value, column) => (column < 3 ? value : inertCell(value)));
  });
  return [heads, ...rows].map(csvLine).join('');
}
