import { expect, test } from 'vitest';
import { numbersOf } from '../../../src/session/criteria/trigger-reading.ts';
import { taken } from '../fake-world.ts';
import { probeOf } from '../../machine/runbook-builder.ts';

const span = { fromMs: 0, toMs: 60_000, stepMs: 5_000 };

async function read(printed: string) {
  const source = {
    now: () => span.toMs,
    series: () => Promise.resolve(null),
    measure: () => Promise.resolve(taken(printed)),
  };
  return (await numbersOf(source, probeOf('count_failures'), span, [[-1, 9]])).samples;
}

test('a command prints its number as text, and that is the sample of now', async () => {
  expect(await read('0.031\n')).toEqual([[60_000, 0.031]]);
});

test('a text that is not wholly a number is no sample', async () => {
  expect(await read('31 failures')).toEqual([[60_000, null]]);
  expect(await read('')).toEqual([[60_000, null]]);
});
