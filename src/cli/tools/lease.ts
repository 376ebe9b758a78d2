import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import { isoOf } from '../../machine/iso-time.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { databasePlace, withDatabase } from '../../tools/database.ts';
import type { DatabasePlace } from '../../tools/database/model.ts';
import { guardSql } from '../../tools/lease/fence.ts';
import {
  acquireLease,
  leaseState,
  releaseLease,
  renewLease,
  type Lease,
  type LeaseAnswer,
} from '../../tools/lease/lease.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { systemTimes } from './times.ts';

export interface LeaseFlags {
  readonly file?: string;
  readonly postgres?: true;
  readonly holder: string;
  readonly token?: string;
  readonly ttl: string;
  readonly wait: string;
  readonly json?: true;
}

/** A file is made where there is none: readable by its owner alone. */
function placeOf(flags: Pick<LeaseFlags, 'file' | 'postgres'>, around: Surroundings): DatabasePlace {
  const { file, postgres } = flags;
  if (file === undefined) return databasePlace(postgres === undefined ? {} : { postgres }, around.env);
  if (postgres !== undefined) return databasePlace({ postgres, sqlite: file }, around.env);
  closeSync(openSync(file, 'a', 0o600));
  return { kind: 'sqlite', file };
}

function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new OperatorError(`${flag} ${inertLine(text)} is no duration.`, ['Write one, like 60s.']);
}

function tokenOf({ token }: Pick<LeaseFlags, 'token'>): number | null {
  if (token === undefined) return null;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw new OperatorError(`--token ${inertLine(token)} is no token.`, [
    'Give the number that `lease acquire` printed.',
  ]);
}

const shown = (lease: Lease): Readonly<Record<string, string | number | boolean>> => ({
  resource: lease.resource,
  held: lease.leftMs > 0,
  holder: lease.holder,
  token: lease.token,
  until: isoOf(lease.untilMs),
});

const textOf = (lease: Lease): string =>
  lease.leftMs > 0
    ? `${lease.resource} is held by ${lease.holder} with token ${String(lease.token)} until ${isoOf(lease.untilMs)}`
    : `${lease.resource} is free; token ${String(lease.token)} was the last`;

function tell(around: Surroundings, flags: Pick<LeaseFlags, 'json'>, lease: Lease): number {
  around.write(
    flags.json === true ? `${JSON.stringify(shown(lease), null, 2)}\n` : `${inertLine(textOf(lease))}\n`,
  );
  return exitCode.done;
}

function refuse(resource: string, answer: Extract<LeaseAnswer, { ok: false }>, step: string): never {
  const now = answer.lease === null ? '' : ` ${textOf(answer.lease)}.`;
  throw new OperatorError(`${inertLine(resource)}: ${inertLine(answer.detail)}.${inertLine(now)}`, [step], {
    exitCode: exitCode.failed,
  });
}

/** `walkback lease acquire`: takes a lease that nobody holds, and prints its token. */
export async function acquire(around: Surroundings, resource: string, flags: LeaseFlags): Promise<number> {
  const ttlMs = durationOf('--ttl', flags.ttl);
  const times = systemTimes();
  const until = times.now() + durationOf('--wait', flags.wait);
  return withDatabase(placeOf(flags, around), {}, async (database) => {
    for (;;) {
      const answer = await acquireLease(database, resource, flags.holder, ttlMs);
      if (answer.ok) return tell(around, flags, answer.lease);
      if (times.now() >= until)
        refuse(resource, answer, 'Ask the holder to give it back, or wait until it runs out: --wait 2m');
      await pause(Math.min(200, Math.max(1, answer.lease?.leftMs ?? 0)));
    }
  });
}

/** `walkback lease renew`: the whole time again, for who still holds it. */
export async function renew(around: Surroundings, resource: string, flags: LeaseFlags): Promise<number> {
  const ttlMs = durationOf('--ttl', flags.ttl);
  return withDatabase(placeOf(flags, around), {}, async (database) => {
    const answer = await renewLease(database, resource, flags.holder, tokenOf(flags) ?? -1, ttlMs);
    if (answer.ok) return tell(around, flags, answer.lease);
    return refuse(
      resource,
      answer,
      'Change nothing more. Look at what the new holder did, then acquire it anew.',
    );
  });
}

/** `walkback lease release`: gives it back; says so where it was not held any more. */
export async function release(around: Surroundings, resource: string, flags: LeaseFlags): Promise<number> {
  return withDatabase(placeOf(flags, around), {}, async (database) => {
    const held = await releaseLease(database, resource, flags.holder, tokenOf(flags));
    const lease = await leaseState(database, resource);
    if (!held && flags.json !== true) around.write(`${inertLine(flags.holder)} did not hold it any more\n`);
    if (lease !== null) return tell(around, flags, lease);
    around.write(flags.json === true ? '{}\n' : `nobody ever held ${inertLine(resource)}\n`);
    return exitCode.done;
  });
}

/** `walkback lease state`: who holds it. */
export async function state(
  around: Surroundings,
  resource: string,
  flags: Omit<LeaseFlags, 'holder'> & { readonly holder?: string },
): Promise<number> {
  return withDatabase(placeOf(flags, around), {}, async (database) => {
    const lease = await leaseState(database, resource);
    if (lease === null)
      around.write(
        flags.json === true
          ? `${JSON.stringify({ resource, held: false, holder: null, token: 0, until: null }, null, 2)}\n`
          : `${inertLine(resource)} is free; nobody ever held it\n`,
      );
    else tell(around, flags, lease);
    const mine = lease !== null && lease.leftMs > 0 && lease.holder === flags.holder;
    return flags.holder === undefined || mine ? exitCode.done : exitCode.failed;
  });
}

/** `walkback lease guard-sql`: what makes a database refuse stale holders by itself. */
export function guard(around: Surroundings, resource: string, flags: { readonly sqlite?: true }): number {
  const sql = guardSql(flags.sqlite === true ? 'sqlite' : 'postgres', resource);
  around.write(
    `-- once, in the database that is written to\n${sql.once}\n-- first in every transaction that writes\n${sql.each}`,
  );
  return exitCode.done;
}
