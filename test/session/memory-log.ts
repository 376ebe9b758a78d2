import { createHash } from 'node:crypto';
import type { Fact } from '../../src/machine/facts.ts';
import { factSchema } from '../../src/machine/facts.ts';
import type { RecordedFact, SessionLog } from '../../src/session/ports.ts';
import { OperatorError } from '../../src/errors.ts';

export interface MemoryLog extends SessionLog {
  /** Facts of one append each: what is on disk together. */
  readonly appends: (readonly string[])[];
  readonly outputs: Map<string, string>;
  readonly samples: Parameters<SessionLog['addSamples']>[0][number][];
  /** Set to refuse every further append. */
  full: boolean;
}

/** A log that keeps facts as JSON, as the ledger does: what does not survive that does not survive here either. */
export function memoryLog(session: string, past: readonly RecordedFact[] = []): MemoryLog {
  const rows: RecordedFact[] = [...past];
  const log: MemoryLog = {
    session,
    appends: [],
    outputs: new Map(),
    samples: [],
    full: false,
    facts: () => rows,
    append: (facts) => {
      if (log.full) throw new OperatorError('The disk is full.', ['Make room, then resume.']);
      const added = facts.map(({ fact, actor, at }, index) => row(rows.length + index + 1, fact, actor, at));
      rows.push(...added);
      log.appends.push(facts.map(({ fact }) => fact.type));
      return added;
    },
    mayPass: () => true,
    appendOutput: (attempt, bytes) => {
      log.outputs.set(attempt, (log.outputs.get(attempt) ?? '') + new TextDecoder().decode(bytes));
    },
    sealOutput: (attempt) => {
      const text = log.outputs.get(attempt) ?? '';
      return {
        sha256: createHash('sha256').update(text).digest('hex'),
        bytes: text.length,
        lines: text.split('\n').length - 1,
      };
    },
    addSamples: (samples) => void log.samples.push(...samples),
  };
  return log;
}

export const row = (seq: number, fact: Fact, actor: string, at: string): RecordedFact => ({
  seq,
  id: `fact-${seq}`,
  at,
  actor,
  fact: factSchema.parse(JSON.parse(JSON.stringify(fact))),
  hash: '',
});
