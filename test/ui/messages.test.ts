import { expect, test } from 'vitest';
import type { MessageView, ObligationView } from '../../src/machine/view.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const untold: MessageView = {
  key: 'comms_1/way#1',
  at: 'decided',
  to: 'chat',
  audience: 'support',
  text: 'Rolling shop back to 1.9.3',
  ack: false,
  dueAt: '2026-03-01T10:00:00.000Z',
  state: 'failed',
  detail: 'HTTP 503',
  acknowledged: null,
  problem: null,
  debt: 'tell-1',
};
const debt: ObligationView = {
  key: 'tell-1',
  id: 'tell',
  title: 'Tell support (decided): the message did not arrive',
  ttlMs: null,
  release: [],
  openedAt: '2026-03-01T10:01:00.000Z',
  by: 'walkback',
  state: 'open',
  overdue: false,
  owner: null,
  due: null,
};

test('a message that did not arrive is shown word for word, copied by a key and told in a few words', () => {
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases, obligations: [debt], messages: [untold] }),
  });

  screen.calmly('b');
  expect(screen.text()).toContain('tell them, then say so');
  screen.calmly('r');
  expect(screen.text()).not.toContain('Run this way back?');
  screen.calmly('enter');
  expect(screen.text()).toContain('HTTP 503');
  expect(screen.text()).toContain('Rolling shop back to 1.9.3');
  screen.calmly('2');
  screen.calmly('enter');
  screen.type('called Lin');
  screen.calmly('enter', 'y');
  expect(screen.client.sent).toEqual([{ type: 'told', key: 'tell-1', how: 'called Lin' }]);
});

test('a message that did not arrive is sent again by one row of its card', () => {
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases, obligations: [debt], messages: [untold] }),
  });

  screen.calmly('b');
  screen.calmly('r');
  screen.calmly('enter');
  expect(screen.text()).toContain('send it again');
  screen.calmly('3');
  screen.calmly('enter');
  expect(screen.client.sent).toEqual([{ type: 'resend', key: 'tell-1' }]);
});
