import { expect, test } from 'vitest';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { rollback, sessionId, started, eventsFrom, toldRollback, type Told } from './events.ts';
import type { RecordedFact } from '../../src/session/ports.ts';

const write = (
  events: readonly RecordedFact[],
  over: Partial<Parameters<typeof postmortemMarkdown>[0]> = {},
): string =>
  postmortemMarkdown({
    session: { id: sessionId, outcome: null },
    events,
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback 0.1.0',
    ...over,
  });

/** The text under one heading. */
function section(document: string, heading: string): string {
  const [, rest] = document.split(`\n## ${heading}\n`);
  if (rest === undefined) throw new Error(`no section ${heading} in:\n${document}`);
  return rest.split('\n## ')[0] ?? '';
}

const row = (text: string, first: string): readonly string[] =>
  (text.split('\n').find((line) => line.startsWith(`| ${first} |`)) ?? '')
    .split(' | ')
    .map((cell) => cell.replaceAll(/^\| | \|$/g, ''));

test('writes every section that the document promises, in its order', () => {
  expect([...write(rollback).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
    'Summary',
    'Timeline (UTC)',
    'Decision log',
    'Impact',
    'Detection',
    'Rollback effectiveness',
    'Steps',
    'Obligations',
    'Contributing factors',
    'Went well, went badly, was lucky',
    'Data and evidence',
    'Notes',
    'Drift and manual fixes',
    'Messages',
    'DORA and readiness',
    'Action items',
    'Runbook and drill follow-up',
  ]);
});

test('says what it is about and whether the chain holds', () => {
  const head = write(rollback).split('\n## ')[0] ?? '';

  expect(head).toMatch(/^# Post-mortem: Roll the shop back to its previous release\n/);
  expect(row(head, 'Session')[1]).toBe(sessionId);
  expect(row(head, 'Outcome')[1]).toBe('rolled back');
  expect(row(head, 'Environment')[1]).toBe('production (production)');
  expect(row(head, 'Hash chain')[1]).toBe('verified, unbroken');
  expect(row(write(rollback, { verified: { ok: false, brokenAt: 17 } }), 'Hash chain')[1]).toMatch(
    /^BROKEN at event 17/,
  );
});

test.each([
  ['Duration', '15 min 6 s'],
  ['Time to decide', '1 min 31 s'],
  ['Time to restore', '12 min 20 s'],
  ['Time to give back', '12 min 33 s'],
  ['Objective', '10 min 0 s'],
  ['Verdict', 'RECOVERED'],
  ['Retries', '1'],
  ['Timeouts', '2'],
  ['In doubt', '1'],
  ['Skipped', '1'],
  ['Overrides', '0'],
  ['Unknown readings', '1'],
  ['Refused', '1'],
  ['Debts', '2 opened, 2 closed, 0 open'],
])('counts %s as %s, as a count by hand does', (figure, value) => {
  expect(row(section(write(rollback), 'Summary'), figure)[1]).toBe(value);
});

test('lists every event with its number and marks the one long silence', () => {
  const timeline = section(write(rollback), 'Timeline (UTC)');
  const numbers = [...timeline.matchAll(/\| (\d+) \|$/gm)].map(([, number]) => Number(number));

  expect(numbers).toEqual(rollback.map(({ seq }) => seq));
  expect([...timeline.matchAll(/\| GAP \|/g)]).toHaveLength(1);
  expect(timeline).toContain('nothing was recorded for 6 min 30 s');
});

test('keeps the facts as they were shown, the advice, the choice, the reason and the objection', () => {
  const log = section(write(rollback), 'Decision log');

  expect(log).toContain('errors 8.1 % (expected &lt; 0.02): fail');
  expect(log).toContain(
    'latency no value (expected &lt; 0.02): unknown (no_data, the query answered with nothing)',
  );
  expect(row(log, 'Recommended')[1]).toMatch(/^rollback: triggers\.err\.state == 'FIRED'/);
  expect(row(log, 'Chosen')[1]).toBe('rollback: Roll back');
  expect(row(log, 'Reason')[1]).toBe('the checkout fails for one in twelve');
  expect(row(log, 'Objection')[1]).toBe('grace: try the cache first');
  expect(row(log, 'Time to decide')[1]).toBe('1 min 30 s');
  expect(log).toContain('What would have changed your mind?');
});

test('shows each attempt with its argv, its ending and the end of its output', () => {
  const steps = section(
    write(rollback, { output: (attempt) => (attempt === 'schema_down#1' ? 'line from the store' : '') }),
    'Steps',
  );

  expect(steps).toContain('### schema_down, attempt 1: exit 1');
  expect(steps).toContain('```sh\nsqitch revert --to @v1.9.3 db:pg:shop\n```');
  expect(steps).toContain('```text\nline from the store\n```');
  expect(steps).toContain('### schema_down, attempt 2: pass');
  expect(steps).toContain('In doubt: timeout, judged done because the schema answers 41');
  expect(steps, 'the tail in the ledger stands in where the store has nothing').toContain(
    '```text\nreverting 42\n```',
  );
});

test('says how each debt was opened and closed', () => {
  const debts = section(write(rollback), 'Obligations');

  expect(row(debts, 'freeze').slice(3)).toEqual([
    'operator',
    'proved 2026-03-14 14:16:59 by operator: a write succeeds',
    '12 min 4 s',
    'since 14:09:55',
  ]);
  expect(row(debts, 'ci')[4]).toBe(
    'carried 2026-03-14 14:17:05 by operator: the pipeline owner resumes it, owner linus, due 2026-03-15',
  );
});

test('drafts one action item for each finding, and leaves the judgement to people', () => {
  const document = write(rollback);
  const items = [
    ...section(document, 'Action items').matchAll(/^\| draft \d+ \| (\w+) \| (.*?) \| \? \|/gm),
  ].map(([, kind, text]) => `${String(kind)}: ${String(text)}`);

  expect(items).toEqual([
    'prevent: schema_down failed with exit code 1',
    'mitigate: schema_down was in doubt (timeout)',
    'prevent: schema_down timed out after 1 min 0 s',
    'detect: The check smoke had no answer',
    'process: old_cache was skipped: the cache was not changed by 2.0.0',
    'process: The debt ci was carried: the pipeline owner resumes it',
    'process: The debt freeze went past its limit',
    'prevent: Drift on db1: killed backend 4211 by hand',
    'detect: The watch version was breached',
  ]);
  expect([...document.matchAll(/_\(not answered yet\)_/g)].length).toBeGreaterThan(15);
});

test('names people by their role, the same one throughout, unless real names are asked for', () => {
  const timeline = section(write(rollback), 'Timeline (UTC)');

  expect(timeline).toContain('| operator |');
  expect(timeline).toContain('| approver 1 |');
  expect(timeline).toContain('| walkback | Session held |');
  expect(timeline).not.toMatch(/\| (ada|grace) \|/);
  expect(section(write(rollback, { names: 'real' }), 'Timeline (UTC)')).toContain('| grace |');
});

test('heads a drill as one, with no duty', () => {
  const drill = write(eventsFrom([[0, { ...started, mode: 'DRILL', speed: 60 }], ...toldRollback.slice(1)]));

  expect(drill).toMatch(/^# DRILL: Post-mortem:/);
  expect(row(drill, 'Duty')).toEqual(['']);
  expect(row(write(rollback), 'Duty')[1]).toBe('no due date recorded');
  expect(row(drill, 'Clock')[1]).toBe("the sandbox's clock ran ×60");
});

test('gives a draft of a session that stands after any number of its events', () => {
  for (const count of toldRollback.keys()) {
    const draft = write(eventsFrom(toldRollback.slice(0, count)));

    expect(draft, `after ${String(count)} events`).not.toMatch(/undefined|NaN|\[object/);
    if (count > 0 && count < toldRollback.length - 1) {
      expect(row(draft, 'Status')[1], `after ${String(count)} events`).toBe('goes on: this is a draft');
    }
  }
});

test('says in the detection what the numbers said together, and who could not see', () => {
  const told: readonly Told[] = [
    [0, started],
    [
      1,
      {
        type: 'trigger.blind',
        id: 'err',
        code: 'target_down',
        detail: 'the target is down',
        forMs: 120_000,
      },
    ],
    [2, { type: 'advice.changed', advice: 'investigate', because: 'blind: err has had no data' }],
  ];
  const detection = section(write(eventsFrom(told)), 'Detection');
  expect(detection).toMatch(/err was blind for 2 min 0 s: target/);
  expect(detection).toMatch(/the numbers said investigate: blind: err has had no data/);
});
