import { expect, test } from 'vitest';
import type { ObligationView, SessionView } from '../../src/machine/view.ts';
import { nextSteps } from '../../src/report/next-steps.ts';
import { viewOf } from '../plain/stage.ts';

const duty: ObligationView = {
  key: 'post-mortem',
  id: 'post-mortem',
  title: 'Post-mortem of Roll the shop back on production',
  ttlMs: null,
  release: ['walkback', 'postmortem', 'k7'],
  openedAt: '2026-03-14T14:02:00.000Z',
  by: 'walkback',
  state: 'carried',
  overdue: false,
  owner: 'payments',
  due: '2026-03-19T14:02:00.000Z',
};
const steps = (over: Partial<SessionView>, draft: string | null = null) =>
  nextSteps(viewOf({ status: 'closed', outcome: 'rolled_back', ...over }), draft).map(
    ({ label, command, note }) => [label, command, note],
  );

test('R7.1: after the close the post-mortem comes first, with whose it is and the day after which it is overdue', () => {
  expect(steps({ obligations: [duty] }, '/data/k7/post-mortem.md')).toEqual([
    ['post-mortem', 'walkback postmortem k7', 'owed by payments, overdue after 2026-03-19'],
    ['its draft', '/data/k7/post-mortem.md', ''],
    ['export', 'walkback export k7 --format html', ''],
    ['what happened', 'walkback show k7', ''],
    ['proof', 'walkback verify k7', ''],
  ]);
});

test('one that is overdue says so, and one that is paid is not owed', () => {
  expect(steps({ obligations: [{ ...duty, overdue: true }] })[0]?.[2]).toBe(
    'owed by payments, OVERDUE since 2026-03-19',
  );
  expect(steps({ obligations: [{ ...duty, state: 'proved' }] })[0]?.[2]).toBe('asks what only people know');
});

test('a draft is named only where it has been written', () => {
  expect(steps({ status: 'ended' }, '/data/k7/post-mortem.md').map(([label]) => label)).not.toContain(
    'its draft',
  );
});
