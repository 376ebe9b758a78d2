import { besideLimit, figureText } from './figure-text.ts';
import type { Json } from '../runbook/model/values.ts';
import { compilePattern } from '../runbook/pattern.ts';
import { isList, numberIn, sameValue } from './equality.ts';
import type { Comparison, FilledCondition, MeasuredValue, Verdict } from './measured.ts';
import { inWords } from './words.ts';

type Taken = Extract<MeasuredValue, { ok: true }>;
type Missed = Extract<MeasuredValue, { ok: false }>;
type Answer = Omit<Verdict, 'expected'>;

/** Codes that say that there is nothing there: what `absent` asks for. Most probes answer null instead. */
export const absentCodes: ReadonlySet<string> = new Set(['no_data']);

/**
 * Codes by which what was asked said no: what `fails` asks for. Not among them is all that only says that we could not
 * look (a timeout, a missing tool, a broken connection, a lock), nor our own refusal to write through a probe.
 */
export const refusalCodes: ReadonlySet<string> = new Set(['exit', 'status', 'query', 'denied']);

/** A port that nobody listens on has answered; ssh that did not get through, or a lost connection, has not. */
const saysNo = ({ code, detail }: Missed): boolean =>
  refusalCodes.has(code) || (code === 'connection' && detail.includes('ECONNREFUSED'));

/** One condition for itself; `beside` are all conditions of the tolerance, this one included. */
export function judgeCondition(
  measured: MeasuredValue,
  condition: FilledCondition,
  beside: readonly FilledCondition[],
  baseline: Json | undefined,
  unit: string | null,
): Verdict {
  const expected = expectedWords(condition, unit);
  if (!measured.ok) return { ...judgeMissed(measured, condition), expected };
  const spoilt = judgesValue(condition) ? spoiltBy(measured, condition, beside) : null;
  return { ...(spoilt ?? judgeTaken(measured, condition, baseline, unit)), expected };
}

/** No measurement is unknown, unless failing or being absent is just what the author asked about. */
function judgeMissed(missed: Missed, condition: FilledCondition): Answer {
  const { code, detail } = missed;
  if (condition.kind === 'fails' && saysNo(missed)) {
    return condition.value ? pass(`it fails: ${detail}`) : fail(`it fails: ${detail}`);
  }
  if (condition.kind === 'absent' && absentCodes.has(code)) {
    return condition.value ? pass(`there is nothing: ${detail}`) : fail(`there is nothing: ${detail}`);
  }
  return unknown(code, detail);
}

const judgesValue = ({ kind }: FilledCondition): boolean =>
  !['exit', 'status', 'header', 'fails', 'cel', 'words'].includes(kind);

/**
 * A value that came with a failure is no measurement, unless the tolerance itself says which exit or status is
 * good: `not: x` would otherwise pass on every error page.
 */
function spoiltBy(
  measured: Taken,
  condition: FilledCondition,
  beside: readonly FilledCondition[],
): Answer | null {
  const says = (kind: FilledCondition['kind']): boolean => beside.some((other) => other.kind === kind);
  if (measured.exit !== null && measured.exit !== 0 && !says('exit') && !says('fails')) {
    return unknown('exit', `the command exited ${measured.exit}, so its output is no measurement`);
  }
  if (measured.status !== null && measured.status >= 400 && !says('status') && !says('fails')) {
    const gone = measured.status === 404 || measured.status === 410;
    if (condition.kind === 'absent' && gone)
      return condition.value ? pass('there is nothing') : fail('there is nothing');
    return unknown('status', `the answer was ${measured.status}, so its body is no measurement`);
  }
  return null;
}

function judgeTaken(
  measured: Taken,
  condition: FilledCondition,
  baseline: Json | undefined,
  unit: string | null,
): Answer {
  const { value } = measured;
  switch (condition.kind) {
    case 'equals':
    case 'not': {
      if (isNaNValue(value)) return nan(value);
      const same = sameValue(value, condition.value);
      const detail = `${inWords(value)} ${same ? 'equals' : 'is not'} ${inWords(condition.value)}`;
      return verdictOf(same === (condition.kind === 'equals'), detail);
    }
    case 'matches':
      return matches(measured, condition.pattern);
    case 'in': {
      const found = condition.values.some((one) => sameValue(value, one));
      return verdictOf(
        found,
        `${inWords(value)} is ${found ? '' : 'not '}one of ${condition.values.map(inWords).join(', ')}`,
      );
    }
    case 'formats':
      return formats(value, condition.values);
    case 'between':
      return compared(value, [condition.low, condition.high], (number) => {
        if (condition.low > condition.high)
          return unknown('bad_bound', `${condition.low} is above ${condition.high}`);
        const inside = number >= condition.low && number <= condition.high;
        return verdictOf(
          inside,
          `${figure(number, unit)} is ${inside ? '' : 'not '}between ${figure(condition.low, unit)} and ${figure(condition.high, unit)}`,
        );
      });
    case 'compare':
      return compared(value, [condition.value], (number) => {
        const holds = holdsTo(number, condition.op, condition.value);
        const said = unit === null ? String(number) : besideLimit(number, condition.value, unit);
        return verdictOf(
          holds,
          `${said} is ${holds ? '' : 'not '}${condition.op} ${figure(condition.value, unit)}`,
        );
      });
    case 'exit':
      if (measured.exit === null) return unknown('no_exit', 'it has no exit code');
      return verdictOf(measured.exit === condition.value, `exited ${measured.exit}`);
    case 'status':
      if (measured.status === null) return unknown('no_status', 'it has no HTTP status');
      return verdictOf(measured.status === condition.value, `answered ${measured.status}`);
    case 'header':
      return header(measured, condition);
    case 'absent': {
      const absent = value === null;
      return verdictOf(
        absent === condition.value,
        absent ? 'there is nothing' : `there is ${inWords(value)}`,
      );
    }
    case 'fails': {
      const failed = (measured.exit ?? 0) !== 0 || (measured.status ?? 0) >= 400;
      return verdictOf(
        failed === condition.value,
        `${failed ? 'it fails' : 'it succeeds'}${endingOf(measured)}`,
      );
    }
    case 'count': {
      const count = countOf(value);
      if (count === null) return unknown('not_countable', `${inWords(value)} cannot be counted`);
      return verdictOf(count === condition.value, `there are ${count}`);
    }
    case 'all':
      return all(value, condition.value);
    case 'same': {
      if (baseline === undefined) return unknown('no_baseline', 'there is no earlier value to compare with');
      if (isNaNValue(value)) return nan(value);
      const same = sameValue(value, baseline);
      const detail = same ? `still ${inWords(value)}` : `${inWords(value)} now, ${inWords(baseline)} before`;
      return verdictOf(same === condition.value, detail);
    }
    case 'cel':
      if (condition.result === 'unknown') return unknown('unset', condition.detail);
      return verdictOf(
        condition.result === 'pass',
        condition.detail === ''
          ? `${condition.source} is ${String(condition.result === 'pass')}`
          : condition.detail,
      );
    case 'words':
      return personSaid(condition.answer ?? value);
  }
}

const pass = (detail: string): Answer => ({ result: 'pass', code: null, detail });
const fail = (detail: string): Answer => ({ result: 'fail', code: 'not_as_expected', detail });
const unknown = (code: string, detail: string): Answer => ({ result: 'unknown', code, detail });
const verdictOf = (good: boolean, detail: string): Answer => (good ? pass(detail) : fail(detail));

const isNaNValue = (value: Json): boolean =>
  (typeof value === 'number' && !Number.isFinite(value)) ||
  (typeof value === 'string' && /^\s*[+-]?(?:nan|inf|infinity)\s*$/i.test(value));

const nan = (value: Json): Answer => unknown('nan', `${inWords(value)} is no number that can be judged`);

/** The formats that are stored: one value or a list of them. Anything else than a number or a word is no format. */
function formats(value: Json, readable: readonly Json[]): Answer {
  const stored = value === null ? [] : isList(value) ? value : [value];
  const strange = stored.find(
    (one) => (typeof one !== 'number' && typeof one !== 'string') || isNaNValue(one),
  );
  if (strange !== undefined) return unknown('no_format', `${inWords(strange)} is no format`);
  if (stored.length === 0) return pass('nothing is stored');
  const others = [
    ...new Set(stored.filter((one) => !readable.some((good) => sameValue(one, good))).map(inWords)),
  ];
  const words = readable.map(inWords).join(' or ');
  return others.length === 0
    ? pass(`all that is stored has format ${words}`)
    : fail(`format ${others.join(', ')} is stored, and only ${words} can be read`);
}

function compared(value: Json, bounds: readonly number[], decide: (number: number) => Answer): Answer {
  if (isNaNValue(value)) return nan(value);
  if (value === null) return unknown('no_data', 'there is no value');
  const number = numberIn(value);
  if (number === null) return unknown('not_a_number', `${inWords(value)} is not a number`);
  if (bounds.some((bound) => !Number.isFinite(bound)))
    return unknown('bad_bound', 'the limit is not a number');
  return decide(number);
}

/** True where `left op right` holds; false where either is NaN. */
export function holdsTo(left: number, op: Comparison, right: number): boolean {
  switch (op) {
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
  }
}

/** RE2 (linear time), anywhere in the value. */
function matches({ value }: Taken, source: string): Answer {
  if (value === null) return unknown('no_data', 'there is no value');
  const compiled = compilePattern(source);
  if (!compiled.ok) return unknown('bad_pattern', compiled.detail);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const found = compiled.pattern.matcher(text).find();
  return verdictOf(found, `${inWords(value)} ${found ? 'matches' : 'does not match'} ${source}`);
}

/** Header names do not tell upper from lower case; values do. */
function header(measured: Taken, condition: Extract<FilledCondition, { kind: 'header' }>): Answer {
  if (measured.status === null) return unknown('no_status', 'it is no HTTP answer');
  const wanted = condition.name.toLowerCase();
  const found = Object.entries(measured.headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (condition.absent)
    return verdictOf(
      found === undefined,
      `header ${condition.name} is ${found === undefined ? 'absent' : inWords(found)}`,
    );
  if (found === undefined) return fail(`header ${condition.name} is absent`);
  return verdictOf(
    condition.value === null || found.trim() === condition.value.trim(),
    `header ${condition.name} is ${inWords(found)}`,
  );
}

/** A list's items, an object's keys (a census: its different values), a text's lines that are not empty; a number is a count already. */
function countOf(value: Json): number | null {
  if (value === null) return 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return null;
  if (typeof value === 'string')
    return numberIn(value) ?? value.split('\n').filter((line) => line.trim() !== '').length;
  return isList(value) ? value.length : Object.keys(value).length;
}

/**
 * A census (value → how often) with this value only, a list of nothing else, or one value for each name (instance →
 * version), where those that lag behind are named; one plain value is a list of one.
 */
function all(value: Json, wanted: Json): Answer {
  if (value !== null && typeof value === 'object' && !isList(value)) {
    const entries = Object.entries(value);
    const counted = entries.every(([, count]) => numberIn(count) !== null);
    // versions may look like numbers: a census counts whole ones, and what it counts is not what is wanted
    if (entries.length > 0 && (!counted || entries.some(([, one]) => typeof one !== 'number')))
      return eachOf(entries, wanted);
  }
  const seen: readonly (readonly [Json, number])[] =
    value === null
      ? []
      : isList(value)
        ? value.map((item) => [item, 1] as const)
        : typeof value === 'object'
          ? Object.entries(value).map(([key, count]) => [key, numberIn(count) ?? 0] as const)
          : [[value, 1] as const];
  const total = seen.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return unknown('no_data', 'nothing was counted');
  const good = seen.reduce((sum, [item, count]) => sum + (sameValue(item, wanted) ? count : 0), 0);
  const others = seen
    .filter(([item]) => !sameValue(item, wanted))
    .map(([item, count]) => `${count} × ${inWords(item)}`);
  return verdictOf(
    good === total,
    `${good} of ${total} on ${inWords(wanted)}${others.length === 0 ? '' : `; ${others.join(', ')}`}`,
  );
}

/** Most names that are told of those that lag behind. */
const mostNamed = 12;

function eachOf(entries: readonly (readonly [string, Json])[], wanted: Json): Answer {
  const late = entries.filter(([, one]) => !sameValue(one, wanted));
  const said = late
    .slice(0, mostNamed)
    .map(([name, one]) => `${name} ${one === null ? 'does not answer' : `still ${inWords(one)}`}`);
  const more = late.length > mostNamed ? [`${late.length - mostNamed} more`] : [];
  const good = entries.length - late.length;
  return verdictOf(
    late.length === 0,
    [
      `${good} of ${entries.length} on ${inWords(wanted)}`,
      ...(late.length === 0 ? [] : [[...said, ...more].join(', ')]),
    ].join('; '),
  );
}

function personSaid(answer: Json): Answer {
  if (answer === 'pass') return pass('judged good by a person');
  if (answer === 'fail') return fail('judged not good by a person');
  if (answer === 'unclear') return unknown('unclear', 'the person could not tell');
  return unknown('needs_person', 'a person has to judge this');
}

const endingOf = ({ exit, status }: Taken): string =>
  exit !== null ? ` (exit ${exit})` : status !== null ? ` (status ${status})` : '';

/** A number without a unit stays as it was written. */
const figure = (number: number, unit: string | null): string =>
  unit === null ? String(number) : figureText(String(number), unit);

/** What good looks like, in the words that stand behind “expected”. */
function expectedWords(condition: FilledCondition, unit: string | null): string {
  switch (condition.kind) {
    case 'equals':
      return `equals ${inWords(condition.value)}`;
    case 'not':
      return `is not ${inWords(condition.value)}`;
    case 'all':
      return `all ${inWords(condition.value)}`;
    case 'matches':
      return `matches ${condition.pattern}`;
    case 'in':
      return `one of ${condition.values.map(inWords).join(', ')}`;
    case 'formats':
      return `format ${condition.values.map(inWords).join(' or ')}, or nothing stored`;
    case 'between':
      return `between ${figure(condition.low, unit)} and ${figure(condition.high, unit)}`;
    case 'compare':
      return `${condition.op} ${figure(condition.value, unit)}`;
    case 'exit':
      return `exit ${condition.value}`;
    case 'status':
      return `status ${condition.value}`;
    case 'count':
      return `${condition.value} of them`;
    case 'header':
      if (condition.absent) return `no header ${condition.name}`;
      return `header ${condition.name}${condition.value === null ? '' : ` is ${condition.value}`}`;
    case 'absent':
      return condition.value ? 'absent' : 'present';
    case 'fails':
      return condition.value ? 'fails' : 'succeeds';
    case 'same':
      return condition.value ? 'as before' : 'not as before';
    case 'cel':
      return condition.source;
    case 'words':
      return condition.text;
  }
}
