import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import type { HomeData } from '../../ui/home/home-data.ts';
import { openLedgerForReading } from '../ledger.ts';
import { fullScreenFits } from '../attend.ts';
import { examine } from '../load.ts';
import { shippedFolder } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { settleForInk } from '../surroundings.ts';
import type { FrontFlags } from './run.ts';

/** `walkback` alone: what is open and owed first, then what can be run. */
export async function home(around: Surroundings, flags: FrontFlags): Promise<number> {
  const data = homeData(around);
  if (!fullScreenFits(around, { plain: flags.plain === true })) return printHome(around, data);
  settleForInk(around);
  const { runHomeScreen } = await import('../../ui/run-home.tsx');
  const clock = systemClock();
  const choice = await runHomeScreen({
    data,
    stdin: process.stdin,
    stdout: process.stdout,
    options: {
      ascii: flags.ascii === true,
      noColor: (around.env['NO_COLOR'] ?? '') !== '',
      user: around.user,
      now: () => clock.now(),
    },
  });
  switch (choice.kind) {
    case 'quit':
      return 0;
    case 'resume': {
      const { resume } = await import('./resume.ts');
      return resume(around, choice.session, flags);
    }
    case 'release': {
      const { obligations } = await import('./obligations.ts');
      return obligations(around, { session: choice.session, release: choice.key });
    }
    case 'run': {
      const { run } = await import('./run.ts');
      return run(around, choice.runbook, { ...flags, input: {} });
    }
    case 'drill': {
      const { drill } = await import('./drill.ts');
      return drill(around, choice.runbook, { ...flags, seed: '1', input: {} });
    }
  }
}

function homeData(around: Surroundings): HomeData {
  const ledger = openLedgerForReading(around);
  const rows = ledger?.sessions({ limit: 50, open: true }) ?? [];
  const owed = ledger?.obligations({ open: true }) ?? [];
  const drills = ledger?.sessions({ limit: 500 }).filter(({ mode }) => mode === 'DRILL') ?? [];
  ledger?.close();
  return {
    sessions: rows.map((row) => ({
      id: row.id,
      service: row.service,
      title: row.title,
      environment: row.environment,
      mode: row.mode,
      status: row.status,
      startedAt: row.started,
      owed: row.openDebts,
    })),
    obligations: owed.map(({ opened, ...debt }) => ({ ...debt, openedAt: opened })),
    runbooks: runbooksHere(around).map((file) => runbookLine(file, drills)),
  };
}

/** Runbooks of this folder's `runbooks/`, else those that ship with the program. */
function runbooksHere(around: Surroundings): readonly string[] {
  const own = yamlIn(join(around.cwd, 'runbooks'));
  return own.length > 0 ? own : yamlIn(shippedFolder(around, 'runbooks'));
}

function yamlIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function runbookLine(
  file: string,
  drills: readonly { readonly runbook: string; readonly started: string }[],
): HomeData['runbooks'][number] {
  const { loaded, problems } = examine(file);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (!loaded.ok || errors > 0) {
    return {
      id: file,
      title: file.slice(file.lastIndexOf('/') + 1),
      maturity: 'broken',
      lastDrill: null,
      readiness: `${errors} errors: walkback lint`,
    };
  }
  const { runbook } = loaded;
  const last = drills.find((row) => row.runbook === runbook.id)?.started ?? null;
  return {
    id: file,
    title: runbook.title,
    maturity: runbook.maturity,
    lastDrill: last,
    readiness: last === null ? 'never practised' : null,
  };
}

function printHome(around: Surroundings, data: HomeData): number {
  around.write(`open sessions: ${data.sessions.length}\n`);
  for (const { id, title, environment, status } of data.sessions)
    around.write(`  ${id}  ${title} (${environment}) ${status}: walkback resume ${id}\n`);
  around.write(`owed: ${data.obligations.length}\n`);
  for (const { key, title, session } of data.obligations)
    around.write(`  ${key}  ${title}: walkback obligations --release ${key} --session ${session}\n`);
  around.write('runbooks:\n');
  for (const { id, title, readiness } of data.runbooks)
    around.write(`  ${id}  ${title}${readiness === null ? '' : ` (${readiness})`}\n`);
  return 0;
}
