import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CanonicalObject } from '../../src/ledger/canonical.ts';
import type { ChainRow } from '../../src/ledger/chain.ts';
import { parseFact } from '../../src/ledger/parse-facts.ts';
import { unseal } from '../../src/ledger/seal.ts';
import { verifyChain } from '../../src/ledger/verify-chain.ts';
import { compileRunbook } from '../../src/machine/compile.ts';
import { accepts, applyFact, contextOf, replay, startSnapshot } from '../../src/machine/replay.ts';
import { viewOf } from '../../src/machine/view-of.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from '../runbook/memory-files.ts';

/** Sessions that released programs recorded. These files are added to, and never edited. */
const folder = join(import.meta.dirname, '../golden');
const goldenLedgers = readdirSync(folder)
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.replace(/\.jsonl$/, ''));

function readGolden(name: string) {
  const runbookFile = `${name}.runbook.yaml`;
  const loaded = loadRunbook(
    runbookFile,
    memoryFiles({ [runbookFile]: readFileSync(join(folder, runbookFile)) }),
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const rows = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): ChainRow & { readonly body: CanonicalObject } => {
      const { schema: _schema, ...row } = JSON.parse(line);
      return row;
    });
  const facts = rows.map((row) => ({
    ...parseFact({ ...row, body: unseal(row.body, row.openings ?? []) }),
    at: row.at,
  }));
  return {
    runbook: loaded.runbook,
    compiled: compileRunbook(loaded.runbook),
    session: rows[0]?.session ?? '',
    rows,
    facts,
    view: JSON.parse(readFileSync(join(folder, `${name}.view.json`), 'utf8')),
  };
}

/** What a view says of something that never was. */
const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.values(value).every(isEmpty));

/** What the view takes from the runbook alone, whatever happened. */
const saidByRunbook = new Set(['overrideNeeds']);

test('there is a golden ledger', () => {
  expect(goldenLedgers).toContain('ledger-0.1');
});

describe.each(goldenLedgers)('the golden ledger %s', (name) => {
  const { runbook, compiled, session, rows, facts, view } = readGolden(name);

  test('still verifies', () => {
    expect(verifyChain(rows)).toMatchObject({ ok: true });
  });

  test('was recorded with the runbook that stands beside it', () => {
    expect(facts[0]).toMatchObject({ type: 'session.started', runbook: { hash: runbook.hash } });
  });

  test('is still replayed to the view that it ended with', () => {
    const context = contextOf(replay(compiled, session, facts));

    const now = JSON.parse(JSON.stringify(viewOf(compiled.book, context)));
    expect(now).toMatchObject(view);
    // a later view may know more, but of an old session it has nothing to say there
    const added = Object.entries(now).filter(([name]) => !(name in view) && !saidByRunbook.has(name));
    expect(added.filter(([, value]) => !isEmpty(value))).toEqual([]);
  });

  test('holds no fact that the statechart would not take today', () => {
    let snapshot = startSnapshot(compiled, session);
    for (const fact of facts) {
      expect([fact.type, accepts(snapshot, fact)]).toEqual([fact.type, true]);
      snapshot = applyFact(compiled, snapshot, fact);
    }
  });
});
