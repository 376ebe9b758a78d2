import type { DriftCapture } from '../runbook/model/drift.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { debtAt } from './debts.ts';
import { wayAt } from './places.ts';
import { driftDebt, type Drift, type DriftLooks } from './drift-state.ts';
import type { Place } from './facts/values.ts';
import type { Fact, FactOf } from './facts.ts';
import type { DriftView } from './view.ts';

/** What was changed by hand. Each is a debt until somebody has disposed of it: no session closes over one. */

type DriftFact = FactOf<'drift.added' | 'drift.captured' | 'drift.looked' | 'drift.disposed'>;

/** What is known of changes by hand after one more fact about them; `at` is its ISO time. */
export function foldDrift(context: Context, fact: DriftFact, at: string): Context {
  const { looks } = context;
  switch (fact.type) {
    case 'drift.added': {
      const { type: _type, capture, ...told } = fact;
      const found =
        capture === undefined
          ? {}
          : { patch: capture.patch, found: { id: capture.id, moment: capture.moment } };
      return { ...context, drift: [...context.drift, { ...told, at, ...found }] };
    }
    case 'drift.captured':
      // what was found at the end is still compared with how it was: that is how putting it back is proved
      if (fact.moment === 'end' || fact.moment === 'again' || outlived(looks, fact)) return context;
      return { ...context, looks: { ...looks, known: { ...looks.known, [fact.id]: fact } } };
    case 'drift.looked':
      return {
        ...context,
        looks: {
          ...looks,
          begun: looks.begun || fact.moment === 'before',
          ended: looks.ended || fact.moment === 'end',
          due: looks.due.filter(({ attempt }) => attempt !== fact.effectOf),
        },
      };
    case 'drift.disposed': {
      const { key, by, how, reason, owner, until } = fact;
      const disposed = { by, how, reason, owner, until };
      return {
        ...context,
        drift: context.drift.map((one) => (one.key === key ? { ...one, disposed } : one)),
      };
    }
  }
}

/** What could not be read before a step leaves what was known; after it, nothing is known any more. */
const outlived = ({ known }: DriftLooks, { id, moment, result }: FactOf<'drift.captured'>): boolean =>
  moment === 'before_step' && result !== 'pass' && known[id] !== undefined;

export function driftView({ found: _found, ...drift }: Drift): DriftView {
  return drift;
}

/** The step whose doing a change at a place is: its own, the one taken back, or the one that opened the debt. */
export function changerAt(book: Book, context: Context, place: Place): string {
  const way = wayAt(context, place);
  if (way?.kind === 'undo') return way.step;
  return debtAt(book, context, place)?.place?.step ?? place.step;
}

/** What a step changes of what is looked at. */
export const changedBy = ({ drift = [] }: Runbook, step: string): readonly DriftCapture[] =>
  drift.filter((capture) => capture.changedBy.includes(step));

/** A look that has to be taken: after a step that changed what is looked at, and once at the end. */
export function looksDue({ runbook }: Book, { endedAt, looks }: Context): readonly string[] {
  const items = runbook.drift ?? [];
  if (items.length === 0) return [];
  if (looks.due.length > 0) return looks.due.map(({ attempt }) => attempt);
  // only what was begun has a before
  return endedAt !== null && looks.begun && !looks.ended ? [lastLook] : [];
}

/** The work of the last look; no attempt is called so. */
export const lastLook = '@end';

/** A step may have changed what is looked at: it is looked at again before anything else is changed. */
export function lookedAfter(book: Book, context: Context, place: Place, attempt: string): Context {
  if ((book.runbook.drift ?? []).length === 0) return context;
  const step = changerAt(book, context, place);
  if (changedBy(book.runbook, step).length === 0) return context;
  const { looks } = context;
  return { ...context, looks: { ...looks, due: [...looks.due, { step, attempt }] } };
}

/** A drift with the debt that it is. `nth` counts those of the same transaction. */
export function driftFound(
  context: Context,
  drift: Omit<FactOf<'drift.added'>, 'type' | 'key'>,
  nth = 0,
): readonly Fact[] {
  const key = `${driftDebt}_${context.drift.length + nth + 1}`;
  return [
    { type: 'drift.added', ...drift, key },
    {
      type: 'obligation.opened',
      by: drift.by,
      obligation: {
        key,
        id: driftDebt,
        title: `Drift${drift.target === '' ? '' : ` on ${drift.target}`}: ${drift.what}`,
        ttlMs: null,
        release: [],
      },
      due: null,
      reason: drift.why ?? '',
    },
  ];
}

/** What disposing of a drift puts on record: the debt is paid; or it is carried, and is an action item of its owner. */
export function driftDisposed(
  { drift }: Context,
  disposed: Omit<FactOf<'drift.disposed'>, 'type'>,
): readonly Fact[] {
  const { by, key, how, reason, owner, until } = disposed;
  const accepted = how === 'accepted';
  const found = drift.find((one) => one.key === key);
  const before = drift.filter((one) => one.disposed?.how === 'accepted').length;
  return [
    { type: 'drift.disposed', ...disposed },
    {
      type: 'obligation.discharged',
      by,
      key,
      how: accepted ? 'carried' : 'proved',
      reason: `${how}: ${reason}`,
      owner,
      due: until,
    },
    ...(accepted && found !== undefined
      ? [
          {
            type: 'pm.item' as const,
            by,
            id: `AI-${before + 1}`,
            kind: 'process' as const,
            text: `Settle what was changed by hand on ${found.target}: ${found.what}`,
            owner,
            due: until,
            proof: 'It is in the repository, or it is as it was.',
            lasting: true,
            finding: driftFinding(found),
          },
        ]
      : []),
  ];
}

/** A drift in the words of the post-mortem, by which an action item answers it. */
export const driftFinding = ({ target, what }: Pick<DriftView, 'target' | 'what'>): string =>
  `Drift on ${target}: ${what}`;
