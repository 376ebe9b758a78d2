import type { Fact, FactOf } from '../../machine/facts.ts';
import type { Reading } from '../../machine/facts/values.ts';
import { recordAt } from '../../machine/places.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import { openDebts } from '../../machine/debts.ts';
import type { ChosenView } from '../../machine/view.ts';
import { reversibilityRank } from '../../judge/reversibility.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { Job, Reader } from '../kit.ts';
import { maskJson } from '../mask-json.ts';
import { readBudgets } from '../criteria/budget-reading.ts';
import {
  adviceReading,
  burnReadings,
  calendarReading,
  etaReading,
  waysOn,
  withinPatience,
} from '../criteria/shown-facts.ts';
import { measure, pause, placeOfWork, readerFor } from '../kit.ts';

/** How long the first question waits for the triggers to have been read once. */
const firstReadingsMs = 5_000;
const lookMs = 250;

/**
 * Puts the question with the facts of the moment; asks again where the answer was to wait for something, and puts new
 * facts on the card when a trigger changes its state. The person's answer ends it.
 */
export async function decide(job: Job, step: StepOf<'decide'>): Promise<readonly Fact[]> {
  const record = recordAt(job.context(), job.work.place);
  if (record === undefined) return [];
  const { clock } = job.options.ports;
  if (record.chosen !== null) return heldOpen(job, record.chosen);
  if (record.againAt !== null) {
    await pause(job, Math.max(0, epochMsOf(record.againAt) - clock.now().ms));
  } else if (record.question === null) {
    const until = clock.mono() + firstReadingsMs;
    while (!job.signal.aborted && clock.mono() < until && !everyTriggerRead(job)) await pause(job, lookMs);
  } else {
    const before = triggerStates(job);
    while (!job.signal.aborted && triggerStates(job) === before) await pause(job, lookMs);
  }
  if (job.signal.aborted) return [];
  const question = await pose(job, step);
  return job.signal.aborted ? [] : [question];
}

/** A choice acts when nobody has objected in its time; an objection leaves it to the people. */
async function heldOpen(job: Job, chosen: ChosenView): Promise<readonly Fact[]> {
  if (chosen.objections.length > 0) return [];
  await pause(job, Math.max(0, epochMsOf(chosen.until) - job.options.ports.clock.now().ms));
  return job.signal.aborted ? [] : [madeOf(chosen, null)];
}

/** The decision that a choice becomes; `hurried` says why its time was not waited for. */
export function madeOf(chosen: ChosenView, hurried: string | null): FactOf<'decision.made'> {
  const { type: _type, until: _until, at, objections, ...choice } = chosen;
  return { ...choice, type: 'decision.made', chosenAt: at, objections: [...objections], hurried };
}

const everyTriggerRead = (job: Job): boolean =>
  job.book.runbook.triggers.every(({ id }) => job.context().triggers[id] !== undefined);

const triggerStates = (job: Job): string =>
  Object.values(job.context().triggers)
    .map(({ id, state }) => `${id} ${state}`)
    .join();

/**
 * The question of a decision as it is put to people: its options, the most reversible first, what is recommended and
 * why, and the facts beside it.
 */
export async function pose(job: Job, step: StepOf<'decide'>): Promise<FactOf<'question.posed'>> {
  const reader = await readerFor(job, [
    ...step.options.flatMap(({ when, named = null }) => [when, named]),
    step.recommend,
  ]);
  const rank = (option: (typeof step.options)[number]): number =>
    reversibilityRank({ ...option, ends: option.route?.kind === 'end' });
  const inOrder = step.options.toSorted((one, other) => rank(one) - rank(other));
  const options = inOrder.map((option) => ({
    id: option.id,
    title:
      option.named === undefined ? option.title : job.options.ports.redactor.text(reader.say(option.named)),
    ...offered(reader, option.when),
    reversible: option.reversible,
    needs: [...option.needs],
  }));
  const recommendation = withinPatience(job, step, options, recommended(step, reader, options));
  const { calendar = [] } = job.book.runbook;
  // what waiting costs and what the calendar says is on record with every decision, asked for or not
  const always = [...(calendar.length === 0 ? [] : ['calendar']), 'burn'];
  const names = [...step.show, ...always.filter((name) => !step.show.includes(name))];
  const budgets = await readBudgets(job);
  const facts = await Promise.all(
    names.map(async (name): Promise<readonly Reading[]> => {
      if (name === 'burn') return burnReadings(budgets, step.show.includes(name));
      if (name === 'calendar' && calendar.length > 0) return [calendarReading(job, budgets)];
      if (name === 'eta') return [etaReading(job, step, recommendation.recommended)];
      return [name === 'advice' ? adviceReading(job) : await factShown(job, name)];
    }),
  );
  const ways = waysOn(job, step).map(({ option, eta: { ms, steps, unknown } }) => ({
    option: option.id,
    ms,
    steps,
    unknown,
  }));
  return {
    type: 'question.posed',
    ...placeOfWork(job),
    facts: facts.flat(),
    options,
    ...recommendation,
    ways,
  };
}

function offered(
  reader: Reader,
  when: StepOf<'decide'>['options'][number]['when'],
): { offered: Reading['result']; why: string } {
  if (when === null) return { offered: 'pass', why: '' };
  const answer = reader.evaluate(when);
  if (!answer.ok) return { offered: 'unknown', why: answer.detail };
  return answer.value === true
    ? { offered: 'pass', why: when.source }
    : { offered: 'fail', why: `“${when.source}” is not true` };
}

function recommended(
  step: StepOf<'decide'>,
  reader: Reader,
  options: readonly { readonly id: string; readonly offered: string; readonly why: string }[],
): { recommended: string | null; because: string } {
  if (step.recommend === null) return { recommended: null, because: 'the runbook recommends nothing here' };
  const answer = reader.evaluate(step.recommend);
  if (!answer.ok) return { recommended: null, because: answer.detail };
  const option = options.find(({ id }) => id === answer.value);
  if (option === undefined)
    return { recommended: null, because: `${JSON.stringify(answer.value)} is not an option` };
  if (option.offered === 'fail')
    return { recommended: null, because: `${option.id} is not open: ${option.why}` };
  return { recommended: option.id, because: reader.explain(step.recommend) || step.recommend.source };
}

/** One fact of the card: a probe's value, a trigger, the window, or what is owed. */
async function factShown(job: Job, name: string): Promise<Reading> {
  const context = job.context();
  const base = { subject: name, expected: '', unit: null };
  const trigger = context.triggers[name];
  const probe = job.book.runbook.probes[name];
  if (probe !== undefined) {
    const measured = await measure(job, probe);
    if (!measured.ok)
      return {
        ...base,
        result: 'unknown',
        value: null,
        code: measured.code,
        detail: job.options.ports.redactor.text(measured.detail),
      };
    const mask = (text: string): string => job.options.ports.redactor.text(text);
    const value = mask(JSON.stringify(maskJson(measured.value, mask)));
    return { ...base, result: 'pass', value, code: null, detail: '', unit: probe.unit };
  }
  if (trigger !== undefined) {
    const unknown = trigger.state === 'UNKNOWN';
    return {
      ...base,
      result: unknown ? 'unknown' : 'pass',
      value: JSON.stringify(trigger.state),
      code: unknown ? 'unknown' : null,
      detail: trigger.detail,
    };
  }
  if (name === 'window' && context.window !== null) {
    return {
      ...base,
      result: 'pass',
      value: JSON.stringify(context.window.state),
      code: null,
      detail: context.window.reason,
    };
  }
  if (name === 'comparison') {
    const newest = Object.values(context.comparisons)
      .toSorted((one, other) => one.at.localeCompare(other.at))
      .at(-1);
    if (newest !== undefined) {
      const result =
        newest.verdict === 'RECOVERED' ? 'pass' : newest.verdict === 'WORSE' ? 'fail' : 'unknown';
      return {
        ...base,
        result,
        value: JSON.stringify(newest.verdict),
        code: result === 'pass' ? null : newest.verdict.toLowerCase(),
        detail: newest.metrics.map(({ probe, detail }) => `${probe}: ${detail}`).join('; '),
      };
    }
  }
  if (name === 'debts') {
    return { ...base, result: 'pass', value: String(openDebts(context).length), code: null, detail: '' };
  }
  return { ...base, result: 'unknown', value: null, code: 'no_data', detail: `nothing is known of ${name}` };
}
