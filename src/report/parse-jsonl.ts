import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import type { ChainRow } from '../ledger/chain.ts';
import { unseal } from '../ledger/seal.ts';
import { factSchema } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';
import { eventSchemaId } from './jsonl.ts';

const opening = z.object({ path: z.string(), salt: z.string().nullable(), value: z.json() });

const line = z.strictObject({
  schema: z.literal(eventSchemaId),
  session: z.string(),
  seq: z.int().positive(),
  id: z.string(),
  at: z.string(),
  mono: z.number(),
  boot: z.string(),
  actor: z.string(),
  role: z.string(),
  type: z.string(),
  format: z.int(),
  body: z.record(z.string(), z.json()),
  prev: z.string(),
  hash: z.string(),
  openings: z.array(opening).optional(),
});

export interface ParsedJsonl {
  /** For `verifyChain`: exactly what was exported. */
  readonly rows: readonly ChainRow[];
  /** The events that can be read; those of a redacted row cannot, and are missing here. */
  readonly events: readonly RecordedFact[];
}

/** Reads an export back; throws `OperatorError` with the line where it is not one. */
export function parseJsonl(text: string): ParsedJsonl {
  const rows = text
    .split('\n')
    .flatMap((source, index) => (source.trim() === '' ? [] : [parseLine(source, index + 1)]));
  return { rows, events: rows.flatMap((row) => eventOf(row) ?? []) };
}

function parseLine(source: string, number: number): ChainRow {
  const parsed = line.safeParse(jsonOf(source, number));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw notAnExport(
      number,
      `\`${issue?.path.join('.') ?? ''}\` ${issue?.message ?? 'is not valid'}`,
      parsed.error,
    );
  }
  const { schema: _schema, openings, ...row } = parsed.data;
  return openings === undefined ? row : { ...row, openings };
}

function jsonOf(source: string, number: number): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw notAnExport(number, 'this is not JSON', cause);
  }
}

const notAnExport = (number: number, what: string, cause: unknown): OperatorError =>
  new OperatorError(
    `line ${String(number)}: ${what}`,
    [`Give a file that \`walkback export --format jsonl\` wrote (schema ${eventSchemaId}).`],
    { cause },
  );

function eventOf({ seq, id, at, actor, hash, type, body, openings }: ChainRow): RecordedFact | null {
  const sealed = typeof body === 'string' ? (JSON.parse(body) as Exclude<typeof body, string>) : body;
  const fact = factSchema.safeParse({ ...unseal(sealed, openings ?? []), type });
  return fact.success ? { seq, id, at, actor, fact: fact.data, hash } : null;
}
