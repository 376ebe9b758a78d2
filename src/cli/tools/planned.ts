import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { parseDuration } from '../../runbook/duration.ts';
import { isPartOf } from '../../tools/planned/ansible.ts';
import { makePlan } from '../../tools/planned/make-plan.ts';
import { hashOf, planHash, type Plan, type PlanFormat } from '../../tools/planned/plan.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';

export interface PlannedFlags {
  readonly format?: PlanFormat;
  readonly ignore: readonly string[];
  readonly timeout: string;
  readonly refuseDestroy?: true;
  readonly json?: true;
}

/** `walkback planned show`: what an apply would do, and the hash that is agreed to. */
export async function show(
  around: Surroundings,
  argv: readonly string[],
  flags: PlannedFlags & { readonly keep?: string },
): Promise<number> {
  const plan = await planOf(around, argv, flags);
  if (flags.keep !== undefined)
    writeFileSync(resolve(around.cwd, flags.keep), plan.canonical, { mode: 0o600 });
  const destroys = flags.refuseDestroy === true && plan.destroys.length > 0;
  say(around, flags, plan, destroys ? 'destroys' : 'planned');
  return destroys ? exitCode.failed : exitCode.done;
}

/** `walkback planned check`: it is made again, and has to be the one that was agreed to. */
export async function check(
  around: Surroundings,
  argv: readonly string[],
  flags: PlannedFlags & { readonly hash: string; readonly partOf?: string },
): Promise<number> {
  if (!/^sha256:[0-9a-f]{64}$/.test(flags.hash))
    throw new OperatorError(`“${inertLine(flags.hash)}” is not the hash of a plan.`, [
      'Take it from the last line of `walkback planned show`: sha256: and 64 digits.',
    ]);
  const plan = await planOf(around, argv, flags);
  const same =
    flags.partOf === undefined
      ? planHash(plan) === flags.hash
      : isPartOf(plan, keptPlan(around, flags.partOf, flags.hash));
  say(around, flags, plan, same ? 'as agreed' : 'another plan than the one that was agreed to');
  return same ? exitCode.done : exitCode.failed;
}

/** `walkback planned empty`: nothing is left to do, and nobody has changed anything by hand. */
export async function empty(
  around: Surroundings,
  argv: readonly string[],
  flags: PlannedFlags,
): Promise<number> {
  const plan = await planOf(around, argv, flags);
  const nothing = plan.changes === 0 && plan.drift.length === 0;
  say(around, flags, plan, nothing ? 'nothing to do' : 'not empty');
  return nothing ? exitCode.done : exitCode.failed;
}

/** The whole plan that was agreed to: what its hash says, and nothing else. */
function keptPlan(around: Surroundings, file: string, hash: string): string {
  let text: string;
  try {
    text = readFileSync(resolve(around.cwd, file), 'utf8');
  } catch (error) {
    throw new OperatorError(
      `The plan that was agreed to cannot be read: ${inertLine(String(error))}`,
      ['Make it again: walkback planned show --keep FILE, and agree to that one.'],
      { exitCode: exitCode.unknown },
    );
  }
  if (hashOf(text) === hash) return text;
  throw new OperatorError(
    `${inertLine(file)} is not the plan that was agreed to.`,
    ['Make it again: walkback planned show --keep FILE, and agree to that one.'],
    { exitCode: exitCode.failed },
  );
}

function planOf(around: Surroundings, argv: readonly string[], flags: PlannedFlags): Promise<Plan> {
  const timeoutMs = parseDuration(flags.timeout);
  if (timeoutMs === null || timeoutMs <= 0)
    throw new OperatorError(`--timeout ${inertLine(flags.timeout)} is not a duration.`, ['Write 90s or 5m.']);
  const { format = null, ignore } = flags;
  return makePlan({ argv, format, ignore, timeoutMs, cwd: around.cwd, env: around.env });
}

function say(around: Surroundings, flags: PlannedFlags, plan: Plan, verdict: string): void {
  const { text, changes, destroys, drift } = plan;
  const hash = planHash(plan);
  if (flags.json === true) {
    around.write(`${JSON.stringify({ verdict, hash, changes, destroys, drift, text }, null, 2)}\n`);
    return;
  }
  const lines = [
    ...(text === '' ? [] : text.split('\n').map(inertLine)),
    ...destroys.map((one) => `destroys: ${inertLine(one)}`),
    `${verdict}: ${String(changes)} ${changes === 1 ? 'change' : 'changes'}, ${String(destroys.length)} destroyed`,
    `plan ${hash}`,
  ];
  around.write(`${lines.join('\n')}\n`);
}
