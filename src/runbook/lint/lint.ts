import type { Runbook } from '../model.ts';
import type { Node } from '../node.ts';
import type { Problem } from '../problem.ts';
import { lintApprovals } from './approvals.ts';
import { lintAuthority } from './authority.ts';
import { lintChanges } from './changes.ts';
import { lintComms } from './comms.ts';
import { lintComparisons } from './comparisons.ts';
import { lintData } from './data.ts';
import { lintDecisions } from './decisions.ts';
import { lintEnvironments } from './environments.ts';
import { lintIds } from './ids.ts';
import { lintLearning } from './learning.ts';
import { bookOf } from './places.ts';
import { lintSecrets } from './secrets.ts';
import { lintSmokes } from './smokes.ts';
import { lintStandbys } from './standbys.ts';
import { lintStateful } from './stateful.ts';
import { lintTemplate } from './templates.ts';
import { lintTriggers } from './triggers.ts';
import { lintVersions } from './versions.ts';
import { lintWays } from './ways.ts';

export interface Linted {
  readonly problems: readonly Problem[];
  /** What has to be mended before this runbook may run in production; empty for one that may. */
  readonly barsProduction: readonly Problem[];
}

/** Every rule that needs the whole runbook. The proofs on its graph are made elsewhere. */
export function lint(
  runbook: Runbook,
  root: Node,
  debts: ReadonlyMap<string, readonly string[]>,
  alone: boolean,
): Linted {
  const book = bookOf(runbook, root, debts, alone);
  const changes = lintChanges(book);
  const environments = lintEnvironments(book);
  const always = [
    ...lintIds(book),
    ...lintWays(book),
    ...changes.always,
    ...lintDecisions(book),
    ...lintApprovals(book),
    ...lintAuthority(book),
    ...lintSecrets(runbook),
    ...environments.always,
    ...lintTriggers(book),
    ...lintComparisons(book),
    ...lintSmokes(book),
    ...lintComms(book),
    ...lintData(book),
    ...lintStateful(book),
    ...lintStandbys(book),
    ...lintLearning(book),
    ...lintVersions(runbook),
    ...lintTemplate(book),
  ];
  const byMaturity = [...changes.byMaturity, ...environments.byMaturity];
  if (runbook.maturity === 'production') return { problems: [...always, ...byMaturity], barsProduction: [] };
  // A draft may lack what a reviewed runbook must have; it may not run in production with it.
  const warned = byMaturity.map((one): Problem => ({ ...one, severity: 'warning' }));
  return { problems: [...always, ...warned], barsProduction: warned };
}
