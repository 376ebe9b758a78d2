import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { statisticsPrometheus } from '../../src/report/export/statistics-prometheus.ts';
import { statisticsRows } from '../../src/report/statistics-rows.ts';
import { statistics } from '../report/example-statistics.ts';

test('promtool accepts the figures of walkback stats', () => {
  const ended = spawnSync('promtool', ['check', 'metrics'], {
    input: statisticsPrometheus(statisticsRows(statistics)),
    encoding: 'utf8',
  });
  expect([ended.status, ended.stderr]).toEqual([0, '']);
});
