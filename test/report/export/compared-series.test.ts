import { expect, test } from 'vitest';
import { comparedSeries } from '../../../src/report/export/html/compared-series.ts';
import { oneOfEachFact } from '../../machine/one-of-each-fact.ts';
import { row } from '../../session/memory-log.ts';

const made = oneOfEachFact()['comparison.made'];
const seriesOf = (fact: typeof made) => comparedSeries([row(1, fact, 'ada', '2026-03-01T10:00:00.000Z')]);

test('before, the failed release and after stand on one line with the limit, and what was not measured is a gap', () => {
  expect(seriesOf(made)).toEqual([
    {
      id: `latency in ${made.place.step}, before, in the failed release and after: WORSE`,
      unit: 'seconds',
      limit: 0.25,
      points: [
        [0, 0.2],
        [10_000, null],
        [20_000, null],
        [600_000, 0.9],
        [610_000, null],
        [700_000, 0.4],
        [710_000, null],
      ],
    },
  ]);
});

test('two series of the same time are two plots, and a comparison that goes on is none yet', () => {
  const beside = { ...made, metrics: made.metrics.map((one) => ({ ...one, against: 'control' })) };
  expect(seriesOf(beside).map(({ points }) => points.length)).toEqual([3, 2]);
  expect(seriesOf({ ...made, final: false })).toEqual([]);
});
