import { describe, expect, test } from 'vitest';
import { agreementGaps, unagreed } from '../../src/runbook/agreement.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { memoryFiles } from './memory-files.ts';

const bookOf = (agreed: string, limit = '0.02'): Runbook => {
  const text = `walkback: 1
id: shop
title: Roll the shop back
service: shop
objective: 10m
probes:
  errors: { run: [errors], unit: ratio }
  other: { run: [other] }
triggers:
  - { id: err, probe: errors, breach: '> ${limit}', for: 2m, advise: rollback }
${agreed}
phases:
  - id: go
    title: Go
    steps:
      - { id: look, manual: Look, read_only: true }
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('shop.yaml', memoryFiles({ 'shop.yaml': text }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
};

const hash = bookOf('').criteriaHash ?? '';
const signature = (role: string, by: string, more = ''): string =>
  `  - { role: ${role}, by: ${by}, on: "2026-01-10", expires: "2026-12-31", triggers: "${more === '' ? hash : more}" }`;
const both = `agreed:\n${signature('product', 'Ada')}\n${signature('operations', 'Grace')}`;
const codes = (book: Runbook, today: string): readonly string[] =>
  agreementGaps(book, today).map(({ code }) => code);

describe('numbers that are signed', () => {
  test('are agreed while product and operations have signed these very numbers', () => {
    expect(codes(bookOf(both), '2026-06-01')).toEqual([]);
    expect(codes(bookOf(both), '2026-12-31')).toEqual([]);
  });

  test('passing `expires` drops readiness, and lint warns at the line of the signature', () => {
    const book = bookOf(both);
    expect(codes(book, '2027-01-01')).toEqual(['expired', 'expired']);
    expect(unagreed(book, '2027-01-01')).toMatchObject([
      {
        code: 'WB609',
        severity: 'warning',
        at: { line: 12 },
        message: 'The sign-off by Ada (product) expired on 2026-12-31.',
      },
      { code: 'WB609', at: { line: 13 } },
    ]);
  });

  test('other numbers than those that were signed are not agreed, and neither is another query behind them', () => {
    expect(codes(bookOf(both, '0.05'), '2026-06-01')).toEqual(['changed', 'changed']);
    const other = bookOf(both);
    expect(other.criteriaHash).toBe(hash);
    expect(bookOf(both, '0.021').criteriaHash).not.toBe(hash);
  });

  test('one of the two roles alone is not enough, nor is one before its day', () => {
    expect(codes(bookOf(`agreed:\n${signature('product', 'Ada')}`), '2026-06-01')).toEqual(['unsigned']);
    expect(codes(bookOf(both), '2026-01-09')).toEqual(['unsigned', 'unsigned']);
  });

  test('without `agreed` nobody has signed; lint leaves that to check and plan', () => {
    expect(codes(bookOf(''), '2026-06-01')).toEqual(['unsigned', 'unsigned']);
    expect(unagreed(bookOf(''), '2026-06-01')).toEqual([]);
  });

  test('who signed is who set the number, where the trigger does not say it itself', () => {
    expect(bookOf(both).triggers[0]?.setBy).toBe('Ada (product), Grace (operations)');
    expect(bookOf('').triggers[0]?.setBy).toBeNull();
  });
});
