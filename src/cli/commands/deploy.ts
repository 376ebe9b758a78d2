import { readFileSync } from 'node:fs';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError } from '../../errors.ts';
import type { Deployment } from '../../judge/session-figure.ts';
import { alignedTable } from '../../report/columns.ts';
import { inertJson } from '../../report/inert.ts';
import { dateText } from '../../report/time.ts';
import { isoOf } from '../../machine/iso-time.ts';
import { recordDeployment } from '../records/deployments.ts';
import { parseFeed, toldDeploymentSchema, type ToldDeployment } from '../../tools/deploy/feed.ts';
import { inertLine } from '../inert-line.ts';
import { openLedgerForReading, openLedgerForWriting, sessionMeant } from '../ledger.ts';
import { appendOutside } from '../records/outside-record.ts';
import { refuseEmptyReason } from '../proposals/proposals-here.ts';
import { newRecordId } from '../records/record-id.ts';
import type { Surroundings } from '../surroundings.ts';
import { momentOf } from '../records/time-given.ts';

export interface RecordFlags {
  readonly service?: string;
  readonly env?: string;
  readonly release?: string;
  readonly at?: string;
  readonly committed?: string;
  readonly unplanned?: true;
  readonly session?: string;
  readonly production?: boolean;
  readonly id?: string;
  readonly feed?: string;
  readonly json?: true;
}

/** `walkback deploy record`: one deployment, or those of a feed. Each is recorded once, however often it is told. */
export function record(around: Surroundings, flags: RecordFlags): number {
  const told = flags.feed === undefined ? [deploymentOf(flags)] : feedOf(flags.feed);
  const nowMs = systemClock().now().ms;
  const ledger = openLedgerForWriting(around);
  try {
    const recorded = told.map((one) => ({ one, ...recordDeployment(ledger, around.user, one, nowMs) }));
    around.write(
      flags.json === true
        ? `${inertJson(
            {
              schema: 'walkback.deploy/1',
              recorded: recorded.map((each) => ({ record: each.record, new: each.isNew })),
            },
            2,
          )}\n`
        : recorded
            .map(
              ({ one, isNew }) =>
                `${inertLine(one.service)} ${inertLine(one.release)} on ${inertLine(one.environment)}: ${isNew ? 'recorded' : 'on record already'}\n`,
            )
            .join(''),
    );
    return 0;
  } finally {
    ledger.close();
  }
}

function deploymentOf(flags: RecordFlags): ToldDeployment {
  const { service, env, release, at, committed, unplanned, session, production, id } = flags;
  const read = toldDeploymentSchema.safeParse({
    service,
    environment: env,
    release,
    unplanned: unplanned === true,
    ...(at === undefined ? {} : { finished_at: at }),
    ...(committed === undefined ? {} : { committed_at: committed }),
    ...(session === undefined ? {} : { session }),
    ...(production === undefined ? {} : { production }),
    ...(id === undefined ? {} : { id }),
  });
  if (read.success) return read.data;
  throw new OperatorError('What was deployed, and where?', [
    'walkback deploy record --service shop --env production --release 2.0.0',
  ]);
}

function feedOf(file: string): readonly ToldDeployment[] {
  try {
    return parseFeed(readFileSync(file === '-' ? 0 : file, 'utf8'), file);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `${file} cannot be read.`,
      ['Give a file of JSON lines, or - for standard input.'],
      {
        cause: error,
      },
    );
  }
}

/** `walkback deploy cause`: what a session was caused by. The newest word counts; the older ones stay on record. */
export function cause(
  around: Surroundings,
  given: string,
  what: 'change' | 'external',
  flags: { readonly reason?: string; readonly release?: string },
): number {
  const reason = refuseEmptyReason(flags.reason);
  const { release = null } = flags;
  if (what === 'external' && release !== null)
    throw new OperatorError('A release is a change: it cannot be named for an external cause.', [
      'Leave --release out, or say change.',
    ]);
  const ledger = openLedgerForWriting(around);
  try {
    const session = sessionMeant(ledger, given);
    if (ledger.session(session)?.mode === 'DRILL')
      throw new OperatorError(`${session} is a drill: nothing caused it.`, ['Name a live session.']);
    const { iso } = systemClock().now();
    appendOutside(ledger, newRecordId(iso), around.user, () => [
      { type: 'cause.told', by: around.user, session, cause: what, release, reason },
    ]);
    around.write(
      `${session}: caused by ${what === 'change' ? `a change${release === null ? '' : `, ${inertLine(release)}`}` : 'something else than a change'}\n`,
    );
    return 0;
  } finally {
    ledger.close();
  }
}

/** `walkback deploy list`: newest first. */
export function list(
  around: Surroundings,
  flags: { readonly service?: string; readonly since?: string; readonly json?: true },
): number {
  const nowMs = systemClock().now().ms;
  const fromMs = flags.since === undefined ? null : momentOf('--since', flags.since, nowMs);
  const ledger = openLedgerForReading(around);
  const query = { fromMs, toMs: null, ...(flags.service === undefined ? {} : { service: flags.service }) };
  const deployments = (ledger?.deployments(query) ?? []).toReversed();
  ledger?.close();
  around.write(
    flags.json === true
      ? `${inertJson({ schema: 'walkback.deployments/1', deployments }, 2)}\n`
      : deployments.length === 0
        ? 'No deployments on record.\n'
        : tableOf(deployments, around.columns || 120),
  );
  return 0;
}

const tableOf = (deployments: readonly Deployment[], width: number): string =>
  alignedTable(
    deployments,
    [
      { title: 'finished (UTC)', value: ({ finishedMs }) => dateText(isoOf(finishedMs)) },
      { title: 'service', value: ({ service }) => service, shrinks: true },
      { title: 'release', value: ({ release }) => release, shrinks: true },
      {
        title: 'where',
        value: ({ environment, production }) => `${environment}${production ? '' : ' (not production)'}`,
      },
      { title: 'planned', value: ({ unplanned }) => (unplanned ? 'no' : 'yes') },
    ],
    width,
  );
