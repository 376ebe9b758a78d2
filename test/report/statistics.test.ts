import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { signsOf } from '../../src/report/drawn.ts';
import { statisticsCsv } from '../../src/report/export/statistics-csv.ts';
import { statisticsPrometheus } from '../../src/report/export/statistics-prometheus.ts';
import { statisticsRows } from '../../src/report/statistics-rows.ts';
import { statisticsText } from '../../src/report/statistics.ts';
import { statistics } from './example-statistics.ts';

const rows = statisticsRows(statistics);

test('the text gives each figure with its n and its interval, draws it, and keeps drills apart', () => {
  const text = statisticsText(statistics, signsOf(false));
  expect(text).toContain('1970-01-01 to 1970-01-31 (UTC); intervals are 95 %; drills are counted apart');
  expect(text).toContain('live sessions: 12\n');
  expect(text).toMatch(/decide +n 12 +p50 +35 s \(32 s to 39 s\) +█+\n/);
  expect(text).toMatch(/give back +n 0 +not known/);
  expect(text).toMatch(/change fail rate +n 2 +1 of 2: 50 % \(9\.5 % to 91 %\)/);
  expect(text).toMatch(/rework rate +n 2 +1 of 2: 50 %/);
  expect(text).toContain('6 sessions whose cause nobody told');
  expect(text).toContain('drills: 1\n');
  expect(text).toMatch(/begun in each day: █{12}▁+\n/);
  expect(text).not.toContain('\u001b');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

/** The lines below the first line that begins so, up to the next line that stands no deeper. */
function below(text: string, head: RegExp): readonly string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => head.test(line));
  const depth = lines[at]?.search(/\S/) ?? 0;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() === '' || line.search(/\S/) <= depth);
  return at === -1 ? [] : rest.slice(0, end);
}

test('R7.4: each group of each kind has its own p50, p80 and p95, with their n and their intervals', () => {
  const text = statisticsText(statistics, signsOf(false));
  // shop decided after 30, 32, 34, 36, 38 and 40 s: of six, the third, the fifth and the sixth
  const shop = below(text, /^ {2}shop: 6 sessions/);
  expect(shop.slice(3, 6)).toEqual([
    '    decide   n 6  p50  34 s (30 s to 40 s)',
    '                  p80  38 s (34 s or more)',
    '                  p95  40 s (36 s or more)',
  ]);
  // the other service after 31, 33, … 41 s
  expect(
    below(text, /^ {2}=mail": 6 sessions/)
      .slice(3, 6)
      .map((line) => line.trim()),
  ).toEqual([
    'decide   n 6  p50  35 s (31 s to 41 s)',
    'p80  39 s (35 s or more)',
    'p95  41 s (37 s or more)',
  ]);
  for (const kind of ['service', 'environment', 'runbook', 'cause'] as const) {
    const groups = statistics.by[kind];
    expect(groups.length).toBeGreaterThan(0);
    const lines = below(text, new RegExp(`^by ${kind}$`));
    const parts = lines.filter((line) => /^ {4}(detect|decide|restore) +n \d+ +p50 /.test(line)).length;
    expect([kind, parts]).toEqual([kind, groups.length * 3]);
    for (const name of ['p50', 'p80', 'p95'])
      expect([kind, lines.filter((line) => line.includes(` ${name} `)).length]).toEqual([kind, parts]);
    // what nobody gave back is not told of a group: there is nothing to count
    expect(lines.join('\n')).not.toContain('give back');
  }
});

test('with ASCII signs the text has no other character', () => {
  expect(statisticsText(statistics, signsOf(true))).toMatch(/^[\x20-\x7e\n]*$/);
});

test('nothing is ranked: groups stand in the order of their names', () => {
  expect(statistics.by.service.map(({ name }) => name)).toEqual(['=mail"\n\u001b[31m', 'shop']);
});

test('a CSV reader reads every figure back, and no cell is a formula', () => {
  const records: readonly Readonly<Record<string, string>>[] = parse(statisticsCsv(rows), { columns: true });
  expect(records).toHaveLength(rows.length);
  const decide = records.find(
    ({ by, figure, detail }) => by === 'all' && figure === 'decide' && detail === 'p50',
  );
  expect(decide).toMatchObject({
    mode: 'live',
    unit: 'seconds',
    n: '12',
    value: '35',
    low: '32',
    high: '39',
  });
  expect(records.some(({ name }) => name?.startsWith("'=mail"))).toBe(true);
});

test('Prometheus gets a family of gauges for each figure, with ends of the interval and n, one value a series', () => {
  const text = statisticsPrometheus(rows);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of series)
    expect(line).toMatch(/^walkback_stats_[a-z_]+\{([a-z]+="[^"\n]*(\\"[^"\n]*)*",?)+\} -?[\d.e+-]+$/);
  expect(new Set(series.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(series.length);
  expect(text).toContain('walkback_stats_decide_seconds{mode="live",by="all",name="",percentile="p50"} 35\n');
  expect(text).toContain(
    'walkback_stats_decide_seconds_low{mode="live",by="all",name="",percentile="p50"} 32\n',
  );
  expect(text).toContain('walkback_stats_change_fail_rate_ratio_n{mode="live",by="all",name=""} 2\n');
  const families = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
  expect(new Set(families).size).toBe(families.length);
});
