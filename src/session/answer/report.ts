import { asksPerson } from '../../machine/offers.ts';
import { recordAt, verifiedBy } from '../../machine/places.ts';
import type { Fact } from '../../machine/facts.ts';
import type { CurrentStep } from '../../machine/view.ts';
import { OperatorError } from '../../errors.ts';
import type { Check, Probe, Template } from '../../runbook/model/values.ts';
import type { Answer, Intent } from '../intents.ts';
import type { Job } from '../kit.ts';
import { judgeTold, readerFor } from '../kit.ts';
import { put, refused } from '../refusals.ts';
import type { Session } from '../session.ts';
import { proved } from '../workers/check.ts';
import { jobNow } from '../job-now.ts';

/** What a person saw: said in words or by a link where the step asks for that; it proves the debt it stands for. */
export async function report(
  session: Session,
  current: CurrentStep,
  intent: Extract<Intent, { type: 'report' }>,
  by: string,
): Promise<Answer> {
  if (current.evidence['text'] === 'required' && intent.text.trim() === '') {
    return refused(
      'E_EVIDENCE',
      'This step asks for what was seen, not for a tick.',
      'Say in a few words what you saw.',
    );
  }
  if (current.evidence['link'] === 'required' && (intent.link ?? '').trim() === '') {
    return refused('E_EVIDENCE', 'This step asks for a link to what was seen.', 'Paste the link.');
  }
  const { place, attempt } = current;
  const { text, link, result } = intent;
  const check = result === 'pass' ? readByPerson(session, current) : null;
  if (check !== null) {
    const reading = await judgeTold(jobNow(session, 'perform', current), check, text);
    if (reading.result !== 'pass')
      return refused(
        'E_VALUE',
        `“${session.options.ports.redactor.text(text)}” does not pass: ${reading.detail}`,
        'Say what you read, the value alone; where it is not as it should be, report fail.',
      );
  }
  const reported: Fact = { type: 'person.reported', place, attempt, by, text, link, result };
  const debt = recordAt(session.context(), place)?.debt ?? null;
  const proves = debt !== null && current.status === 'verifying' && result === 'pass';
  return put(session, by, reported, ...(proves ? [proved(debt, by, text)] : []));
}

/** The check that a person reads off something and a tolerance judges; null where the person judges, too. */
function readByPerson(
  session: Session,
  { place, status }: CurrentStep,
): (Check & { readonly subject: Probe }) | null {
  const { book } = session.options.compiled;
  const step = book.steps.get(place.step);
  const checks =
    status === 'verifying'
      ? verifiedBy(book, session.context(), place)
      : step?.kind === 'check'
        ? [step.check]
        : [];
  const [asked, ...more] = checks.filter(asksPerson);
  if (asked === undefined || more.length > 0 || !('source' in asked.subject)) return null;
  const judged = asked.expect.conditions.every(({ kind }) => kind !== 'words' && kind !== 'same');
  return judged && asked.subject.source.kind === 'ask' ? { ...asked, subject: asked.subject } : null;
}

/** The value is asked for, never shown: it has to be read off the system. */
export async function typeValue(
  session: Session,
  current: CurrentStep,
  value: string,
  by: string,
): Promise<Answer> {
  const at = { place: current.place, attempt: current.attempt };
  const step = session.options.compiled.book.steps.get(current.place.step);
  if (step?.kind !== 'confirm')
    return refused('E_NOT_OFFERED', 'No value is asked for here.', 'Look at the current step.');
  const wanted = await valueAsked(jobNow(session, 'perform', current), step.value);
  if (!wanted.ok)
    return refused('E_UNSET', wanted.detail, 'Try again once it can be read, or skip with a reason.');
  const matches = value.trim() === wanted.text.trim();
  const masked = session.options.ports.redactor.text(value);
  const answer = put(session, by, { type: 'value.typed', ...at, by, value: masked, matches });
  if (!answer.ok || matches) return answer;
  return refused(
    'E_VALUE',
    `“${masked}” is not the value that is asked for.`,
    'Read it off the system again.',
  );
}

async function valueAsked(
  job: Job,
  template: Template,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly detail: string }> {
  try {
    return { ok: true, text: (await readerFor(job, [template])).text(template) };
  } catch (error) {
    if (error instanceof OperatorError) return { ok: false, detail: error.message };
    throw error;
  }
}
