import type { Labels } from './registry.ts';

/** One time series. `values[i]` is null where the series went stale: its target is gone or no longer exposes it. */
export interface Series {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: (number | null)[];
}

export interface SeriesStore {
  append(labels: Labels, atMs: number, value: number | null): void;
  /** Every series whose metric has this name; all of them for null. */
  named(name: string | null): Iterable<Series>;
  dump(): readonly Series[];
  load(series: readonly Series[]): void;
  size(): number;
}

/** Domain time kept: the longest window of the reference runbooks is 24 hours, and a little more. */
const retentionMs = 26 * 3_600_000;

/** Labels are never changed once made, and the same objects come with every scrape. */
const keys = new WeakMap<Labels, string>();

export function labelKey(labels: Labels): string {
  const known = keys.get(labels);
  if (known !== undefined) return known;
  const names = Object.keys(labels).toSorted();
  const key = names.map((name) => `${name}\u0001${labels[name] ?? ''}`).join('\u0002');
  keys.set(labels, key);
  return key;
}

/** Series in memory, found by metric name. */
export function seriesStore(): SeriesStore {
  const byName = new Map<string, Map<string, Series>>();

  function find(labels: Labels): Series {
    const name = labels['__name__'] ?? '';
    let family = byName.get(name);
    if (!family) byName.set(name, (family = new Map()));
    const key = labelKey(labels);
    let series = family.get(key);
    if (!series) family.set(key, (series = { labels, times: [], values: [] }));
    return series;
  }

  function* all(): Iterable<Series> {
    for (const family of byName.values()) yield* family.values();
  }

  return {
    append(labels, atMs, value) {
      const series = find(labels);
      const last = series.times.at(-1);
      if (last !== undefined && atMs <= last) return; // a second sample of one moment, or one out of order: refused
      series.times.push(atMs);
      series.values.push(value);
      const first = series.times[0];
      // Trimmed in blocks: dropping one sample at a time would move the whole array at every scrape.
      if (first !== undefined && first < atMs - retentionMs - 600_000) {
        const keep = series.times.findIndex((time) => time >= atMs - retentionMs);
        series.times.splice(0, keep);
        series.values.splice(0, keep);
      }
    },
    named: (name) => (name === null ? all() : (byName.get(name)?.values() ?? [])),
    dump: () => [...all()],
    load(series) {
      byName.clear();
      for (const one of series) {
        const found = find(one.labels);
        found.times.push(...one.times);
        found.values.push(...one.values);
      }
    },
    size: () => [...byName.values()].reduce((sum, family) => sum + family.size, 0),
  };
}
