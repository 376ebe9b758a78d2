import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { exitCode, OperatorError } from '../../errors.ts';
import { openLedgerForReading } from '../ledger.ts';
import { programFile } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warn' | 'bad';
  readonly detail: string;
}

const enoughBytes = 64 * 1024 * 1024;
/** Programs that walkback itself or common steps use, and what is lost without them. */
const tools = [
  ['ssh-keygen', 'approvals and reviews cannot be signed or verified'],
  ['git', 'the sandbox and pinned runbooks'],
  ['less', 'the pager (or set PAGER)'],
  ['ssh', 'steps on other hosts'],
  ['kubectl', 'steps in pods'],
  ['docker', 'steps in containers'],
] as const;

/** `walkback doctor`: what is wrong here, and what to do about it. Changes nothing. */
export async function doctor(around: Surroundings, flags: { readonly json?: true }): Promise<number> {
  const findings = [
    runtime(),
    ...programs(around),
    ...ledger(around),
    disk(around),
    ...tools.map(([name, lost]) => tool(around, name, lost)),
    terminal(around),
  ];
  if (flags.json === true)
    around.write(`${JSON.stringify({ schema: 'walkback.doctor/1', version, findings }, null, 2)}\n`);
  else
    for (const { what, state, detail } of findings)
      around.write(`${state.padEnd(4)}  ${what.padEnd(14)} ${detail}\n`);
  return findings.some(({ state }) => state === 'bad') ? exitCode.failed : exitCode.done;
}

const runtime = (): Finding => ({
  what: 'runtime',
  state: 'ok',
  detail: `Node.js ${process.versions.node}, walkback ${version}`,
});

function programs(around: Surroundings): readonly Finding[] {
  return (['supervisor', 'sandbox', 'sqlite-process'] as const).map((name) => {
    const file = programFile(around, name);
    return existsSync(file)
      ? { what: name, state: 'ok', detail: file }
      : { what: name, state: 'bad', detail: `${file} is missing: build the program again (npm run build)` };
  });
}

function ledger(around: Surroundings): readonly Finding[] {
  try {
    const open = openLedgerForReading(around);
    if (open === null)
      return [{ what: 'ledger', state: 'ok', detail: `none yet; it will be ${around.ledgerPath}` }];
    const sessions = open.sessions({ limit: 1000, open: true });
    const broken = sessions.filter(({ id }) => !open.verify(id).ok);
    const owed = open.obligations({ open: true }).length;
    const warnings = open.warnings().map((detail): Finding => ({ what: 'ledger', state: 'warn', detail }));
    open.close();
    return [
      broken.length === 0
        ? {
            what: 'ledger',
            state: 'ok',
            detail: `${around.ledgerPath}: ${sessions.length} open sessions, ${owed} debts, chains verified`,
          }
        : {
            what: 'ledger',
            state: 'bad',
            detail: `chains broken: ${broken.map(({ id }) => id).join(', ')} (walkback verify)`,
          },
      ...warnings,
    ];
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [{ what: 'ledger', state: 'bad', detail: `${error.message} ${error.nextSteps[0]}` }];
  }
}

function disk(around: Surroundings): Finding {
  let folder = around.dataFolder;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const detail = `${Math.round(free / 1_048_576)} MB free in ${folder}`;
  return { what: 'disk', state: free < enoughBytes ? 'bad' : 'ok', detail };
}

function tool(around: Surroundings, name: string, lost: string): Finding {
  const found = (around.env['PATH'] ?? '').split(delimiter).find((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return found === undefined
    ? { what: name, state: 'warn', detail: `not found: ${lost}` }
    : { what: name, state: 'ok', detail: join(found, name) };
}

function terminal(around: Surroundings): Finding {
  const term = around.env['TERM'] ?? 'unset';
  if (!around.isTerminal)
    return { what: 'terminal', state: 'warn', detail: 'none: the linear front end is used' };
  const small = around.columns < 60 || around.rows < 16;
  return {
    what: 'terminal',
    state: small ? 'warn' : 'ok',
    detail: `${around.columns}×${around.rows}, TERM=${term}${small ? ': too small for the full screen (60×16)' : ''}`,
  };
}
