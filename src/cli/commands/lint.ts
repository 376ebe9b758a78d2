import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OperatorError, exitCode } from '../../errors.ts';
import { inertJson } from '../../report/inert.ts';
import { sarif } from '../../report/sarif.ts';
import { fasterBySwitch, type PastRollback } from '../../judge/faster-way.ts';
import { formatProblem, problem, type Problem } from '../../runbook/problem.ts';
import { reusedFlagProblems, type TurnedFlag } from '../../runbook/reused-flags.ts';
import { explain, lintRules } from '../lint-rules.ts';
import { inertLines } from '../inert-line.ts';
import { openLedgerForReading } from '../ledger.ts';
import { examineAny } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

export interface LintFlags {
  readonly explain?: string;
  readonly json?: true;
  readonly format?: LintFormat;
}

type LintFormat = 'text' | 'json' | 'sarif';

/** `walkback lint`: text, references, types and graph proofs. Executes nothing. */
export function lint(around: Surroundings, files: readonly string[], flags: LintFlags): number {
  if (flags.explain !== undefined) return explainCode(around, flags.explain);
  if (files.length === 0) throw new OperatorError('Which runbook?', ['walkback lint RUNBOOK…']);
  const { turned, rollbacks } = pastOf(around);
  const overlays = overlaysHere(around);
  const results = files.map((file) => {
    const { loaded, problems } = examineAny(file, overlays);
    if (!loaded.ok) return { file, problems };
    const reused = reusedFlagProblems(loaded.runbook, turned);
    const faster = fasterBySwitch(loaded.runbook, rollbacks);
    const slow = faster === null ? [] : [problem('WB862', faster.at, faster.text)];
    return { file, problems: [...problems, ...reused, ...slow] };
  });
  const problems = results.flatMap(({ file, problems: found }) =>
    found.map((problem) => ({ ...problem, at: { ...problem.at, file: placed(file, problem.at.file) } })),
  );
  const format = flags.json === true ? 'json' : (flags.format ?? 'text');
  around.write(written[format](problems, around, files.length));
  return problems.some(({ severity }) => severity === 'error') ? exitCode.usage : exitCode.done;
}

interface Past {
  readonly turned: readonly TurnedFlag[];
  readonly rollbacks: readonly PastRollback[];
}

/** What this person's ledger knows of earlier sessions; nothing where there is no ledger. */
function pastOf(around: Surroundings): Past {
  const ledger = openLedgerForReading(around);
  if (ledger === null) return { turned: [], rollbacks: [] };
  try {
    return { turned: ledger.turnedFlags(), rollbacks: ledger.rollbacks() };
  } finally {
    ledger.close();
  }
}

const written: Readonly<
  Record<LintFormat, (problems: readonly Problem[], around: Surroundings, files: number) => string>
> = {
  text: (problems, _around, files) => {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const found = problems.map((problem) => `${inertLines(formatProblem(problem))}\n`).join('');
    return `${found}${files} ${files === 1 ? 'runbook' : 'runbooks'}, ${errors} errors, ${problems.length - errors} warnings\n`;
  },
  json: (problems) => documentOf({ schema: 'walkback.lint/1', problems }),
  sarif: (problems, around) =>
    documentOf(sarif(problems, lintRules, { version, addressOf: (file) => addressOf(around.cwd, file) })),
};

const documentOf = (value: unknown): string => `${inertJson(value, 2)}\n`;

/** As code hosts want it: relative to where lint ran; what lies outside is named whole. */
function addressOf(cwd: string, file: string): string {
  const path = relative(cwd, resolve(cwd, file));
  if (path.startsWith('..') || isAbsolute(path)) return pathToFileURL(resolve(cwd, file)).href;
  return path.split(sep).map(encodeURIComponent).join('/');
}

/** Positions name files relative to the runbook's folder; here they are shown as they were given. */
function placed(given: string, file: string): string {
  const folder = given.slice(0, given.lastIndexOf('/') + 1);
  return `${folder}${file}`;
}

function explainCode(around: Surroundings, code: string): number {
  const text = explain(code);
  if (text === null)
    throw new OperatorError(`${code} is not a code of lint.`, ['Codes look like WB101; lint prints them.']);
  around.write(`${text}\n`);
  return exitCode.done;
}
