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
