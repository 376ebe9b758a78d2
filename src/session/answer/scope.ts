import type { FactOf } from '../../machine/facts.ts';
import { didYouMean } from '../../runbook/nearest.ts';
import type { Answer, Intent } from '../intents.ts';
import { noReason, put, refused } from '../refusals.ts';
import { decidedWith, readScope } from '../scope.ts';
import type { Session } from '../session.ts';

type ScopeIntent = Extract<Intent, { type: 'scope_include' | 'scope_exclude' | 'scope_refresh' }>;

/** A person's word about what goes back together: recorded with its reason, and what follows from it with it. */
export async function answerScope(session: Session, intent: ScopeIntent, by: string): Promise<Answer> {
  const { scope, status } = session.context();
  if (scope === null)
    return refused(
      'E_NO_SCOPE',
      'It has not been worked out what goes back together: the runbook names no components, or they are being read.',
      'Wait until they are read, or add `scope.components` to the runbook.',
    );
  if (status !== 'running')
    return refused(
      'E_NOT_NOW',
      'The session is over, or is being taken back.',
      'Look at what is still owed.',
    );
  if (intent.type === 'scope_refresh') return put(session, by, ...(await readScope(jobOf(session))));
  const wrong = refusal(session, intent);
  return wrong ?? override(session, intent, by);
}

type Word = Extract<ScopeIntent, { component: string }>;

function refusal(session: Session, intent: Word): Answer | null {
  const rows = session.context().scope?.rows ?? [];
  const { component } = intent;
  const units = rows.flatMap(({ unit }) => unit ?? []);
  const names = [...rows.map((row) => row.component), ...units];
  if (!names.includes(component))
    return refused(
      'E_COMPONENT',
      `There is no component ${component}.${didYouMean(component, names)}`,
      'Name one of the table.',
    );
  const unit = rows.find((row) => row.component === component)?.unit ?? null;
  const monolith = session.options.compiled.book.runbook.topology?.find(
    (group) => group.kind === 'monolith' && group.id === unit,
  );
  if (monolith !== undefined) {
    const all = rows.flatMap((row) => (row.unit === unit ? row.component : []));
    const verb = intent.type === 'scope_include' ? 'Include' : 'Exclude';
    return refused(
      'E_PARTIAL',
      `${all.join(', ')} are one unit (${monolith.id} is a monolith): a part of it cannot be chosen.`,
      `${verb} ${monolith.id} as a whole.`,
    );
  }
  return intent.reason.trim() === '' ? noReason : null;
}

/** Recorded together with what follows; where the scope was decided anew meanwhile, it is worked out once more. */
async function override(session: Session, intent: Word, by: string): Promise<Answer> {
  for (let tries = 0; tries < 3; tries += 1) {
    const before = session.context().scope;
    if (before === null) break;
    const about = before.rows.filter(
      ({ component, unit }) => component === intent.component || unit === intent.component,
    );
    const states = [...new Set(about.map(({ state }) => state))];
    const said: FactOf<'scope.overridden'> = {
      type: 'scope.overridden',
      by,
      component: intent.component,
      as: intent.type === 'scope_include' ? 'in' : 'out',
      was: states.length === 1 ? (states[0] ?? 'ask') : 'mixed',
      reason: intent.reason.trim(),
    };
    const facts = await decidedWith(jobOf(session), before.live, [said]);
    if (session.context().scope === before) return put(session, by, said, ...facts);
  }
  return refused('E_NOT_NOW', 'The versions are being read again.', 'Look at the table, then say it again.');
}

const jobOf = (session: Session) =>
  session.jobFor(
    { key: 'scope', kind: 'scope', place: { step: '@session', item: '' }, attempt: 'scope', step: null },
    new AbortController().signal,
  );
