import { systemClock } from '../../actions/clock.ts';
import { OperatorError } from '../../errors.ts';
import { statisticsOf } from '../../judge/statistics.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import type { FigureQuery } from '../../ledger/read-figures.ts';
import { signsOf } from '../../report/drawn.ts';
import { statisticsCsv } from '../../report/export/statistics-csv.ts';
import { statisticsPrometheus } from '../../report/export/statistics-prometheus.ts';
import { statisticsJson, statisticsText } from '../../report/statistics.ts';
import { statisticsRows } from '../../report/statistics-rows.ts';
import { openLedgerForReading, openLedgerForWriting } from '../ledger.ts';
import type { Surroundings } from '../surroundings.ts';
import { momentOf } from '../records/time-given.ts';

export interface StatsFlags {
  readonly since?: string;
  readonly until?: string;
  readonly service?: string;
  readonly env?: string;
  readonly runbook?: string;
  readonly format: 'text' | 'csv' | 'prometheus';
  readonly ascii?: true;
  readonly json?: true;
}

/** `walkback stats`: how often, how long, and DORA's figures, from the rows that the ledger keeps of each session. */
export async function stats(around: Surroundings, flags: StatsFlags): Promise<number> {
  const nowMs = systemClock().now().ms;
  const fromMs = flags.since === undefined ? null : momentOf('--since', flags.since, nowMs);
  const toMs = flags.until === undefined ? nowMs : momentOf('--until', flags.until, nowMs);
  if (fromMs !== null && fromMs >= toMs)
    throw new OperatorError('--since is not before --until.', ['Leave --until out to count up to now.']);
  const query: FigureQuery = {
    fromMs,
    toMs,
    ...(flags.service === undefined ? {} : { service: flags.service }),
    ...(flags.env === undefined ? {} : { environment: flags.env }),
    ...(flags.runbook === undefined ? {} : { runbook: flags.runbook }),
  };
  const ledger = await ledgerWithFigures(around);
  const sessions = ledger?.figures(query) ?? [];
  const allDeployments = ledger?.deployments({ ...query, fromMs: null }) ?? [];
  ledger?.close();
  const statistics = statisticsOf({ sessions, allDeployments, fromMs, toMs });
  if (flags.json === true) around.write(statisticsJson(statistics));
  else if (flags.format === 'csv') around.write(statisticsCsv(statisticsRows(statistics)));
  else if (flags.format === 'prometheus') around.write(statisticsPrometheus(statisticsRows(statistics)));
  else around.write(statisticsText(statistics, signsOf(flags.ascii === true)));
  return 0;
}

/** A ledger of before the figures has them made once, from its events. */
async function ledgerWithFigures(around: Surroundings): Promise<Ledger | null> {
  const ledger = openLedgerForReading(around);
  if (ledger === null || !ledger.figuresAreDue()) return ledger;
  ledger.close();
  around.warn('walkback: the figures of older sessions are made from their events, once\n');
  const { rebuildProjections } = await import('../../ledger/rebuild.ts');
  const writing = openLedgerForWriting(around);
  rebuildProjections(writing);
  writing.close();
  return openLedgerForReading(around);
}
