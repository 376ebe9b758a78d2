import { createHash } from 'node:crypto';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { FactOf } from '../../machine/facts.ts';
import { isoOf } from '../../machine/iso-time.ts';
import { namesProduction } from '../../runbook/production.ts';
import { inertLine } from '../inert-line.ts';
import { appendOutside } from './outside-record.ts';
import type { ToldDeployment } from '../../tools/deploy/feed.ts';
import { momentOf } from './time-given.ts';
import { version } from '../version.ts';

/** Puts a deployment on record; one that is there already stays as it is. */
export function recordDeployment(
  ledger: Ledger,
  by: string,
  told: ToldDeployment,
  nowMs: number,
): { readonly record: string; readonly isNew: boolean } {
  const { service, environment, release, unplanned, session = null } = told;
  const finishedAt = pastTime('finished_at', told.finished_at, nowMs) ?? isoOf(nowMs);
  const committedAt = pastTime('committed_at', told.committed_at, nowMs);
  if (committedAt !== null && committedAt > finishedAt)
    throw new OperatorError(`${inertLine(release)} was finished before it was committed.`, [
      'Check the two times.',
    ]);
  const fact: FactOf<'deployment.recorded'> = {
    type: 'deployment.recorded',
    by,
    service,
    environment,
    production: told.production ?? namesProduction(environment),
    release,
    finishedAt,
    committedAt,
    unplanned,
    session,
    program: `walkback ${version}`,
  };
  const record = recordOf(service, environment, told.id ?? `${release}@${finishedAt}`);
  const isNew = appendOutside(ledger, record, by, () => {
    if (ledger.outsideMode(record) === null) return [fact];
    refuseAnother(ledger, record, fact);
    return null;
  });
  return { record, isNew };
}

/** The same deployment has the same name in the ledger, whose key then holds that it is there once. */
const recordOf = (...what: readonly string[]): string =>
  `deploy-${createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16)}`;

function refuseAnother(ledger: Ledger, record: string, fact: FactOf<'deployment.recorded'>): void {
  const known = readFacts(ledger, record)[0]?.fact;
  if (known?.type !== 'deployment.recorded' || known.release === fact.release) return;
  throw new OperatorError(
    `${record} is on record already, as ${inertLine(known.release)} and not ${inertLine(fact.release)}.`,
    ['Give each run of the pipeline an id of its own.'],
    { exitCode: exitCode.failed },
  );
}

function pastTime(field: string, text: string | undefined, nowMs: number): string | null {
  if (text === undefined) return null;
  const ms = momentOf(field, text, nowMs);
  if (ms <= nowMs) return isoOf(ms);
  throw new OperatorError(`${field} ${inertLine(text)} is in the future.`, ['Give the time it was done.']);
}
