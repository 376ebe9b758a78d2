import { expect, test } from 'vitest';
import { openTestScreen } from './draw.ts';
import { decisionStep, freshPhases, liveOf, nowIso, openFakeClient, viewAt, viewOf } from './fake-client.ts';

const textWith = (gauge: { readonly value: number; readonly unit: string | null }): string => {
  const live = liveOf({
    gauges: [
      { ...gauge, id: 'figure', code: null, samples: [], threshold: 0.25, state: 'FIRED', pending: null },
    ],
  });
  const client = openFakeClient(viewAt({}, { phases: freshPhases }), live);
  return openTestScreen({ client, columns: 200, rows: 50 }).text();
};

/** What stands after a label in the row that has it. */
const lastWords = (lines: readonly string[], label: string): string =>
  lines
    .find((line) => line.includes(label))
    ?.split(label)[1]
    ?.trim() ?? '';

test.each([
  [0.08525000000000003, 'ratio', 'figure 8.53 %', 'threshold 25 %'],
  [0.0515, 'seconds', 'figure 51.5 ms', 'threshold 250 ms'],
  [41.000000001, null, 'figure 41 ', 'threshold 0.25'],
  [1234.5678, 'checkouts', 'figure 1235 checkouts', 'threshold 0.25 checkouts'],
] as const)('a gauge of %d %s reads %s', (value, unit, figure, threshold) => {
  const text = textWith({ value, unit });
  expect(text).toContain(figure);
  expect(text).toContain(threshold);
});

test.each([
  ['0.08525000000000003', 'ratio', '8.53 %'],
  ['0.0515', 'seconds', '51.5 ms'],
  ['"1.10"', null, '1.10'],
  ['"4/4 on 2.0.0"', null, '4/4 on 2.0.0'],
  ['true', null, 'true'],
] as const)('a fact of %s %s on a decision card reads %s', (value, unit, shown) => {
  const step = decisionStep();
  const fact = {
    subject: 'figure',
    result: 'pass',
    expected: '',
    code: null,
    detail: '',
    value,
    unit,
  } as const;
  const question =
    step.question === null || step.question === undefined ? null : { ...step.question, facts: [fact] };
  const screen = openTestScreen({ view: viewAt({ ...step, question }, { phases: freshPhases }) });
  screen.calmly('a');
  expect(lastWords(screen.lines(), 'figure ')).toBe(shown);
});

test.each([
  [{ name: 'node-2', url: 'http://127.0.0.1:1' }, 'node-2'],
  [{ id: 7, state: 'idle' }, '7'],
  [{ text: 'the third' }, 'the third'],
  ['plain', 'plain'],
  [{ host: 'db1' }, '{"host":"db1"}'],
  [3, '3'],
] as const)('the item %j of a loop is called %s', (item, shown) => {
  const screen = openTestScreen({ view: viewAt({ item }, { phases: freshPhases }) });
  expect(lastWords(screen.lines(), '  item ')).toBe(shown);
});

test('what is only read is shown with its value, and not as something unknown', () => {
  const probe = {
    subject: 'schema_version',
    value: '41',
    unit: null,
    expected: '',
    result: 'unknown',
    code: 'no_tolerance',
    detail: 'nothing says what good looks like',
  } as const;
  const text = openTestScreen({
    view: viewAt(
      { status: 'in_doubt', probe, offers: [{ intent: 'resolve_doubt' }] },
      { phases: freshPhases },
    ),
  }).text();
  expect(text).toMatch(/read\s+schema_version\s+41/);
  expect(text).not.toContain('no_tolerance');
});

test('a fact that is held against nothing is not called good', () => {
  const step = decisionStep();
  const fact = {
    subject: 'errors',
    value: '0.0889',
    unit: 'ratio',
    expected: '',
    result: 'pass',
    code: null,
    detail: '',
  } as const;
  const question =
    step.question === null || step.question === undefined ? null : { ...step.question, facts: [fact] };
  const screen = openTestScreen({ view: viewAt({ ...step, question }, { phases: freshPhases }) });
  screen.calmly('a');
  expect(screen.text()).toMatch(/· read\s+errors\s+8.89 %/);
});

test('a reason that only repeats the recommendation is left out', () => {
  const step = decisionStep();
  const question =
    step.question === null || step.question === undefined
      ? null
      : { ...step.question, because: "'rollback'" };
  const screen = openTestScreen({ view: viewAt({ ...step, question }, { phases: freshPhases }) });
  screen.calmly('a');
  expect(screen.text()).toMatch(/recommended: Roll back[^,]*\n/);
});

test('a card without a recommendation says so once', () => {
  const step = decisionStep();
  const question =
    step.question === null || step.question === undefined
      ? null
      : { ...step.question, recommended: null, because: 'no recommendation' };
  const screen = openTestScreen({ view: viewAt({ ...step, question }, { phases: freshPhases }) });
  screen.calmly('a');
  expect(screen.text().match(/no recommendation/g)).toHaveLength(1);
});

test('the close screen names commands that exist', () => {
  const view = viewOf({
    status: 'ended',
    outcome: 'rolled_back',
    current: [],
    obligations: [],
    endedAt: nowIso,
  });
  const text = openTestScreen({ view }).text();
  for (const command of [
    'postmortem s-0301-1800',
    'export s-0301-1800 --format html',
    'show s-0301-1800',
    'verify s-0301-1800',
  ])
    expect(text).toContain(`walkback ${command}`);
});

test('the resume card tells a running command from a prompt, also where the command could be stopped', () => {
  const offers = [{ intent: 'stop_command', confirm: 'yes', name: null }] as const;
  const running = openTestScreen({ view: viewAt({ status: 'performing', startedAt: nowIso, offers }) });
  expect(running.text()).toMatch(/next\s+Take the schema back to 41\s+goes on by itself/);
  expect(openTestScreen({ view: viewAt({}) }).text()).toMatch(
    /next\s+Take the schema back to 41\s+waits for you/,
  );
});
