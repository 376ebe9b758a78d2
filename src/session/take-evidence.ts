import type { Fact } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { EvidenceItem } from '../runbook/model.ts';
import type { Probe } from '../runbook/model/values.ts';
import type { Job } from './kit.ts';
import { instantReader, readerFor, templatesOf } from './kit.ts';
import type { CapturedEvidence, EvidenceKeeper, ReadyCommand } from './ports.ts';
import { fillCommand } from './shown.ts';
import type { Session } from './session.ts';

/** SHA-256 of nothing. */
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * Takes the evidence of the runbook from the start of the session on, all at once and beside everything else. Nothing
 * waits for it but the close. Each item has its own time, all of them the budget; what is not done then is killed and
 * kept in part. After a break what is missing is taken again, within what is left of the budget.
 */
export async function takeEvidence(
  session: Session,
  job: Job,
  put: (...facts: readonly Fact[]) => void,
): Promise<void> {
  const { evidence } = job.book.runbook;
  const keeper = job.options.ports.evidence;
  if (
    evidence === null ||
    evidence.items.length === 0 ||
    keeper === undefined ||
    session.context().status === 'closed'
  )
    return;
  const { clock } = job.options.ports;
  if (session.context().evidence === null) {
    const until = isoOf(clock.now().ms + evidence.budgetMs);
    put({ type: 'evidence.started', items: evidence.items.map(({ id }) => id), until });
  }
  const begun = session.context().evidence;
  if (begun === null) return;
  const missing = evidence.items.filter(({ id }) => !begun.captured.some((one) => one.id === id));
  await Promise.all(
    missing.map(async (item) => {
      const leftMs = epochMsOf(begun.until) - clock.now().ms;
      const captured = leftMs <= 0 ? overBudget : await capture(job, keeper, item, leftMs);
      put({ type: 'evidence.captured', id: item.id, ...captured });
    }),
  );
}

const none = (detail: string): CapturedEvidence => ({
  file: '',
  sha256: nothing,
  bytes: 0,
  partial: true,
  detail,
});

const overBudget = none('the budget was over before it was taken');

async function capture(
  job: Job,
  keeper: EvidenceKeeper,
  item: EvidenceItem,
  leftMs: number,
): Promise<CapturedEvidence> {
  try {
    if ('rows' in item) return await captureRows(job, keeper, item.id, item.rows, leftMs);
    const { id, command } = item;
    const parts = templatesOf(command);
    const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
    const { argv, env, timeoutMs } = fillCommand(command, reader);
    const { where } = command;
    const ready: ReadyCommand = {
      argv,
      env,
      cwd: job.options.ports.workFolder,
      timeoutMs,
      readOnly: true,
      ...('name' in where ? { where: { kind: where.kind, name: reader.text(where.name) } } : {}),
    };
    return await keeper.capture(id, ready, Math.min(timeoutMs, leftMs), job.signal);
  } catch (error) {
    // whoever is to blame: the close waits for each item to be on record
    return none(job.options.ports.redactor.text(error instanceof Error ? error.message : String(error)));
  }
}

async function captureRows(
  job: Job,
  keeper: EvidenceKeeper,
  id: string,
  probe: Probe,
  leftMs: number,
): Promise<CapturedEvidence> {
  const parts = templatesOf(probe);
  const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
  return keeper.captureRows(id, probe, reader.fill, Math.min(probe.timeoutMs, leftMs), job.signal);
}
