import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { type Overlay, heldPlace, overlayNamed } from '../../runbook/overlay.ts';
import { namesProduction } from '../../runbook/production.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { overlaysHere, recordedOverlays } from '../trust/overlay.ts';
import { shippedFolder } from '../program-files.ts';
import { newRecordId } from '../records/record-id.ts';
import {
  askedBy,
  type BreakGlass,
  breakGlassFlags,
  breakGlassReason,
  refuseWeakBreakGlass,
} from '../trust/review.ts';
import { pinFile, pinnedFolder, writeStartFile } from './session-folder.ts';
import type { StartFile } from './session-folder.ts';
import { namedRunbook, type Started } from './start-session.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

export interface AdhocRequest {
  readonly title: string;
  /** What is worked on: with the environment it is the target that every command is shown with. */
  readonly service: string;
  readonly environment: string | null;
  readonly breakGlass: BreakGlass | null;
}

const file = 'adhoc.yaml';
/**
 * A session without a runbook: a tiny one that ships with the program, whose one loop asks what next and runs what is
 * typed. It is pinned like any other, so that recovery, debts, exports and proofs are those of any session. Where an overlay
 * asks for a review there, it starts by break-glass only: nobody can review what is typed later.
 */
export function prepareAdhoc(
  around: Surroundings,
  request: AdhocRequest,
  session: string = newRecordId(systemClock().now().iso),
): Started {
  const title = oneLine('--title', request.title, 200);
  const service = oneLine('--service', request.service, 64);
  const environment = request.environment === null ? '' : nameOf(request.environment);
  const overlays = overlaysHere(around);
  const mayOnlyByBreakGlass = needsBreakGlass(around, overlays, request);
  const { breakGlass } = request;
  openLedgerForWriting(around).close(); // where nothing can be recorded, nothing starts
  const start: StartFile = {
    version: 1,
    session,
    runbook: file,
    root: around.cwd, // commands run where the operator stands
    environment,
    mode: 'LIVE',
    inputs: {},
    values: {},
    env: {},
    speed: 1,
    epoch: null,
    user: around.user,
    adhoc: true,
    ...(mayOnlyByBreakGlass && breakGlass !== null ? { reviewOwedBy: breakGlass.second } : {}),
  };
  const text = readFileSync(join(shippedFolder(around, 'runbooks'), 'adhoc', file), 'utf8')
    .replace(/^title: .*$/m, () => `title: ${JSON.stringify(title)}`)
    .replace(/^service: .*$/m, () => `service: ${JSON.stringify(service)}`);
  writeStartFile(around, start);
  pinFile(around, session, file, new TextEncoder().encode(text));
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), file));
  return {
    start,
    runbook,
    secrets: {},
    first: {
      type: 'session.started',
      by: around.user,
      runbook: namedRunbook(runbook),
      mode: 'LIVE',
      environment,
      production: namesProduction(environment),
      inputs: {},
      speed: 1,
      program: `walkback ${version}`,
      ...recordedOverlays(overlays),
      review: mayOnlyByBreakGlass ? 'break_glass' : 'not_required',
      reason: breakGlass === null ? null : breakGlassReason(breakGlass),
    },
  };
}

/** Whether these overlays let it start by break-glass only; what of them holds is said, and what cannot. */
function needsBreakGlass(
  around: Surroundings,
  overlays: readonly Overlay[],
  { environment, breakGlass }: AdhocRequest,
): boolean {
  if (overlays.length === 0) return false;
  const asking = heldPlace(overlays, environment);
  around.warn(
    `walkback: without a runbook, of ${overlays.map(overlayNamed).join(' and ')} only the review holds: ` +
      'blocks and lint are of runbooks, and no guard proves where the commands go\n',
  );
  if (!asking.reviewRequired) return false;
  if (breakGlass === null)
    throw new OperatorError(
      `What is typed in ${asking.id} can be reviewed by nobody beforehand, and a review is needed there${askedBy(asking)}.`,
      [
        `In an emergency: ${breakGlassFlags} (they look at it afterwards, and that is owed)`,
        ...(environment === null ? ['Or say where you are: --env staging'] : []),
      ],
      { exitCode: exitCode.refused },
    );
  refuseWeakBreakGlass(around, breakGlass);
  return true;
}

/** Text for a heading: on one line, nothing in it that is not seen. */
function oneLine(flag: string, given: string, most: number): string {
  const text = given.trim();
  if (
    text !== '' &&
    text.length <= most &&
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text) &&
    !text.includes('${{')
  )
    return text;
  throw new OperatorError(`${flag} takes a few words on one line, at most ${most} characters.`, [
    `For example: ${flag} "checkout fails since the last release"`,
  ]);
}

function nameOf(given: string): string {
  if (/^[a-z][a-z0-9_]{0,63}$/.test(given)) return given;
  throw new OperatorError(
    `“${given.slice(0, 64)}” cannot be the name of an environment.`,
    ['Use lower-case letters, digits and _: --env staging'],
    { exitCode: exitCode.usage },
  );
}
