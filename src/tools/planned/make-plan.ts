import { execa } from 'execa';
import { basename } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { compilePattern } from '../../runbook/pattern.ts';
import { ansiblePlan } from './ansible.ts';
import { noPlan, type Plan, type PlanFormat } from './plan.ts';
import { terraformPlan } from './terraform.ts';
import { diffPlan, helmPlan, textPlan } from './text.ts';

export interface PlanRequest {
  /** The plan command of the author, as it is. */
  readonly argv: readonly string[];
  /** Null: told by the program's name. */
  readonly format: PlanFormat | null;
  /** Lines that match one of these (RE2) are left out: they are another each time. */
  readonly ignore: readonly string[];
  readonly timeoutMs: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs the plan command and says what it would do. Every way in which that cannot be told ends with 30. */
export async function makePlan(request: PlanRequest): Promise<Plan> {
  const { argv } = request;
  const format = request.format ?? formatOf(argv[0] ?? '');
  refuseApply(format, argv);
  const ignored = request.ignore.map(patternOf);
  const output = await run(request, argv, exitsThatAreGood[format], quiet[format]);
  const kept = output
    .split('\n')
    .filter((line) => !ignored.some((matches) => matches(line)))
    .join('\n');
  switch (format) {
    case 'ansible':
      return ansiblePlan(kept);
    case 'terraform':
      return terraformPlan(await run(request, showOf(argv), [0], quiet.terraform));
    case 'helm':
      return helmPlan(kept);
    case 'diff':
      return diffPlan(kept);
    case 'text':
      return textPlan(kept);
  }
}

const formats: Readonly<Record<string, PlanFormat>> = {
  'ansible-playbook': 'ansible',
  terraform: 'terraform',
  tofu: 'terraform',
  helm: 'helm',
  kubectl: 'diff',
  diff: 'diff',
  git: 'diff',
};
const formatOf = (program: string): PlanFormat => formats[basename(program)] ?? 'text';

/** A plan changes nothing. Where the tool can do both with the same word, the argument that says so must be there. */
function refuseApply(format: PlanFormat, argv: readonly string[]): void {
  const missing = (needed: string): OperatorError =>
    new OperatorError(`This is no plan: \`${needed}\` is missing in: ${argv.join(' ')}`, [
      `Add ${needed}; without it the command would change something, or say nothing.`,
    ]);
  if (argv.length === 0) throw new OperatorError('There is no plan command.', ['Write it after --.']);
  const needed =
    format === 'ansible'
      ? ['--check', '--diff']
      : format === 'terraform'
        ? ['plan', '-out=…']
        : format === 'helm'
          ? ['diff']
          : [];
  for (const one of needed)
    if (!argv.some((word) => word === one || (one === '-out=…' && word.startsWith('-out='))))
      throw missing(one);
}

/** `diff` and `helm diff --detailed-exitcode` say by their exit code that there is something. */
const exitsThatAreGood: Readonly<Record<PlanFormat, readonly number[]>> = {
  ansible: [0],
  terraform: [0, 2],
  helm: [0, 2],
  diff: [0, 1],
  text: [0],
};

/** No colours, no questions, and the output that is read here, whatever the operator has set for themselves. */
const quiet: Readonly<Record<PlanFormat, Readonly<Record<string, string>>>> = {
  ansible: {
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_CALLBACK_WHITELIST: '',
    ANSIBLE_CALLBACKS_ENABLED: '',
    ANSIBLE_DISPLAY_OK_HOSTS: '1',
    ANSIBLE_CHECK_MODE_MARKERS: '0',
    ANSIBLE_DISPLAY_FAILED_STDERR: '0',
    ANSIBLE_RETRY_FILES_ENABLED: '0',
  },
  terraform: { TF_IN_AUTOMATION: '1', TF_INPUT: '0', NO_COLOR: '1' },
  helm: { HELM_DIFF_COLOR: 'false', HELM_DIFF_NO_COLOR: 'true', NO_COLOR: '1' },
  diff: {},
  text: {},
};

async function run(
  { timeoutMs, cwd, env }: PlanRequest,
  [program = '', ...args]: readonly string[],
  good: readonly number[],
  more: Readonly<Record<string, string>>,
): Promise<string> {
  const result = await execa(program, args, {
    cwd,
    env: { ...env, LC_ALL: 'C.UTF-8', ...more },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
  });
  if (result.timedOut) throw noPlan(`${program} did not end in ${String(timeoutMs / 1000)} s`, result.stderr);
  if (result.code === 'ENOENT') throw noPlan(`${program} is not installed, or not in PATH`, '');
  if (result.exitCode === undefined || !good.includes(result.exitCode))
    throw noPlan(
      `${program} ended with ${String(result.exitCode ?? result.signal ?? 'no exit code')}`,
      `${result.stdout}\n${result.stderr}`,
    );
  return result.stdout;
}

/** The command that prints the plan that `terraform plan -out=FILE` has kept. */
function showOf(argv: readonly string[]): readonly string[] {
  const before = argv.slice(0, argv.indexOf('plan'));
  const file = argv.find((word) => word.startsWith('-out='))?.slice('-out='.length) ?? '';
  return [...before, 'show', '-json', '-no-color', file];
}

function patternOf(source: string): (line: string) => boolean {
  const compiled = compilePattern(source);
  if (compiled.ok) return (line) => compiled.pattern.matcher(line).find();
  throw new OperatorError(`--ignore ${source} is not a pattern: ${compiled.detail}`, [
    'Write a pattern of RE2.',
  ]);
}
