import type { ChainRow } from '../ledger/chain.ts';
import { inertJson } from './inert.ts';

/** Names the shape of one line; a line that says another name is of another program or version. */
export const eventSchemaId = 'walkback.event/1';

/**
 * One event a line: the ledger's row as it is, so that the chain can be verified from the file alone. A row without
 * its openings (redacted) stays verifiable. Nothing in a line can act on a terminal or a browser.
 */
export function* exportJsonl(rows: Iterable<ChainRow>): Generator<string> {
  for (const { body, ...row } of rows) {
    const open: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    yield `${inertJson({ schema: eventSchemaId, ...row, body: open })}\n`;
  }
}
