import { OperatorError, exitCode } from '../../errors.ts';
import { proofRules } from '../../machine/proof/rules.ts';
import { explain } from '../../runbook/rules.ts';
import { formatProblem } from '../../runbook/problem.ts';
import { examineAny } from '../load.ts';
import type { Surroundings } from '../surroundings.ts';

export interface LintFlags {
  readonly explain?: string;
  readonly json?: true;
}

/** `walkback lint`: text, references, types and graph proofs. Executes nothing. */
export function lint(around: Surroundings, files: readonly string[], flags: LintFlags): number {
  if (flags.explain !== undefined) return explainCode(around, flags.explain);
  if (files.length === 0) throw new OperatorError('Which runbook?', ['walkback lint RUNBOOK…']);
  const results = files.map((file) => ({ file, ...examineAny(file) }));
  const problems = results.flatMap(({ file, problems: found }) =>
    found.map((problem) => ({ ...problem, at: { ...problem.at, file: placed(file, problem.at.file) } })),
  );
  if (flags.json === true) {
    around.write(`${JSON.stringify({ schema: 'walkback.lint/1', problems }, null, 2)}\n`);
  } else {
    for (const problem of problems) around.write(`${formatProblem(problem)}\n`);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    around.write(
      `${files.length} ${files.length === 1 ? 'runbook' : 'runbooks'}, ${errors} errors, ${problems.length - errors} warnings\n`,
    );
  }
  return problems.some(({ severity }) => severity === 'error') ? exitCode.usage : exitCode.done;
}

/** Positions name files relative to the runbook's folder; here they are shown as they were given. */
function placed(given: string, file: string): string {
  const folder = given.slice(0, given.lastIndexOf('/') + 1);
  return `${folder}${file}`;
}

function explainCode(around: Surroundings, code: string): number {
  const text = explain(code.toUpperCase()) ?? explainProof(code.toUpperCase());
  if (text === null)
    throw new OperatorError(`${code} is not a code of lint.`, ['Codes look like WB101; lint prints them.']);
  around.write(`${text}\n`);
  return exitCode.done;
}

/** The proofs on the graph have rules of their own. */
function explainProof(code: string): string | null {
  const rule = Object.entries(proofRules).find(([known]) => known === code)?.[1];
  return rule === undefined ? null : `${code} (${rule.severity}): ${rule.title}\n${rule.fix}`;
}
