import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../actions/clock.ts';
import { OperatorError, exitCode } from '../errors.ts';
import { openLedgerForWriting } from './ledger.ts';
import { loadOrRefuse } from './load.ts';
import { shippedFolder } from './program-files.ts';
import { newRecordId } from './record-id.ts';
import { pinFile, pinnedFolder, writeStartFile } from './session-folder.ts';
import type { StartFile } from './session-folder.ts';
import { namedRunbook, type Started } from './start-session.ts';
import type { Surroundings } from './surroundings.ts';
import { version } from './version.ts';

export interface AdhocRequest {
  readonly title: string;
  /** What is worked on: with the environment it is the target that every command is shown with. */
  readonly service: string;
  readonly environment: string | null;
}

const file = 'adhoc.yaml';
/** Environments whose name alone asks for the target to be typed before the first change. */
const production = /^prod(uction)?$/;

/**
 * A session without a runbook: a tiny one that ships with the program, whose one loop asks what next and runs what is
 * typed. It is pinned like any other, so that recovery, debts, exports and proofs are those of any session.
 */
export function prepareAdhoc(around: Surroundings, request: AdhocRequest): Started {
  const title = oneLine('--title', request.title, 200);
  const service = oneLine('--service', request.service, 64);
  const environment = request.environment === null ? '' : nameOf(request.environment);
  openLedgerForWriting(around).close(); // where nothing can be recorded, nothing starts
  const session = newRecordId(systemClock().now().iso);
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
      production: production.test(environment),
      inputs: {},
      speed: 1,
      program: `walkback ${version}`,
      review: 'not_required',
      reason: null,
    },
  };
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
