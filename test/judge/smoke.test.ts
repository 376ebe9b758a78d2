import { expect, test } from 'vitest';
import { judgeRuns } from '../../src/judge/smoke.ts';

const signs = { p: 'pass', f: 'fail', u: 'unknown' } as const;
const runs = (text: string) => [...text].map((sign) => signs[sign as keyof typeof signs]);

test.each([
  ['', 'unknown', null, false],
  ['pp', 'unknown', null, false],
  ['ppp', 'pass', null, true],
  ['pfp', 'fail', 'unstable', true],
  ['pppf', 'fail', 'unstable', true],
  ['fpp', 'fail', 'unstable', true],
  ['fff', 'fail', null, true],
  ['puf', 'fail', 'unstable', true],
  ['pup', 'unknown', null, false],
  ['uppp', 'pass', null, true],
  ['uuu', 'unknown', null, false],
] as const)('runs of %s come to %s (%s), settled %s', (text, result, code, settled) => {
  expect(judgeRuns(runs(text), 3, false)).toEqual({ result, code, settled });
});

test.each([
  ['ff', 'fail', null, false],
  ['ffpp', 'unknown', null, false],
  ['fuppp', 'pass', null, true],
  ['fpf', 'fail', 'unstable', true],
] as const)(
  'of what may still be starting, runs of %s come to %s (%s), settled %s',
  (text, result, code, settled) => {
    expect(judgeRuns(runs(text), 3, true)).toEqual({ result, code, settled });
  },
);
