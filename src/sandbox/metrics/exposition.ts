import type { Labels } from './registry.ts';

export interface ExposedSample {
  /** With the name of the metric as `__name__`. */
  readonly labels: Labels;
  readonly value: number;
}

const line = /^(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?)\s+(\S+)(?:\s+-?\d+)?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads one target's metrics in the Prometheus text format, scrape after scrape: a series that was seen before costs no
 * parsing and has the same labels object again. Throws on a line that is neither a sample, a comment nor empty.
 * @param own labels that every series of the target carries
 */
export function expositionReader(own: Labels): (text: string) => readonly ExposedSample[] {
  const known = new Map<string, Labels>();
  return (text) => {
    const samples: ExposedSample[] = [];
    for (const raw of text.split('\n')) {
      const trimmed = raw.trim();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const match = line.exec(trimmed);
      if (!match) throw new Error(`cannot read the metrics line ${JSON.stringify(trimmed)}`);
      const [, series = '', name = '', labelText = '', value = ''] = match;
      let labels = known.get(series);
      if (!labels) known.set(series, (labels = { __name__: name, ...parseLabels(labelText), ...own }));
      samples.push({ labels, value: parseNumber(value) });
    }
    return samples;
  };
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
