import type { Reading } from '../machine/facts/values.ts';
import { pastGuard } from '../machine/place-key.ts';
import type { CurrentStep, ObligationView, Offer, ScopeView, SessionView } from '../machine/view.ts';
import type { Intent, IntentType } from '../session/intents.ts';

/** What a scripted operator looks at when it has to say something. */
export type Situation = {
  readonly view: SessionView;
  /** How often this operator has sent that intent here before. */
  readonly tried: (type: IntentType) => number;
  /** Words this operator was shown so far (arguments of commands, readings), the newest last. */
  readonly seen: readonly string[];
} & (
  | { readonly at: 'step'; readonly step: CurrentStep }
  /** At work by itself: nobody is asked, but the impatient can step in. */
  | { readonly at: 'work'; readonly step: CurrentStep }
  | { readonly at: 'held' }
  | { readonly at: 'owed'; readonly debt: ObligationView }
  /** Nothing is changed before somebody says whether this component goes back with the others. */
  | { readonly at: 'scope'; readonly row: ScopeView['rows'][number] }
);

/** What to do; null waits for something to change. It sees what a person sees, and nothing else. */
export type Policy = (situation: Situation) => Intent | null | Promise<Intent | null>;

/** The first policy that has an answer decides: for a trap in front of the accepted way. */
export const firstOf =
  (...policies: readonly Policy[]): Policy =>
  async (situation) => {
    for (const policy of policies) {
      const intent = await policy(situation);
      if (intent !== null) return intent;
    }
    return null;
  };

/**
 * A careful operator who follows the runbook: takes the recommendation, runs what was shown, believes probes, goes
 * where the author sends them, and aborts where nobody said how to go on.
 */
export const acceptedPolicy: Policy = (situation) => {
  switch (situation.at) {
    case 'held':
      return situation.view.watches.some(({ breached }) => breached) ? null : { type: 'unhold' };
    case 'scope':
      return settleScope(situation.row, situation.tried);
    case 'owed':
      return settleDebt(situation.debt, situation.view, situation.tried);
    case 'step':
      return actOnStep(situation.step, situation);
    case 'work':
      return null;
  }
};

type Tried = Situation['tried'];

/** Waits in a row, and how long each is: half a minute of patience in all. */
const mostWaits = 10;
const oneWait = '3s';
/** How often the same way round is taken on a recommendation. */
const mostRounds = 3;

const at = ({ place, attempt }: CurrentStep) => ({ place, attempt });

function offerOf<Kind extends Offer['intent']>(step: CurrentStep, kind: Kind) {
  return step.offers.find(
    (offer): offer is Extract<Offer, { readonly intent: Kind }> => offer.intent === kind,
  );
}

function actOnStep(step: CurrentStep, { view, tried, seen }: Situation): Intent | null {
  if (view.denial?.step === step.place.step) return denied(view.denial, view, tried);
  const run = offerOf(step, 'run');
  if (run !== undefined) return { type: 'run', ...at(step), typed: run.confirm === 'name' ? run.name : null };
  if (offerOf(step, 'choose') !== undefined) return choose(step, view);
  if (offerOf(step, 'report') !== undefined) return report(step);
  if (offerOf(step, 'type_value') !== undefined) return typeValue(step, view, tried, seen);
  if (offerOf(step, 'resolve_doubt') !== undefined) return resolveDoubt(step, view, tried);
  if (step.status === 'failed' || step.status === 'unknown') return recover(step, view, tried);
  return null; // a signature is another person's, and what runs is not killed
}

/**
 * What was decided is started over numbers and calendar by override, with the decision's own reason. A missing right is
 * nobody's to take: one who may is called, and where that lets nobody in the way is given up.
 */
function denied(
  { blocks }: NonNullable<SessionView['denial']>,
  { decisions, overrideNeeds, status }: SessionView,
  tried: Tried,
): Intent | null {
  const because = blocks.map(({ text }) => text).join(' ');
  if (overrideNeeds.secondPerson || blocks.some(({ kind }) => kind === 'authority')) {
    if (tried('escalate') < 1) return { type: 'escalate' };
    return status === 'running' ? { type: 'abort', reason: because } : null;
  }
  const decided = decisions.at(-1);
  const reason =
    decided === undefined ? 'the runbook leads here' : [decided.title, decided.reason ?? ''].join(': ');
  return {
    type: 'override',
    reason,
    evidence: Array.from({ length: overrideNeeds.evidence }, () => ({ kind: 'gut' as const, text: reason })),
    system: overrideNeeds.system,
    second: null,
  };
}

function choose(step: CurrentStep, { decisions }: SessionView): Intent | null {
  const { question } = step;
  if (question === null) return null;
  const open = question.options.filter(({ offered }) => offered !== 'fail');
  const recommended = open.find(({ id }) => id === question.recommended);
  const waiting = open.find(onlyWaits);
  // Where nothing can be recommended yet, one more fact comes before any act.
  const wanted = recommended ?? (question.recommended === null ? waiting : undefined);
  const taken = decisions.filter((one) => one.step === step.place.step && one.option === wanted?.id).length;
  const patient = taken < (wanted !== undefined && onlyWaits(wanted) ? mostWaits : mostRounds);
  const others = open.filter((option) => option !== wanted);
  const option =
    patient && wanted !== undefined
      ? wanted
      : (others.find((other) => other.offered === 'pass' && !onlyWaits(other)) ?? others[0] ?? wanted);
  if (option === undefined) return null;
  return {
    type: 'choose',
    ...at(step),
    option: option.id,
    reason:
      option === recommended
        ? ['recommended', ...(question.because === '' ? [] : [question.because])].join(': ')
        : `${patient ? 'open and nearest' : 'waited long enough'}; recommended was ${question.recommended ?? 'nothing'}`,
    fields: Object.fromEntries(
      option.needs.map((field) => [field, field === 'until' ? oneWait : 'one more reading']),
    ),
    objection: null,
  };
}

const onlyWaits = ({ needs }: { readonly needs: readonly string[] }): boolean => needs.includes('until');

const report = (step: CurrentStep): Intent => ({
  type: 'report',
  ...at(step),
  text: `done as written: ${step.title}`,
  link: step.evidence['link'] === 'required' ? 'about:blank' : null,
  result: 'pass',
});

/** Reads the value off what is or was on the screen; passes over the step where it was never there. */
function typeValue(
  step: CurrentStep,
  view: SessionView,
  tried: Tried,
  seen: readonly string[],
): Intent | null {
  const asked = `${step.title} ${step.shown?.body ?? ''}`;
  const versions = /\b(?:release|version)\b/iu.test(asked) ? seen.filter(looksLikeVersion).toReversed() : [];
  const candidates = [
    ...step.readings.flatMap(wordsOfReading),
    ...versions,
    step.shown?.name ?? '',
    step.shown?.target ?? '',
    view.session.environment,
  ].filter((value) => value !== '');
  const value = [...new Set(candidates)][tried('type_value')];
  return value === undefined
    ? passOver(step, 'the value is nowhere to be read')
    : { type: 'type_value', ...at(step), value };
}

const looksLikeVersion = (word: string): boolean => /^v?\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/u.test(word);

/** A value that is one word; a list or a table is not what anybody types. */
const wordsOfReading = ({ value }: Reading): readonly string[] =>
  value === null || value === 'null'
    ? []
    : [value.replaceAll(/^"|"$/g, '')].filter((text) => !/[\s{["]/.test(text));

/** What a person could remember of a step that is on the screen: the words of its command, and what was read. */
export const wordsShown = (step: CurrentStep): readonly string[] => [
  ...(step.shown?.argv ?? []),
  ...[...step.readings, ...(step.question?.facts ?? [])].flatMap(wordsOfReading),
];

/** The probe decides; where nothing says what it should read, what good looks like does. */
function resolveDoubt(step: CurrentStep, view: SessionView, tried: Tried): Intent | null {
  const { probe } = step;
  const judged = (as: 'done' | 'not_done', reason: string): Intent => ({
    type: 'resolve_doubt',
    ...at(step),
    as,
    reason,
  });
  const says = probe === null ? 'no probe' : `${probe.subject} says ${probe.value ?? probe.detail}`;
  const result =
    probe === null || probe.result !== 'unknown'
      ? probe?.result
      : asExpected(probe.value, step.shown?.good ?? '');
  if (result === 'pass') return judged('done', says);
  if (result === 'fail') return judged('not_done', says);
  if (offerOf(step, 'check_again') !== undefined && tried('check_again') < 1)
    return { type: 'check_again', ...at(step) };
  if (underWay(view) && tried('abort') < 1) {
    return { type: 'abort', reason: `${step.title}: nobody can tell whether it took effect (${says})` };
  }
  return judged('done', `${says}: taken as done, so that the way back undoes it`);
}

/** Holds a value that nobody gave a limit for against what good looks like, as a person reading both would. */
function asExpected(value: string | null, good: string): 'pass' | 'fail' | undefined {
  const read = value?.replaceAll(/^"|"$/g, '').trim() ?? '';
  if (read === '' || !good.includes('“')) return undefined;
  return good.includes(`“${read}”`) ? 'pass' : 'fail';
}

function recover(step: CurrentStep, view: SessionView, tried: Tried): Intent | null {
  const problem = step.problem?.detail ?? step.status;
  const route = offerOf(step, 'route');
  if (route !== undefined && route.to !== pastGuard)
    return { type: 'route', ...at(step), to: route.to, reason: `${problem}; the runbook leads there` };
  const again = offerOf(step, 'retry') ?? offerOf(step, 'check_again');
  if (again !== undefined && tried(again.intent) < 1) return { type: again.intent, ...at(step) };
  if (underWay(view))
    return { type: 'abort', reason: `${step.title}: ${problem}, and the runbook gives no way on` };
  return passOver(step, `${problem}, on the way back`);
}

function passOver(step: CurrentStep, reason: string): Intent | null {
  const skip = offerOf(step, 'skip');
  return skip === undefined ? null : { type: 'skip', ...at(step), reason, override: skip.override };
}

const underWay = ({ status }: SessionView): boolean => status === 'running' || status === 'held';

/** Looks once more, then takes it back with the others: what cannot be read is not left behind on a guess. */
const settleScope = ({ component, unit, reason }: ScopeView['rows'][number], tried: Tried): Intent | null => {
  if (tried('scope_refresh') < 1) return { type: 'scope_refresh' };
  if (tried('scope_include') > 0) return null;
  return {
    type: 'scope_include',
    component: unit ?? component,
    reason: `it goes back with the others: ${reason}`,
  };
};

function settleDebt({ key, title }: ObligationView, view: SessionView, tried: Tried): Intent {
  const used = view.overrides.find((one) => one.key === key);
  if (used?.due != null) {
    const owner = used.second ?? view.incident?.commander ?? 'the duty manager';
    return { type: 'carry', key, owner, due: used.due, reason: `${title}: nobody else is here now` };
  }
  const untold = view.messages?.some(({ debt }) => debt === key) === true;
  if (untold && tried('told') < 1) return { type: 'told', key, how: 'called them and read it out' };
  const due = (view.endedAt ?? view.session.startedAt).slice(0, 10);
  if (view.drift.some((one) => one.key === key)) {
    const reason = 'it is not for whoever rolls back to decide';
    return { type: 'dispose_drift', key, as: 'accept', reason, owner: view.session.operator, until: due };
  }
  if (tried('release') < 1) return { type: 'release', key };
  return {
    type: 'carry',
    key,
    owner: view.session.operator,
    due,
    reason: `${title}: its way back did not prove itself`,
  };
}
