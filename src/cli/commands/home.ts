import { systemClock } from '../../actions/clock.ts';
import type { HomeData } from '../../ui/home/home-data.ts';
import { fullScreenFits } from '../hosting/full-screen-fits.ts';
import { inertLine } from '../inert-line.ts';
import { homeLists, homeRunbooks } from '../records/home-lists.ts';
import { peopleIn } from '../proposals/proposals-here.ts';
import type { Surroundings } from '../surroundings.ts';
import { settleForInk } from '../surroundings.ts';
import type { FrontFlags } from './run.ts';

/** `walkback` alone: what is open and owed first, then what can be run. */
export async function home(around: Surroundings, flags: FrontFlags): Promise<number> {
  const lists = homeLists(around);
  const data: HomeData = { ...lists, runbooks: homeRunbooks(around) };
  if (!fullScreenFits(around, { plain: flags.plain === true })) return printHome(around, data);
  settleForInk(around);
  const { runHomeScreen } = await import('../../ui/run-home.tsx');
  const clock = systemClock();
  // what the ledger warns of has been said once; on the screen it would only be drawn over
  const quiet = { ...around, warn: () => undefined };
  const choice = await runHomeScreen({
    data,
    reload: () => ({ ...homeLists(quiet), runbooks: data.runbooks }),
    after: clock.after,
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
    case 'start': {
      const { runProposal } = await import('./run-proposal.ts');
      const { proposal, runbook, environment } = choice;
      const where = environment === '' ? {} : { env: environment };
      return runProposal(around, { proposal, runbook, ...where }, flags);
    }
    case 'dismiss': {
      const { dismissProposal } = await import('./proposals.ts');
      dismissProposal(around, choice.proposal, choice.reason, peopleIn(choice.present));
      return home(around, flags);
    }
    case 'history': {
      const { history } = await import('./history.ts');
      await history(around, undefined, undefined, { ...flags, limit: '50' });
      return home(around, flags);
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

function printHome(around: Surroundings, data: HomeData): number {
  around.write(`proposed: ${data.proposals.length}\n`);
  for (const { id, what, environment, words } of data.proposals)
    around.write(
      `  ${id}  ${inertLine(what)}${environment === '' ? '' : ` (${inertLine(environment)})`}, ${inertLine(words)}: walkback proposals --start ${id}\n`,
    );
  around.write(`open sessions: ${data.sessions.length}\n`);
  for (const { id, title, environment, status } of data.sessions)
    around.write(`  ${id}  ${title} (${environment}) ${status}: walkback resume ${id}\n`);
  around.write(`owed: ${data.obligations.length}\n`);
  for (const { key, title, session, overdue } of data.obligations)
    around.write(
      `  ${key}  ${title}${overdue ? ' OVERDUE' : ''}: walkback obligations --release ${key} --session ${session}\n`,
    );
  around.write('runbooks:\n');
  for (const { id, title, readiness } of data.runbooks)
    around.write(`  ${id}  ${title}${readiness === null ? '' : ` (${readiness})`}\n`);
  return 0;
}
