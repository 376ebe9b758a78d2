import { expect, test } from 'vitest';
import type { CommandView } from '../../src/machine/view.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const command: CommandView = {
  commander: 'ada',
  offer: {
    by: 'ada',
    to: 'grace',
    at: '2026-03-01T10:00:00.000Z',
    briefing: ['next: Schema down (schema_down), ready', 'owed: nothing'],
  },
  before: [],
};

test('command is offered by a key, to a name', () => {
  const screen = openTestScreen({ view: viewAt({}, { phases: freshPhases }) });
  screen.calmly('H');
  screen.type('grace');
  screen.calmly('enter', 'y');
  expect(screen.client.sent).toEqual([{ type: 'hand_over', to: 'grace' }]);
});

test('command is taken after the briefing, by what is read back', () => {
  const screen = openTestScreen({ view: viewAt({}, { phases: freshPhases, command }) });
  expect(screen.text()).toContain('command ada, offered to grace');
  screen.calmly('H');
  expect(screen.text()).toContain('next: Schema down (schema_down), ready');
  screen.calmly('2');
  screen.calmly('enter');
  screen.type('schema_down');
  screen.calmly('enter');
  screen.type('2');
  screen.calmly('enter');
  screen.type('grace');
  screen.calmly('enter', 'y');
  expect(screen.client.sent).toEqual([
    { type: 'take_command', step: 'schema_down', owed: '2', name: 'grace' },
  ]);
});

test('the incident stands in the header, and says so where it could not be read', () => {
  const incident = {
    id: 'INC-7',
    state: 'investigating',
    severity: 'SEV1',
    commander: 'eva',
    result: 'unknown' as const,
    detail: 'timeout',
    at: '2026-03-01T10:00:00.000Z',
  };
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases, incident }),
    columns: 80,
    rows: 24,
  });
  expect(screen.text()).toContain('INC-7 SEV1 investigating ?');
  expect(screen.text()).toContain('owed');
});
