import type { CurrentStep } from '../../machine/view.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import type { Answer, Intent } from '../intents.ts';
import { put, refused } from '../refusals.ts';
import type { Session } from '../session.ts';

type ChooseIntent = Extract<Intent, { type: 'choose' }>;
type OptionView = NonNullable<CurrentStep['question']>['options'][number];

/** Records a choice: made at once, or held open for objections where the step gives time for them. */
export function choose(session: Session, current: CurrentStep, intent: ChooseIntent, by: string): Answer {
  const { question } = current;
  const option = question?.options.find(({ id }) => id === intent.option);
  if (question === null || option === undefined) {
    const known = question?.options.map(({ id }) => id).join(', ') ?? '';
    return refused('E_OPTION', `“${intent.option}” is not an option here.`, `Choose one of: ${known}.`);
  }
  if (option.offered === 'fail')
    return refused('E_CLOSED', `${option.title} is not open: ${option.why}`, 'Choose another option.');
  const unsaid = stillToSay(intent, option, question.recommended);
  if (unsaid !== null) return unsaid;
  const step = session.options.compiled.book.steps.get(current.place.step);
  const again = step?.kind === 'decide' && step.options.find(({ id }) => id === option.id)?.again === true;
  const againAt = again ? askedAgainAt(session, intent.fields) : null;
  if (again && againAt === null) {
    return refused(
      'E_UNTIL',
      'Say until when: a span like 2m, or a time like 14:30.',
      'Fill in `until` again.',
    );
  }
  const reason = intent.reason?.trim() ?? '';
  const context = session.context();
  const consulted = intent.consulted?.trim() ?? '';
  const choice = {
    place: current.place,
    attempt: current.attempt,
    by,
    option: option.id,
    title: option.title,
    reason: reason === '' ? null : reason,
    fields: { ...intent.fields },
    objection: intent.objection,
    shownAt: current.since,
    recommended: question.recommended,
    againAt,
    because: question.because,
    consulted: consulted === '' ? null : consulted,
    present: [...new Set(Object.values(context.present))],
    seen: [...question.facts],
    triggers: Object.values(context.triggers).map(({ id, state, value }) => ({ id, state, value })),
  };
  const waitsMs = step?.kind === 'decide' && !again ? step.objectionsMs : null;
  if (waitsMs === null) return put(session, by, { type: 'decision.made', ...choice });
  const { speed } = session.view().session;
  const until = isoAfter(session.options.ports.clock.now().iso, Math.round(waitsMs / speed));
  return put(session, by, { type: 'decision.chosen', ...choice, until });
}

/** What a choice still has to say: the fields of its option, and why, against advice or over something unknown. */
function stillToSay(intent: ChooseIntent, option: OptionView, recommended: string | null): Answer | null {
  const missing = option.needs.filter((field) => (intent.fields[field] ?? '').trim() === '');
  if (missing.length > 0)
    return refused('E_FIELDS', `${option.title} needs: ${missing.join(', ')}.`, 'Fill them in.');
  const against = recommended !== null && recommended !== option.id;
  if ((intent.reason ?? '').trim() !== '' || (!against && option.offered !== 'unknown')) return null;
  const why = against ? 'against the recommendation' : 'over something unknown';
  return refused('E_REASON', `Choosing ${why} needs a reason.`, 'Say why in a few words.');
}

/** `until` as a span from now (`90s`, `2m`, `1h`) or a time of day (`14:30`, UTC); at least a second ahead. */
function askedAgainAt(session: Session, fields: Readonly<Record<string, string>>): string | null {
  const until = fields['until']?.trim() ?? '';
  const now = session.options.ports.clock.now();
  const span = /^(\d{1,5})\s*(s|m|h)$/.exec(until);
  if (span !== null) {
    const unit = { s: 1000, m: 60_000, h: 3_600_000 }[span[2] as 's' | 'm' | 'h'];
    return isoAfter(now.iso, Math.max(1000, Number(span[1]) * unit));
  }
  const time = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(until);
  if (time === null) return null;
  const todayAt = epochMsOf(
    `${now.iso.slice(0, 10)}T${(time[1] ?? '').padStart(2, '0')}:${time[2] ?? '00'}:00Z`,
  );
  const ahead = todayAt - now.ms;
  return isoAfter(now.iso, ahead > 0 ? ahead : ahead + 86_400_000);
}

const isoAfter = (iso: string, ms: number): string => isoOf(epochMsOf(iso) + ms);
