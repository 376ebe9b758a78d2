import { expect, test } from 'vitest';
import { redactor } from '../../src/actions/redact.ts';
import { outputCollector } from '../../src/session/output-collector.ts';
import { runStep } from '../machine/runbook-builder.ts';
import { memoryLog } from './memory-log.ts';

const step = runStep('swap', { outputs: { first: { pattern: 'moved (\\d+)' } } });
const printed = new TextEncoder().encode(
  Array.from({ length: 100_000 }, (_, line) => `moved ${String(line)} of the rows\n`).join(''),
);

function collected(pieceBytes: number) {
  const log = { ...memoryLog('session'), appendOutput: () => undefined };
  const collector = outputCollector('swap#1', { log, redactor: redactor([]) }, step, () => undefined);
  for (let at = 0; at < printed.length; at += pieceBytes) {
    collector.push(printed.subarray(at, at + pieceBytes));
  }
  const { outputs, tail } = collector.end();
  return { tail, cut: outputs['output_truncated'], first: Number(outputs['first']) };
}

test('of a flood the newest part is kept, whether it comes in pieces or all at once', () => {
  const inPieces = collected(256 * 1024);
  const atOnce = collected(printed.length);

  expect(atOnce.tail).toBe(inPieces.tail);
  expect(atOnce.cut).toBe('true');
  expect(inPieces.cut).toBe('true');
  const newest = 100_000 - (1024 * 1024) / 'moved 99999 of the rows\n'.length;
  for (const { first } of [atOnce, inPieces]) {
    expect(first).toBeLessThan(newest + 1);
    expect(first).toBeGreaterThan(newest - 12_000);
  }
});
