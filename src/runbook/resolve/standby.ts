import type { Standby } from '../model/criteria.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, msOf } from './context.ts';
import { probeAt } from './measures.ts';

/** The release that stays up to take the traffic back; null where none is kept, or its probe is not there (WB303). */
export function standbyOf(context: Context, doc: RunbookDoc['standby'], node: Node): Standby | null {
  if (doc === undefined) return null;
  const ready = probeAt(context, doc.ready, child(node, 'ready'));
  return ready === null ? null : { ready, keepForMs: msOf(context, child(node, 'keep_for')), at: node.at };
}
