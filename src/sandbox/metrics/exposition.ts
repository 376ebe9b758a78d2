import type { Labels } from './registry.ts';

export interface ExposedSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the Prometheus text format; throws on a line that is neither a sample, a comment nor empty. */
export function parseExposition(text: string): readonly ExposedSample[] {
  const samples: ExposedSample[] = [];
  for (const raw of text.split('\n')) {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = line.exec(trimmed);
    if (!match) throw new Error(`cannot read the metrics line ${JSON.stringify(trimmed)}`);
    samples.push({
      name: match[1] ?? '',
      labels: parseLabels(match[2] ?? ''),
      value: parseNumber(match[3] ?? ''),
    });
  }
  return samples;
}

function parseLabels(text: string): Labels {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(label)) {
    if (name !== undefined && value !== undefined) labels[name] = unescapeValue(value);
  }
  return labels;
}

const unescapeValue = (value: string): string =>
  value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

function parseNumber(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}
