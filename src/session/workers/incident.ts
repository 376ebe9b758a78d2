import { OperatorError } from '../../errors.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { Incident } from '../../runbook/model/comms.ts';
import type { Json, Template } from '../../runbook/model/values.ts';
import type { Job } from '../kit.ts';
import { asText, measure, readerFor } from '../kit.ts';

/**
 * Reads the incident as its own system tells it. One that is resolved while the rollback is still under way is a
 * finding: either nobody told its system, or nobody needs the rollback any more.
 */
export async function readIncident(job: Job): Promise<readonly Fact[]> {
  const incident = job.book.runbook.incident ?? null;
  if (incident === null) return [];
  const phase = job.work.attempt;
  const mask = (text: string): string => job.options.ports.redactor.text(text);
  const written = await texts(job, incident);
  const measured = await measure(job, incident.state);
  if (job.signal.aborted) return [];
  if (!measured.ok) {
    const detail = mask(measured.detail);
    return [{ type: 'incident.read', phase, ...written, state: null, result: 'unknown', detail }];
  }
  const said = fieldsOf(measured.value);
  const state = said['state'] === undefined ? null : mask(said['state']);
  const read: FactOf<'incident.read'> = {
    type: 'incident.read',
    phase,
    id: written.id,
    state,
    severity: said['severity'] === undefined ? written.severity : mask(said['severity']),
    commander: said['commander'] === undefined ? written.commander : mask(said['commander']),
    result: state === null ? 'unknown' : 'pass',
    detail: state === null ? 'the answer holds no state' : '',
  };
  const over = state !== null && incident.resolved.includes(state.toLowerCase());
  const known = job.context().incident;
  const before =
    known !== null && known.state !== null && incident.resolved.includes(known.state.toLowerCase());
  if (!over || before) return [read];
  const what = `the incident is ${state} already, and the rollback is still under way`;
  return [read, { type: 'drift.added', by: 'walkback', what, target: `incident ${read.id ?? ''}`.trim() }];
}

/** What the runbook itself says of the incident, as far as it is known. */
async function texts(
  job: Job,
  { id, severity, commander }: Incident,
): Promise<Pick<FactOf<'incident.read'>, 'id' | 'severity' | 'commander'>> {
  const reader = await readerFor(job, [id, severity, commander]);
  const text = (template: Template | null): string | null => {
    if (template === null) return null;
    try {
      return job.options.ports.redactor.text(reader.text(template));
    } catch (error) {
      if (error instanceof OperatorError) return null;
      throw error;
    }
  };
  return { id: text(id), severity: text(severity), commander: text(commander) };
}

/** A plain answer is the state; an object names state, severity and commander. */
function fieldsOf(value: Json): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const text = value === null ? '' : asText(value).trim();
    return text === '' ? {} : { state: text };
  }
  const named = value as { readonly [key: string]: Json };
  return Object.fromEntries(
    Object.entries({ ...named, state: named['state'] ?? named['status'] ?? null }).flatMap(([key, field]) =>
      field === null || typeof field === 'object' ? [] : [[key, asText(field)]],
    ),
  );
}
