import { OperatorError } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import type { Expression, Json, Template } from '../../runbook/model/values.ts';
import type { Job, Reader } from '../kit.ts';
import { instantReader, placeOfWork, readerFor } from '../kit.ts';
import type { Subject } from '../shown.ts';
import { partsToShow, shownOf, subjectOf } from '../shown.ts';

/** Gets a step ready to be shown: is it to be done at all, and with which values? */
export function prepareNow(job: Job): readonly Fact[] | null {
  const subject = subjectOf(job);
  const reader = instantReader(job, partsOf(job, subject));
  return reader === null ? null : prepared(job, reader, subject);
}

export async function prepare(job: Job): Promise<readonly Fact[]> {
  const subject = subjectOf(job);
  const reader = await readerFor(job, partsOf(job, subject));
  return prepared(job, reader, subject);
}

function partsOf(job: Job, subject: Subject | null): readonly (Template | Expression | null)[] {
  const { step } = job.work;
  return [
    step?.when ?? null,
    ...(step?.kind === 'each' && step.endless !== true ? [step.in] : []),
    ...(subject === null ? [] : partsToShow(step, subject)),
  ];
}

function prepared(job: Job, reader: Reader, subject: Subject | null): readonly Fact[] {
  const { step } = job.work;
  const at = placeOfWork(job);
  if (step?.when !== null && step !== null) {
    const answer = reader.evaluate(step.when);
    if (!answer.ok) return [blocked(job, answer.code, `when: ${answer.detail}`)];
    if (answer.value === false) {
      return [{ type: 'step.passed_over', ...at, reason: `“${step.when.source}” is false` }];
    }
    if (answer.value !== true)
      return [blocked(job, 'not_boolean', `“${step.when.source}” is neither true nor false`)];
  }
  if (subject === null) return [{ type: 'step.passed_over', ...at, reason: 'nothing is left to give back' }];
  try {
    if (step?.kind === 'each' && step.endless === true) return [{ type: 'each.started', ...at, items: [1] }];
    if (step?.kind === 'each') {
      return [
        { type: 'each.started', ...at, items: ordered(listOf(reader.fill(step.in)), step.order).map(asJson) },
      ];
    }
    return [{ type: 'step.readied', ...at, shown: shownOf(job, reader, subject), debt: subject.debt }];
  } catch (error) {
    if (error instanceof OperatorError) return [blocked(job, 'unset', error.message)];
    throw error;
  }
}

const blocked = (job: Job, code: string, detail: string): Fact => ({
  type: 'step.blocked',
  ...placeOfWork(job),
  result: 'unknown',
  code,
  detail,
});

function listOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new OperatorError(`a list is needed to go through, and this is ${JSON.stringify(value)}`, [
    'Correct what `in:` names, then try again.',
  ]);
}

function ordered(items: readonly Json[], order: 'given' | 'reverse' | 'leader_last'): readonly Json[] {
  if (order === 'reverse') return items.toReversed();
  if (order === 'given') return items;
  return [...items.filter((item) => !leads(item)), ...items.filter(leads)];
}

const leads = (item: Json): boolean =>
  typeof item === 'object' && item !== null && 'leader' in item && item['leader'] === true;

/** The fact keeps its own copy: JSON in, JSON out. */
const asJson = (value: Json) =>
  structuredClone(value) as Extract<Fact, { type: 'each.started' }>['items'][number];
