import type { Comms, Incident } from '../model/comms.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { literal } from '../template.ts';
import { type Context, has, known, templateOf } from './context.ts';
import { probeAt } from './measures.ts';

type IncidentDoc = RunbookDoc['incident'];

export function incidentOf(context: Context, doc: IncidentDoc, node: Node): Incident | null {
  if (doc === undefined) return null;
  const state = probeAt(context, doc.state, child(node, 'state'));
  if (state === null) return null;
  const text = (key: 'severity' | 'commander') =>
    has(node, key) ? templateOf(context, child(node, key)) : null;
  return {
    id: templateOf(context, child(node, 'id')),
    severity: text('severity'),
    commander: text('commander'),
    state,
    resolved: (doc.resolved ?? ['resolved', 'closed']).map((word) => word.toLowerCase()),
  };
}

/** What is written back to the incident's channel at deciding, executing and restored. */
const written = [
  ['started', 'deciding', 'deciding whether to roll back'],
  ['executing', 'executing', 'rolling back'],
  ['restored', 'restored', 'restored'],
] as const;

/** The messages that an incident is updated by; they go through the same outbox as all others. */
export function incidentUpdates(context: Context, doc: IncidentDoc, node: Node): readonly Comms[] {
  if (doc?.update === undefined) return [];
  const { update } = doc;
  const at = child(node, 'update');
  known(context, 'WB306', 'channel', update.to, context.channels, child(at, 'to').at);
  const id = templateOf(context, child(node, 'id'));
  return written.map(([kind, key, words]) => ({
    id: `incident_${key}`,
    at: kind,
    moment: { kind },
    to: update.to,
    audience: 'the incident',
    text: has(at, key)
      ? templateOf(context, child(at, key))
      : { parts: [...literal('incident ', at.at).parts, ...id.parts, `: ${words}`], at: at.at },
    ack: update.ack ?? false,
  }));
}
