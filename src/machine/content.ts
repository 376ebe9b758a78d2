import { createHash } from 'node:crypto';
import type { Step } from '../runbook/model/step.ts';
import type { GraphNode } from './graph.ts';

/**
 * The SHA-256 of what a node of the graph says and does, as canonical JSON. Left out is where it stands in the file,
 * and the steps inside it: they have nodes, and so hashes, of their own.
 */
export function contentHash(node: GraphNode): string {
  const content =
    node.step === null ? { node: node.id } : { node: node.kind, step: withoutInside(node.step) };
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function withoutInside(step: Step): unknown {
  return 'steps' in step ? { ...step, steps: null } : step;
}

/** Keys sorted, positions left out: the same text for the same content. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined && !isPosition(part))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join(',')}}`;
}

const isPosition = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'file' in value &&
  'line' in value &&
  typeof value.line === 'number' &&
  'column' in value;
