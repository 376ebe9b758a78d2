import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openEvidenceKeeper } from '../../src/actions/evidence.ts';
import { redactor } from '../../src/actions/redact.ts';
import type { EvidenceItem } from '../../src/runbook/model.ts';
import type { Command, Probe } from '../../src/runbook/model/values.ts';
import type { CapturedEvidence, EvidenceKeeper } from '../../src/session/ports.ts';
import {
  bookOfSteps,
  commandOf,
  decideStep,
  endStep,
  probeOf,
  runStep,
  textOf,
} from '../machine/runbook-builder.ts';
import { testMeasurer } from '../actions/measure/probe-kit.ts';
import { settled } from './fake-clock.ts';
import { openTestSession } from './open-test-session.ts';

const item = (id: string, timeoutMs: number, ...argv: readonly string[]) => ({
  id,
  command: { ...commandOf(...argv), timeoutMs } satisfies Command,
});

const book = (budgetMs: number, ...items: readonly EvidenceItem[]) => ({
  ...bookOfSteps(decideStep('which', { go: 'next' }), runStep('change'), endStep('done')),
  evidence: { budgetMs, items },
});

/** Captures that end when the test says so. */
function slowKeeper() {
  const begun: { readonly id: string; readonly limitMs: number }[] = [];
  const ends = new Map<string, (captured: CapturedEvidence) => void>();
  const capture = (id: string, limitMs: number): Promise<CapturedEvidence> => {
    begun.push({ id, limitMs });
    return new Promise((resolve) => ends.set(id, resolve));
  };
  const keeper: EvidenceKeeper = {
    capture: (id, _command, limitMs) => capture(id, limitMs),
    captureRows: (id, _probe, _fill, limitMs) => capture(id, limitMs),
  };
  const end = (id: string, partial = false): void =>
    ends.get(id)?.({ file: `evidence/${id}.txt`, sha256: 'a', bytes: 3, partial, detail: '' });
  return { keeper, begun, end };
}

test('R3.5: all evidence is taken at once from the start on, each item in its own time and all of it within the budget', async () => {
  const { keeper, begun } = slowKeeper();
  const session = await openTestSession({
    runbook: book(30_000, item('threads', 20_000, 'dump'), item('heap', 120_000, 'heap')),
    evidence: keeper,
    monitored: true,
  });

  expect(begun).toEqual([
    { id: 'threads', limitMs: 20_000 },
    { id: 'heap', limitMs: 30_000 },
  ]);
  expect(session.session.view().evidence?.items.map(({ state }) => state)).toEqual(['running', 'running']);
});

test('R3.5: an item that a fault of ours cuts short is on record as missing, so that the close does not wait for it for ever', async () => {
  const { keeper } = slowKeeper();
  const session = await openTestSession({
    runbook: book(30_000, item('threads', 20_000, 'dump')),
    evidence: { ...keeper, capture: () => Promise.reject(new Error('too many open files: hunter22')) },
    secrets: ['hunter22'],
    monitored: true,
  });

  expect(session.facts('evidence.captured')).toMatchObject([
    { id: 'threads', partial: true, detail: 'too many open files: •••' },
  ]);
});

const rowsOf = (id: string, timeoutMs: number): EvidenceItem => ({
  id,
  rows: {
    ...probeOf(null),
    source: { kind: 'sql', connection: 'shop', query: textOf('select * from orders') },
    timeoutMs,
  } satisfies Probe,
});

test('R3.5: rows are read beside the commands, in their own time and within the same budget', async () => {
  const { keeper, begun, end } = slowKeeper();
  const session = await openTestSession({
    runbook: book(30_000, item('threads', 20_000, 'dump'), rowsOf('orders', 5_000), rowsOf('all', 90_000)),
    evidence: keeper,
    monitored: true,
  });

  expect(begun).toContainEqual({ id: 'orders', limitMs: 5_000 });
  expect(begun).toContainEqual({ id: 'all', limitMs: 30_000 });
  end('orders', true);
  await settled();
  expect(session.session.view().evidence?.items).toMatchObject([
    { id: 'threads', state: 'running' },
    { id: 'orders', state: 'partial' },
    { id: 'all', state: 'running' },
  ]);
});

test('R3.5: evidence never delays the rollback, only the close', async () => {
  const { keeper, end } = slowKeeper();
  const session = await openTestSession({
    runbook: book(30_000, item('threads', 20_000, 'dump')),
    evidence: keeper,
    monitored: true,
  });
  await session.clock.advance(6_000);
  await session.say('choose', { option: 'go' });
  await session.say('run');

  expect(session.world.ran).toEqual(['change#1']);
  expect(session.session.view().status).toBe('ended');
  end('threads');
  await settled();
  expect(session.session.view().status).toBe('closed');
  expect(session.facts('evidence.captured')).toMatchObject([{ id: 'threads', partial: false }]);
});

test('R3.5: after a break what is missing is taken again within what is left, and past the budget it is missing', async () => {
  const first = slowKeeper();
  const runbook = book(30_000, item('threads', 20_000, 'dump'), item('heap', 120_000, 'heap'));
  const session = await openTestSession({ runbook, evidence: first.keeper, monitored: true });
  first.end('threads');
  await settled();
  await session.clock.advance(10_000);
  const next = await session.dies('resumed');

  expect(first.begun.slice(2)).toEqual([{ id: 'heap', limitMs: 20_000 }]);
  await next.clock.advance(25_000);
  const last = await next.dies('resumed');
  expect(last.facts('evidence.captured').at(-1)).toMatchObject({
    id: 'heap',
    partial: true,
    detail: 'the budget was over before it was taken',
  });
});

test('R3.5: a capture of two minutes dies at its limit while the rollback has long begun', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-evidence-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = systemClock();
  const keeper = openEvidenceKeeper({
    folder,
    clock,
    redactor: redactor([]),
    env: { PATH: process.env['PATH'] ?? '' },
    fromHere: (command) => ({ ...command, cwd: folder }),
    rows: testMeasurer().rows,
  });
  const startedAt = clock.mono();
  const session = await openTestSession({
    runbook: book(60_000, item('slow', 2_000, 'sleep', '120')),
    evidence: keeper,
    monitored: true,
  });
  await session.clock.advance(6_000);
  await session.say('choose', { option: 'go' });
  await session.say('run');
  expect(session.world.ran).toEqual(['change#1']);
  expect(clock.mono() - startedAt).toBeLessThan(2_000);

  await vi.waitFor(() => expect(session.facts('evidence.captured')).toHaveLength(1), 10_000);
  expect(clock.mono() - startedAt).toBeGreaterThan(1_000);
  expect(clock.mono() - startedAt).toBeLessThan(4_000);
  expect(session.facts('evidence.captured')).toMatchObject([
    { id: 'slow', partial: true, detail: 'killed after 2 s' },
  ]);
});
