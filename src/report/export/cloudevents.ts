import type { RecordedFact } from '../../session/ports.ts';
import { inertJson } from '../inert.ts';
import { placeKey } from '../../machine/place-key.ts';

/**
 * The session's events as a batch in CloudEvents' JSON format (1.0). `sequence` and `sequencetype` are the extension
 * that the specification describes for an order that does not lean on clocks; `walkbackhash` is the link of the chain.
 */
export function exportCloudEvents(session: string, events: readonly RecordedFact[]): string {
  const batch = events.map(({ id, seq, at, actor, fact, hash }) => ({
    specversion: '1.0',
    id,
    source: `urn:walkback:session:${encodeURIComponent(session)}`,
    type: `walkback.${fact.type}`,
    ...('place' in fact ? { subject: placeKey(fact.place) } : {}),
    time: at,
    datacontenttype: 'application/json',
    sequence: String(seq).padStart(10, '0'),
    walkbackactor: actor,
    walkbackhash: hash,
    data: fact,
  }));
  return `${inertJson(batch, 1)}\n`;
}
