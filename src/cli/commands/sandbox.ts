import { join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import {
  armFault,
  disarmFault,
  sandboxDown,
  sandboxRestore,
  sandboxSnapshot,
  sandboxStatus,
  sandboxUp,
} from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { faultIds, type FaultId } from '../../sandbox/platform/faults.ts';
import { programFile } from '../program-files.ts';
import { seedOf, speedOf } from '../drills/seed-and-speed.ts';
import type { Surroundings } from '../surroundings.ts';

const folderOf = (around: Surroundings): string => join(around.dataFolder, 'sandbox');

/** `walkback sandbox up`: the shop, until `down`. */
export async function up(
  around: Surroundings,
  flags: { readonly seed: string; readonly speed: string; readonly before?: true; readonly json?: true },
): Promise<number> {
  const sandbox = await sandboxUp({
    folder: folderOf(around),
    seed: seedOf(flags.seed),
    speed: speedOf(flags.speed),
    version: flags.before === true ? 'before' : 'released',
    entry: programFile(around, 'sandbox'),
    runtime: around.runtime,
  });
  return told(around, sandbox, flags.json === true);
}

export async function status(around: Surroundings, flags: { readonly json?: true }): Promise<number> {
  const found = await sandboxStatus({ folder: folderOf(around) });
  switch (found.status) {
    case 'none':
    case 'broken':
      around.write(
        flags.json === true
          ? `${JSON.stringify({ schema: 'walkback.sandbox/1', status: found.status })}\n`
          : withoutSandbox[found.status],
      );
      return found.status === 'none' ? exitCode.done : exitCode.failed;
    case 'up':
      return told(around, found.sandbox, flags.json === true);
  }
}

const withoutSandbox = {
  none: 'no sandbox is up\n',
  broken: 'a sandbox was started and does not answer: walkback sandbox down\n',
} as const;

function told(around: Surroundings, sandbox: Sandbox, json: boolean): number {
  const { folder, bin, values, instances, speed } = sandbox;
  if (json)
    around.write(
      `${JSON.stringify({ schema: 'walkback.sandbox/1', status: 'up', folder, bin, values, instances, speed }, null, 2)}\n`,
    );
  else {
    around.write(`the shop is up in ${folder} (${speed} domain seconds a second)\n`);
    for (const [name, value] of Object.entries(values))
      around.write(`  ${name.padEnd(13)}${String(value)}\n`);
    for (const { name, url } of instances) around.write(`  ${name.padEnd(13)}${url}\n`);
    around.write(`its own command: PATH=${bin}:$PATH WALKBACK_SANDBOX=${folder} shopctl --help\n`);
  }
  return exitCode.done;
}

export async function fault(
  around: Surroundings,
  id: string,
  flags: { readonly disarm?: true; readonly seed: string },
): Promise<number> {
  const folder = folderOf(around);
  if (flags.disarm === true) {
    await disarmFault({ folder });
    around.write('disarmed\n');
    return exitCode.done;
  }
  await armFault({ folder, fault: faultOf(id), seed: seedOf(flags.seed), afterMs: 0 });
  around.write(`${id} armed\n`);
  return exitCode.done;
}

export async function snapshot(around: Surroundings): Promise<number> {
  await sandboxSnapshot({ folder: folderOf(around) });
  around.write('kept\n');
  return exitCode.done;
}

export async function restore(around: Surroundings): Promise<number> {
  await sandboxRestore({ folder: folderOf(around) });
  around.write('put back\n');
  return exitCode.done;
}

export async function down(around: Surroundings): Promise<number> {
  const folder = folderOf(around);
  const found = await sandboxStatus({ folder });
  await sandboxDown({ folder });
  if (found.status === 'none') {
    around.write('no sandbox was up\n');
    return exitCode.done;
  }
  around.write('the shop is down; nothing is left behind\n');
  return exitCode.done;
}

/** A fault that the sandbox can inject. */
export function faultOf(id: string): FaultId {
  const wanted = id.toUpperCase();
  const found = faultIds.find((known) => known === wanted);
  if (found !== undefined) return found;
  throw new OperatorError(`There is no fault ${id}.`, [`The sandbox knows: ${faultIds.join(', ')}.`]);
}
