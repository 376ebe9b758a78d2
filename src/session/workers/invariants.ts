import { createHash } from 'node:crypto';
import { OperatorError } from '../../errors.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { tableKey } from '../../machine/data.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { CountedTable, Invariant, InvariantMoment } from '../../runbook/model/data.ts';
import type { Json, Probe } from '../../runbook/model/values.ts';
import type { Job } from '../kit.ts';
import { instantReader, measure, readCheck, readerFor, templatesOf } from '../kit.ts';

/** When the data is measured, and beside which step. */
export interface MeasureMoment {
  /** `again`: a person asked for it. */
  readonly moment: 'start' | 'before' | 'steps' | 'again' | 'after';
  readonly step: string;
  readonly effectOf: string;
}

type Measured = FactOf<'data.measured'>;

/**
 * What must be true of the data, and how many rows there are. Ends in one `data.measured`, which closes it. Never throws:
 * what cannot be measured, whoever is to blame, is unknown, and nothing waits for it for ever.
 */
export async function measureData(job: Job, at: MeasureMoment): Promise<readonly Fact[]> {
  const { runbook } = job.book;
  const due = runbook.invariants.filter((invariant) => isDue(invariant.at, at.moment));
  const [invariants, tables] = await Promise.all([
    Promise.all(due.map((invariant) => measureInvariant(job, invariant, at))),
    Promise.all((runbook.counted ?? []).map((table) => count(job, table))),
  ]);
  return [...invariants, { type: 'data.measured', ...at, tables }];
}

async function measureInvariant(
  job: Job,
  { id, check }: Invariant,
  { moment, step }: MeasureMoment,
): Promise<FactOf<'invariant.measured'>> {
  const subject = 'obligation' in check.subject ? id : (check.subject.id ?? id);
  const fact = { type: 'invariant.measured', id, moment, step } as const;
  try {
    // before anything has changed, the reading is compared with itself
    const begun = job.context().data.begun;
    const reading = await readCheck(job, check, begun ? job.context().baselines[subject] : undefined);
    const known =
      reading.code === 'no_baseline' ? { ...reading, result: 'pass' as const, code: null } : reading;
    return { ...fact, reading: { ...known, subject }, hash: await queryHash(job, check.subject) };
  } catch (error) {
    const detail = said(job, error);
    const reading = { subject, value: null, expected: '', code: 'internal', detail, unit: null };
    return { ...fact, reading: { ...reading, result: 'unknown' }, hash: null };
  }
}

const said = (job: Job, error: unknown): string =>
  job.options.ports.redactor.text(error instanceof Error ? error.message : String(error));

const moments: Readonly<Record<MeasureMoment['moment'], InvariantMoment | null>> = {
  start: 'before',
  before: 'before',
  steps: 'steps',
  again: null,
  after: 'after',
};

function isDue(at: readonly InvariantMoment[] | undefined, moment: MeasureMoment['moment']): boolean {
  const wanted = moments[moment];
  return at === undefined || wanted === null || at.includes(wanted);
}

/** SHA-256 of the query as it is sent; null for what is no query. */
async function queryHash(job: Job, subject: Probe | { readonly obligation: string }): Promise<string | null> {
  if (!('source' in subject)) return null;
  const { source } = subject;
  if (source.kind !== 'sql' && source.kind !== 'prometheus') return null;
  const parts = templatesOf(source.query);
  const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
  try {
    return sha256(reader.text(source.query));
  } catch (error) {
    if (error instanceof OperatorError) return null; // a place is empty: nothing was sent
    throw error;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `"shop"."orders"`: quoted, so that a name is a name and nothing else. */
const quoted = (name: string): string =>
  name
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');

async function count(job: Job, table: CountedTable): Promise<Measured['tables'][number]> {
  const newest = table.newest === null ? 'null' : `max(${quoted(table.newest)})`;
  const query = `select count(*) as counted, ${newest} as newest from ${quoted(table.table)}`;
  const measured = await measure(job, countProbe(table, query)).catch((error: unknown) => ({
    ok: false as const,
    code: 'internal',
    detail: said(job, error),
  }));
  const base = { table: tableKey(table), hash: sha256(query) };
  if (!measured.ok) {
    const detail = job.options.ports.redactor.text(measured.detail);
    return { ...base, rows: null, newestMs: null, code: measured.code, detail };
  }
  const { rows, newest: last } = cells(measured.value);
  if (rows === null)
    return { ...base, rows, newestMs: null, code: 'not_number', detail: 'it answered no count' };
  return { ...base, rows, newestMs: last, code: null, detail: '' };
}

const countTimeoutMs = 10_000;

const countProbe = ({ connection, at }: CountedTable, query: string): Probe => ({
  id: null,
  source: { kind: 'sql', connection, query: { parts: [query], at } },
  json: null,
  pattern: null,
  times: 1,
  reduce: 'last',
  unit: null,
  timeoutMs: countTimeoutMs,
  at,
});

function cells(value: Json): { readonly rows: number | null; readonly newest: number | null } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { rows: null, newest: null };
  const record = value as { readonly [key: string]: Json };
  const counted = Number(record['counted']);
  return {
    rows: Number.isSafeInteger(counted) ? counted : null,
    newest: momentOf(record['newest'] ?? null),
  };
}

/** Seconds or milliseconds since 1970, or a time as databases write it. */
function momentOf(value: Json): number | null {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  if (typeof value !== 'string') return null;
  const ms = epochMsOf(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  return Number.isNaN(ms) ? null : ms;
}
