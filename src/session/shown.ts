import { createHash } from 'node:crypto';
import type { Context, Debt } from '../machine/context.ts';
import { debtAt } from '../machine/debts.ts';
import { mutates } from '../machine/may-run.ts';
import { wayAt } from '../machine/places.ts';
import type { Shown } from '../machine/facts/values.ts';
import type { Check, Command, Condition, Template, Where } from '../runbook/model/values.ts';
import type { Route, Step } from '../runbook/model/step.ts';
import { formatDuration } from '../runbook/duration.ts';
import { comparisonWords } from './comparison-words.ts';
import { smokeWords } from './smoke-words.ts';
import type { Job, Reader } from './kit.ts';
import type { ReadyCommand } from './ports.ts';
import { titleAt } from '../machine/titles.ts';
import { probeName } from './probe-name.ts';
import { isGated } from './start-gate.ts';

/** What a place is about to do: the step's own command, an undo, or the way back of a debt. */
export interface Subject {
  readonly title: string | Template;
  readonly command: Command | null;
  readonly verify: readonly Check[];
  readonly debt: string | null;
}

/** Works out what the work is about; null where a release step has nothing left to give back. */
export function subjectOf(job: Job): Subject | null {
  const { work } = job;
  const context = job.context();
  const { step } = work;
  if (step === null) return wayBackSubject(job, context);
  if (step.kind === 'release') return releaseSubject(job, debtAt(job.book, context, work.place));
  const command = step.kind === 'run' ? step.command : null;
  return { title: step.wording?.title ?? step.title, command, verify: step.verify, debt: null };
}

function wayBackSubject(job: Job, context: Context): Subject | null {
  const way = wayAt(context, job.work.place);
  if (way === null) return null;
  if (way.kind === 'release') return releaseSubject(job, debtAt(job.book, context, job.work.place));
  const step = job.book.steps.get(way.step);
  if (step?.undo === null || step?.undo === undefined) return null;
  const unsure = way.performed.sure ? '' : ' (it did not end well: its effect may be partial)';
  return {
    title: `Undo: ${titleAt(job.book, context, step, way.performed.place)}${unsure}`,
    command: step.undo.command,
    verify: step.undo.verify === null ? [] : [step.undo.verify],
    debt: null,
  };
}

function releaseSubject(job: Job, debt: Debt | null): Subject | null {
  const opens = debt === null ? undefined : job.book.opens.get(debt.id);
  if (debt === null || opens === undefined) return null;
  return {
    title: `Give back: ${debt.title}`,
    command: opens.release,
    verify: opens.proof === null ? [] : [opens.proof],
    debt: debt.key,
  };
}

/** Every template and expression that showing a subject reads. */
export function partsToShow(step: Step | null, subject: Subject): readonly Template[] {
  const body = step === null ? null : bodyOf(step);
  return [
    ...(subject.command === null ? [] : commandParts(subject.command)),
    ...(body === null ? [] : [body]),
    ...Object.values(step?.wording ?? {}),
  ];
}

function commandParts(command: Command): readonly Template[] {
  const { program, where } = command;
  return [
    ...(program.kind === 'argv' ? program.argv : []),
    ...Object.values(command.env),
    ...('name' in where ? [where.name] : []),
  ];
}

function bodyOf(step: Step): Template | null {
  switch (step.kind) {
    case 'decide':
    case 'confirm':
      return step.question;
    case 'approve':
    case 'manual':
    case 'notify':
      return step.text;
    case 'check': {
      const { subject } = step.check;
      return 'source' in subject && subject.source.kind === 'ask' ? subject.source.text : null;
    }
    default:
      return null;
  }
}

/** argv and environment of a command with every place filled. Throws `OperatorError` where one has no value. */
export function fillCommand(
  command: Command,
  reader: Reader,
): Pick<ReadyCommand, 'argv' | 'env' | 'timeoutMs'> & { readonly where: string } {
  const argv =
    command.program.kind === 'argv'
      ? command.program.argv.map((part) => reader.text(part))
      : ['sh', '-c', command.program.script];
  const env = Object.fromEntries(
    Object.entries(command.env).map(([name, value]) => [name, reader.text(value)]),
  );
  return { argv, env, timeoutMs: command.timeoutMs, where: whereText(command.where, reader) };
}

function whereText(where: Where, reader: Reader): string {
  if ('name' in where) return `${where.kind} ${reader.text(where.name)}`;
  return where.kind;
}

/** The exact words of a step before it runs. Secrets in them are masked; what runs has the real values. */
export function shownOf(job: Job, reader: Reader, subject: Subject): Shown {
  const { options, work } = job;
  const { step } = work;
  const context = job.context();
  const mask = (text: string) => options.ports.redactor.text(text);
  const command = subject.command === null ? null : fillCommand(subject.command, reader);
  const body = step === null ? null : bodyOf(step);
  const { why, warn, lost } = step?.wording ?? {};
  const said = (template: Template | undefined, text: string): string =>
    template === undefined ? text : mask(reader.say(template));
  const confirm = confirmOf(job, context);
  const target = targetOf(job);
  return {
    title: typeof subject.title === 'string' ? subject.title : mask(reader.say(subject.title)),
    argv: command === null ? null : command.argv.map(mask),
    env: Object.fromEntries(Object.entries(command?.env ?? {}).map(([name, value]) => [name, mask(value)])),
    where: command?.where ?? (step?.kind === 'manual' ? step.hand : undefined) ?? 'workstation',
    target,
    timeoutMs: command?.timeoutMs ?? step?.timeoutMs ?? 0,
    good: mask(goodWords(step, subject, reader)),
    leads: step === null ? 'asked: try again, or skip with a reason' : leadsTo(step),
    undo: undoWords(job, step, reader),
    warn: step?.warn == null ? null : said(warn, step.warn),
    why: step?.why == null ? null : said(why, step.why),
    body: body === null ? null : mask(reader.text(body)),
    ponr: step?.ponr === null || step === null ? null : { lost: said(lost, step.ponr.lost) },
    confirm,
    name: confirm === 'name' ? target : null,
    debt: subject.debt,
  };
}

/** What is about to be touched, as it must be typed where that is asked: `service@environment`. */
export function targetOf(job: Job): string {
  const started = job.context().started;
  const service = started?.runbook.service ?? '';
  return started === null || started.environment === '' ? service : `${service}@${started.environment}`;
}

function confirmOf(job: Job, context: Context): Shown['confirm'] {
  const { step } = job.work;
  if (step?.kind === 'manual' && waitsForRight(job, step, context)) return 'yes';
  if (step !== null && !(mutates(step) && step.kind !== 'manual')) return 'none';
  if (step?.ponr?.confirm === 'name') return 'name';
  return firstMutationHere(job, context) ? 'name' : 'yes';
}

/**
 * What is done by hand is begun by reading it. Where it changes something and nobody was let into its phase yet, it is
 * started like a command, so that who may start is asked before and not after it was done.
 */
const waitsForRight = (job: Job, step: Step, { starts }: Context): boolean =>
  mutates(step) && isGated(job.book.runbook) && !starts.some(({ phase }) => phase === step.phase);

/** Production asks for the typed name once: before its first mutation. */
function firstMutationHere(job: Job, context: Context): boolean {
  const asksName = job.options.environment?.confirmName === true || context.started?.production === true;
  return asksName && !context.named;
}

function goodWords(step: Step | null, subject: Subject, reader: Reader): string {
  if (step?.kind === 'compare') return comparisonWords(step);
  if (step?.kind === 'smoke') return smokeWords(step.plan);
  const checks = step?.kind === 'check' ? [step.check, ...subject.verify] : subject.verify;
  if (checks.length > 0) return checks.map((check) => checkWords(check, reader)).join('; ');
  return subject.command === null ? '' : 'exit 0';
}

/** A check in words: `"41" from schema_version`. */
function checkWords(check: Check, reader: Reader): string {
  if ('obligation' in check.subject) return `${check.subject.obligation} is ${check.subject.state}`;
  const { source } = check.subject;
  const name = source.kind === 'ask' ? `“${reader.say(source.text)}”` : probeName(check.subject, reader.say);
  const stable = check.stable > 1 ? `, ${check.stable} times in a row` : '';
  return `${check.expect.conditions.map((condition) => conditionWords(condition, reader)).join(' and ')} from ${name}${stable}`;
}

function conditionWords(condition: Condition, reader: Reader): string {
  const value = (bound: Template | number | boolean | null): string =>
    typeof bound !== 'object' || bound === null ? String(bound) : reader.say(bound);
  switch (condition.kind) {
    case 'equals':
      return `“${value(condition.value)}”`;
    case 'not':
      return `not “${value(condition.value)}”`;
    case 'all':
      return `all “${value(condition.value)}”`;
    case 'matches':
      return `like /${condition.pattern}/`;
    case 'in':
      return `one of ${condition.values.map(value).join(', ')}`;
    case 'formats':
      return `format ${condition.values.join(' or ')}, or nothing stored`;
    case 'between':
      return `between ${value(condition.low)} and ${value(condition.high)}`;
    case 'compare':
      return `${condition.op} ${value(condition.value)}`;
    case 'exit':
      return `exit ${condition.value}`;
    case 'status':
      return `status ${condition.value}`;
    case 'count':
      return `count ${condition.value}`;
    case 'header':
      return condition.absent ? `no header ${condition.name}` : `header ${condition.name}`;
    case 'absent':
      return condition.value ? 'nothing there' : 'something there';
    case 'fails':
      return condition.value ? 'a refusal' : 'no refusal';
    case 'same':
      return 'the same as before';
    case 'cel':
      return condition.expression.source;
    case 'words':
      return condition.text;
  }
}

/** A question fails nowhere: its options say where they lead. */
function leadsTo(step: Step): string {
  if (step.kind === 'decide') return '';
  const named = (['fail', 'unknown', 'timeout', 'denied'] as const).flatMap((on) => {
    const route = step.on[on];
    return route.kind === 'ask' ? [] : [`${on} → ${routeWords(route)}`];
  });
  const ways =
    named.length === 0 ? 'asked: try again, skip with a reason, or abort through undo' : named.join(', ');
  if (step.retry === null || (mutates(step) && !step.idempotent)) return ways;
  const { times, everyMs, on } = step.retry;
  const after = on === undefined ? '' : ` after ${on.join(' or ')}`;
  return `tried again by itself${after}, ${times === 1 ? 'once' : `up to ${times} times`}, ${formatDuration(everyMs)} apart; then ${ways}`;
}

const routeWords = (route: Route): string =>
  route.kind === 'ask' ? 'asked' : route.kind === 'goto' ? route.target : `end as ${route.outcome}`;

function undoWords(job: Job, step: Step | null, reader: Reader): string {
  if (step === null || step.kind === 'decide') return '';
  if (step.ponr !== null && step.undo === null) return 'no way back';
  const way = step.undo?.command ?? step.opens?.release ?? null;
  if (way === null) return step.readOnly ? 'changes nothing' : '';
  const words =
    way.program.kind === 'argv'
      ? way.program.argv.map((part) => reader.say(part)).join(' ')
      : way.program.script;
  return job.options.ports.redactor.text(step.undo === null ? `gives back: ${words}` : words);
}

/** Digest of what runs, over the shown form: argv, environment names and values, place and limit. */
export function commandDigest(shown: Pick<Shown, 'argv' | 'env' | 'where' | 'timeoutMs'>): string {
  const { argv, env, where, timeoutMs } = shown;
  return createHash('sha256')
    .update(JSON.stringify([argv, env, where, timeoutMs]))
    .digest('hex');
}
