import { describe, expect, test } from 'vitest';
import { signsOf } from '../../src/report/drawn.ts';
import { sideBySideText, timelineText } from '../../src/report/history.ts';
import { sideBySide } from '../../src/report/side-by-side.ts';
import { timelineKinds } from '../../src/report/timeline-kinds.ts';
import { filteredTimeline, timelineOf } from '../../src/report/timeline.ts';
import { at, eventsFrom, rollback, shown, started, type Told } from './events.ts';

const step = (id: string, from: number, to: number, result: 'pass' | 'fail' = 'pass'): readonly Told[] => [
  [
    from,
    {
      type: 'step.readied',
      place: { step: id, item: '' },
      attempt: `${id}#1`,
      shown: shown(`Do ${id}`, null),
      debt: null,
    },
  ],
  [
    to,
    {
      type: 'check.judged',
      place: { step: id, item: '' },
      attempt: `${id}#1`,
      result,
      timedOut: false,
      readings: [],
      durationMs: 10,
    },
  ],
];
const recordOf = (id: string, told: readonly Told[], changes = {}) => ({
  session: { id, outcome: 'rolled_back' },
  events: eventsFrom([[0, { ...started, ...changes }], ...told]),
});
const left = recordOf('left', [...step('drain', 1, 11), ...step('swap', 20, 50), ...step('thaw', 60, 61)]);
const right = recordOf('right', [
  ...step('drain', 1, 11),
  ...step('wait', 12, 15),
  ...step('swap', 20, 80, 'fail'),
]);

describe('two sessions side by side', () => {
  test('stand step by step in the order of the left one, what only the right one did after what it followed', () => {
    const { steps, sameRunbook } = sideBySide(left, right);
    expect(sameRunbook).toBe(true);
    expect(
      steps.map(({ place, left: one, right: other, differs }) => [place, one?.ms, other?.ms, differs]),
    ).toEqual([
      ['drain', 10_000, 10_000, false],
      ['wait', undefined, 3000, true],
      ['swap', 30_000, 60_000, true],
      ['thaw', 1000, undefined, true],
    ]);
  });

  test('are drawn to one scale, with what they differ by, and how each ended', () => {
    const text = sideBySideText(sideBySide(left, right), 120, signsOf(true));
    expect(text).toMatch(
      /\* +swap +30 s +#{6} +60 s|\* +swap +30 s +#{6} +1 min 0 s +#{12} +\+30 s +pass \| fail/,
    );
    expect(text).toMatch(/\* +thaw +1\.0 s +# +- +only left: pass/);
    expect(text).toContain('4 steps, 3 of them differ');
  });

  test('of different runbooks say so', () => {
    const other = recordOf('other', [], {
      runbook: { id: 'x', title: 'x', service: 'x', hash: 'sha256:00', file: 'x', objectiveMs: 1 },
    });
    expect(sideBySideText(sideBySide(left, other), 120, signsOf(true))).toContain('the runbooks differ');
  });
});

describe('a timeline', () => {
  const lines = timelineOf(rollback);

  test('has a line for each event, with the time since the first', () => {
    expect(lines).toHaveLength(rollback.length);
    expect(lines[0]).toMatchObject({ seq: 1, afterMs: 0, at: at(0), kind: 'session' });
    expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(timelineKinds));
  });

  test('is filtered by what it is about and by words, in any case', () => {
    const debts = filteredTimeline(lines, { kind: 'debts', search: 'FREEZE' });
    expect(debts.length).toBeGreaterThan(1);
    expect(debts.every(({ kind, what }) => kind === 'debts' && what.includes('freeze'))).toBe(true);
    expect(filteredTimeline(lines, { kind: null, search: '  ' })).toEqual(lines);
    expect(timelineText([], 80)).toBe('No such events.\n');
  });
});
