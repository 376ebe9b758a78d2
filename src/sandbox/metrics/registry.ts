/** Counters, gauges and histograms of one process, written out in the Prometheus text format. */
export type Labels = Readonly<Record<string, string>>;

export interface Registry {
  add(name: string, labels: Labels, by?: number): void;
  set(name: string, labels: Labels, value: number): void;
  /** Adds one observation, in seconds, to a histogram. */
  observe(name: string, labels: Labels, seconds: number): void;
  exposition(): string;
}

/** Upper bounds of the latency buckets, in seconds; fine where the shop's answers really lie. */
export const latencyBounds = [
  0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5, 1, 2.5,
] as const;

export const formatBound = (bound: number): string => (bound === Infinity ? '+Inf' : String(bound));

type Kind = 'counter' | 'gauge' | 'histogram';

interface Histogram {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

interface Family {
  readonly kind: Kind;
  readonly values: Map<string, { readonly labels: Labels; value: number }>;
  readonly histograms: Map<string, Histogram>;
}

/** @param fixed labels that every series of this process carries. */
export function metricRegistry(fixed: Labels = {}): Registry {
  const families = new Map<string, Family>();

  function family(name: string, kind: Kind): Family {
    const known = families.get(name);
    if (known) return known;
    const made: Family = { kind, values: new Map(), histograms: new Map() };
    families.set(name, made);
    return made;
  }

  function cell(name: string, kind: Kind, labels: Labels): { value: number } {
    const { values } = family(name, kind);
    const key = labelText(labels);
    const known = values.get(key);
    if (known) return known;
    const made = { labels, value: 0 };
    values.set(key, made);
    return made;
  }

  return {
    add(name, labels, by = 1) {
      cell(name, 'counter', labels).value += by;
    },
    set(name, labels, value) {
      cell(name, 'gauge', labels).value = value;
    },
    observe(name, labels, seconds) {
      const { histograms } = family(name, 'histogram');
      const key = labelText(labels);
      let histogram = histograms.get(key);
      if (!histogram) {
        histogram = { labels, counts: latencyBounds.map(() => 0), sum: 0, count: 0 };
        histograms.set(key, histogram);
      }
      histogram.sum += seconds;
      histogram.count += 1;
      for (const [index, bound] of latencyBounds.entries()) {
        if (seconds <= bound) histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
      }
    },
    exposition() {
      const lines: string[] = [];
      for (const [name, { kind, values, histograms }] of families) {
        lines.push(`# TYPE ${name} ${kind}`);
        for (const { labels, value } of values.values()) {
          lines.push(`${name}${labelText({ ...labels, ...fixed })} ${formatNumber(value)}`);
        }
        for (const histogram of histograms.values()) lines.push(...histogramLines(name, histogram, fixed));
      }
      return `${lines.join('\n')}\n`;
    },
  };
}

function histogramLines(name: string, histogram: Histogram, fixed: Labels): string[] {
  const labels = { ...histogram.labels, ...fixed };
  const bucket = (bound: number, count: number): string =>
    `${name}_bucket${labelText({ ...labels, le: formatBound(bound) })} ${count}`;
  return [
    ...latencyBounds.map((bound, index) => bucket(bound, histogram.counts[index] ?? 0)),
    bucket(Infinity, histogram.count),
    `${name}_sum${labelText(labels)} ${histogram.sum}`,
    `${name}_count${labelText(labels)} ${histogram.count}`,
  ];
}

/** A number as Prometheus writes it. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escapeValue = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
